// Elements as kernels see them: conversions, and the number type that each is computed in.
#pragma once
#include <sinter/core/dtype.h>
#include <sinter/ops/formula_types.h>

#include <cuda_fp16.h>

#include <cstdint>
#include <type_traits>

namespace sinter::cuda {

template <class T>
inline constexpr bool is_half = std::is_same_v<T, Half> || std::is_same_v<T, BFloat16>;

// float for the 16-bit types, else the type itself.
template <class T>
using Wide = std::conditional_t<is_half<T>, float, T>;

template <class T>
__device__ Wide<T> widen(T x) {
  return x;
}
__device__ inline float widen(Half x) { return __half2float(__ushort_as_half(x.bits)); }
__device__ inline float widen(BFloat16 x) {
  return __uint_as_float(static_cast<unsigned>(x.bits) << 16);
}

// Floating to integer truncates toward zero; NaN is 0, and what i64 cannot hold its nearest end.
template <class F>
__device__ std::int64_t truncate(F x) {
  constexpr F kEnd = static_cast<F>(9223372036854775808.0);
  if (!(x == x)) return 0;
  if (x >= kEnd) return INT64_MAX;
  if (x < -kEnd) return INT64_MIN;
  return static_cast<std::int64_t>(x);
}

// The conversion that the CPU's cast makes.
template <class To, class From>
__device__ To convert(From x) {
  const Wide<From> wide = widen(x);
  if constexpr (std::is_same_v<To, From>) {
    return x;
  } else if constexpr (std::is_same_v<To, bool>) {
    return wide != 0;
  } else if constexpr (std::is_same_v<To, Half>) {
    To out;
    out.bits = __half_as_ushort(__float2half_rn(static_cast<float>(wide)));
    return out;
  } else if constexpr (std::is_same_v<To, BFloat16>) {
    To out;
    out.bits = BFloat16::from_float(static_cast<float>(wide));
    return out;
  } else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<Wide<From>>) {
    return static_cast<To>(truncate(wide));
  } else {
    return static_cast<To>(wide);
  }
}

// The type that formulas run on, for elements of type T.
template <class T>
struct FormulaTypeOf {
  using Type = Wide<T>;
};
#define SINTER_WRAPPED(type)         \
  template <>                        \
  struct FormulaTypeOf<type> {       \
    using Type = ops::WrapInt<type>; \
  }
SINTER_WRAPPED(std::uint8_t);
SINTER_WRAPPED(std::int8_t);
SINTER_WRAPPED(std::int16_t);
SINTER_WRAPPED(std::int32_t);
SINTER_WRAPPED(std::int64_t);
#undef SINTER_WRAPPED
template <>
struct FormulaTypeOf<bool> {
  using Type = ops::Logic;
};
template <class T>
using FormulaType = typename FormulaTypeOf<T>::Type;

template <class T>
__device__ FormulaType<T> to_formula(T x) {
  if constexpr (std::is_same_v<T, bool>) {
    return ops::Logic(x ? 1 : 0);
  } else if constexpr (std::is_integral_v<T>) {
    return FormulaType<T>(x);
  } else {
    return widen(x);
  }
}
template <class T>
__device__ T from_formula(FormulaType<T> x) {
  if constexpr (std::is_same_v<T, bool>) {
    return x.v != 0;
  } else if constexpr (std::is_integral_v<T>) {
    return x.v;
  } else {
    return convert<T>(x);
  }
}

// What sums and products of a dtype are computed in: i64 for integers and bool, f64, or f32.
template <class T>
using WorkType = std::conditional_t<std::is_same_v<T, double>, double,
                                    std::conditional_t<std::is_integral_v<T>, std::int64_t, float>>;

// Calls fn.template operator()<T>() with the element type of a floating dtype.
template <class F>
void visit_floating(DType dtype, F&& fn) {
  if (dtype == kFloat16) return fn.template operator()<Half>();
  if (dtype == kBFloat16) return fn.template operator()<BFloat16>();
  if (dtype == kFloat64) return fn.template operator()<double>();
  fn.template operator()<float>();
}

}  // namespace sinter::cuda
