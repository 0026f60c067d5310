// Scattering into strided memory: the gradient of views.
#include <sinter/cuda/dense.h>
#include <sinter/cuda/each.cuh>
#include <sinter/cuda/elements.cuh>
#include <sinter/cuda/kernels.h>
#include <sinter/cuda/strided.h>
#include <sinter/ops/view_internal.h>

namespace sinter::cuda {

namespace {

using ops::KernelContext;

// Elements that meet at one address are added by one thread, in row-major order. Views whose
// elements overlap are rare.
template <class T>
struct AddInOrder {
  using W = FormulaType<Wide<T>>;
  StridedLoop loop;  // out, x
  Wide<T>* out;
  const T* x;
  __device__ void operator()(std::int64_t) const {
    for (std::int64_t i = 0; i < loop.numel; ++i) {
      std::int64_t at[2];
      loop.offsets(i, at);
      const W sum = to_formula(out[at[0]]) + to_formula(widen(x[at[1]]));
      out[at[0]] = from_formula<Wide<T>>(sum);
    }
  }
};

void add_strided(const KernelContext& c, const ops::ScatterAttrs& a) {
  const TensorImpl& x = *c.in[0].impl();
  TensorImpl& out = *c.out[0].impl();
  const StridedLoop loop = make_loop(x.meta.sizes, {a.strides, x.meta.strides});
  const Launch launch(c.out[0]);
  visit_dtype(x.meta.dtype, [&]<class T>() {
    using W = Wide<T>;
    const bool direct = std::is_same_v<W, T>;
    const Tensor sums = direct ? c.out[0] : new_tensor(c.out[0], out.meta.sizes, dtype_of<W>);
    if (!direct) fill_elements(sums, 0);
    for_each_element(launch, 1, AddInOrder<T>{loop, data_of<W>(sums) + a.offset, c.in_data<T>(0)});
    if (!direct) copy_elements(out, *sums.impl());
  });
}

}  // namespace

void strided_scatter(const KernelContext& c) {
  const auto& a = c.attrs<ops::ScatterAttrs>();
  const TensorImpl& x = *c.in[0].impl();
  fill_elements(c.out[0], 0);
  if (x.meta.numel == 0) return;
  const auto part = TensorImpl::shallow_copy(*c.out[0].impl());
  part->meta.set_strided(x.meta.sizes, a.strides, part->meta.offset + a.offset);
  if (part->meta.may_overlap()) return add_strided(c, a);
  copy_elements(*part, x);
}

}  // namespace sinter::cuda
