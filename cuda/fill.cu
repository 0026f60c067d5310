// Tensors made out of nothing, and triangles of matrices.
#include <sinter/cuda/dense.h>
#include <sinter/cuda/each.cuh>
#include <sinter/cuda/elements.cuh>
#include <sinter/cuda/kernels.h>
#include <sinter/cuda/strided.h>
#include <sinter/ops/cpu/fill_kernels.h>
#include <sinter/ops/creation_attrs.h>

#include <algorithm>

namespace sinter::cuda {

namespace {

using ops::KernelContext;

template <class T>
struct FillEach {
  StridedLoop loop;
  T* out;
  T value;
  __device__ void operator()(std::int64_t i) const { out[loop.offset(i)] = value; }
};

// start + i * step, in N: i64 (wrapping) or f64.
template <class T, class N>
struct RangeEach {
  T* out;
  N start, step;
  __device__ void operator()(std::int64_t i) const {
    if constexpr (std::is_integral_v<N>) {
      out[i] = convert<T>(static_cast<std::int64_t>(static_cast<std::uint64_t>(start) +
                                                    static_cast<std::uint64_t>(i) *
                                                        static_cast<std::uint64_t>(step)));
    } else {
      out[i] = convert<T>(start + static_cast<double>(i) * step);
    }
  }
};

// Keeps the columns j of row i with low <= j - i < high.
template <class T>
struct BandEach {
  std::int64_t rows, columns, low, high;
  const T* in;
  T* out;
  __device__ void operator()(std::int64_t at) const {
    const std::int64_t distance = at % columns - at / columns % rows;
    out[at] = distance >= low && distance < high ? in[at] : T{};
  }
};

void band(const KernelContext& c, std::int64_t low, std::int64_t high) {
  const Tensor in = as_contiguous(c.in[0]);
  const TensorMeta& meta = in.impl()->meta;
  const Launch launch(in);
  visit_dtype(meta.dtype, [&]<class T>() {
    for_each_element(launch, meta.numel,
                     BandEach<T>{meta.sizes[meta.dim() - 2], meta.sizes.back(), low, high,
                                 data_of<const T>(in), c.out_data<T>()});
  });
}

constexpr std::int64_t kFar = std::int64_t{1} << 62;

}  // namespace

void fill_elements(const Tensor& out, const Scalar& value) {
  TensorImpl& impl = *out.impl();
  if (impl.meta.numel == 0) return;
  const Launch launch(out);
  const StridedLoop loop = make_any_order_loop(impl.meta.sizes, {impl.meta.strides});
  visit_dtype(impl.meta.dtype, [&]<class T>() {
    for_each_element(launch, loop.numel, FillEach<T>{loop, data_of<T>(out), value.to<T>()});
  });
}

// Allocates what strides with gaps need: nothing of it is the CPU's own.
void empty(const KernelContext& c) { ops::cpu::empty(c); }
void full(const KernelContext& c) { fill_elements(c.out[0], c.attrs<ops::FullAttrs>().value); }
void full_like(const KernelContext& c) {
  fill_elements(c.out[0], c.attrs<ops::FullLikeAttrs>().value);
}
void fill(const KernelContext& c) { fill_elements(c.out[0], c.attrs<ops::FillAttrs>().value); }

void arange(const KernelContext& c) {
  const auto& a = c.attrs<ops::ArangeAttrs>();
  const Launch launch(c.out[0]);
  const std::int64_t n = c.out[0].impl()->meta.numel;
  visit_dtype(a.dtype, [&]<class T>() {
    if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
      for_each_element(
          launch, n,
          RangeEach<T, std::int64_t>{c.out_data<T>(), a.start.to_int(), a.step.to_int()});
    } else {
      for_each_element(
          launch, n,
          RangeEach<T, double>{c.out_data<T>(), a.start.to_double(), a.step.to_double()});
    }
  });
}

void tril(const KernelContext& c) {
  const std::int64_t d = c.attrs<ops::TriangleAttrs>().diagonal;
  band(c, -kFar, std::clamp(d, -kFar, kFar - 1) + 1);
}
void triu(const KernelContext& c) {
  band(c, std::clamp(c.attrs<ops::TriangleAttrs>().diagonal, -kFar, kFar), kFar);
}

}  // namespace sinter::cuda
