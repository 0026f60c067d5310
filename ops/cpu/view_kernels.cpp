#include <sinter/core/strided_copy.h>
#include <sinter/ops/cpu/fill_kernels.h>
#include <sinter/ops/cpu/odometer.h>
#include <sinter/ops/cpu/view_kernels.h>
#include <sinter/ops/view_internal.h>

#include <memory>
#include <type_traits>
#include <vector>

namespace sinter::ops::cpu {
namespace {

template <class T, class Sum>
void add(Sum* out, IntArrayRef out_strides, const TensorMeta& x, const T* in) {
  for_each_position(x.sizes, out_strides, x.strides, [&](std::int64_t o, std::int64_t i) {
    if constexpr (std::is_same_v<T, bool>) {
      out[o] = out[o] || in[i];
    } else if constexpr (std::is_integral_v<T>) {
      using U = std::make_unsigned_t<T>;
      out[o] = static_cast<T>(static_cast<U>(static_cast<U>(out[o]) + static_cast<U>(in[i])));
    } else {
      out[o] += static_cast<Sum>(in[i]);
    }
  });
}

// Several elements of x may meet at one address, so they are added one by one, in row-major order
// whatever the number of threads; reduced floating types add up in float.
void add_strided(TensorImpl& out, const ScatterAttrs& a, const TensorImpl& x) {
  visit_dtype(x.meta.dtype, [&]<class T>() {
    const T* in = reinterpret_cast<const T*>(x.data());
    T* to = reinterpret_cast<T*>(out.data());
    if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>) {
      std::vector<float> sums(static_cast<std::size_t>(out.meta.numel), 0.0F);
      add(sums.data() + a.offset, a.strides, x.meta, in);
      std::copy(sums.begin(), sums.end(), to);
    } else {
      add(to + a.offset, a.strides, x.meta, in);
    }
  });
}

}  // namespace

void strided_scatter(const KernelContext& c) {
  const auto& a = c.attrs<ScatterAttrs>();
  const TensorImpl& x = *c.in[0].impl();
  TensorImpl& out = *c.out[0].impl();
  zero_bytes(out.data(), out.meta.nbytes());
  if (x.meta.numel == 0) return;
  TensorMeta part;
  part.set_strided(x.meta.sizes, a.strides, a.offset);
  if (part.may_overlap()) return add_strided(out, a, x);
  const std::size_t bytes = element_size(x.meta.dtype);
  copy_strided(out.data() + a.offset * static_cast<std::int64_t>(bytes), a.strides, x.data(),
               x.meta.strides, x.meta.sizes, bytes);
}

}  // namespace sinter::ops::cpu
