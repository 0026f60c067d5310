#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sinter/ops/cpu/convert.cpp"
// clang-format off: foreach_target.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on
#include <sinter/ops/cpu/convert.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::cpu::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
void half_to_float(const Half* from, float* to, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[i] = from[i];
}
void float_to_half(const float* from, Half* to, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[i] = from[i];
}
#else
namespace hn = hwy::HWY_NAMESPACE;

// Whole vectors by one instruction each.
void half_to_float(const Half* from, float* to, std::size_t n) {
  const hn::ScalableTag<float> d;
  const hn::Rebind<hwy::float16_t, decltype(d)> dh;
  const auto* source = reinterpret_cast<const hwy::float16_t*>(from);
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    hn::StoreU(hn::PromoteTo(d, hn::LoadU(dh, source + i)), d, to + i);
  }
  for (; i < n; ++i) to[i] = from[i];
}

void float_to_half(const float* from, Half* to, std::size_t n) {
  const hn::ScalableTag<float> d;
  const hn::Rebind<hwy::float16_t, decltype(d)> dh;
  auto* target = reinterpret_cast<hwy::float16_t*>(to);
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    hn::StoreU(hn::DemoteTo(dh, hn::LoadU(d, from + i)), dh, target + i);
  }
  for (; i < n; ++i) to[i] = from[i];
}
#endif

void bfloat_to_float(const BFloat16* from, float* to, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[i] = from[i];
}
void float_to_bfloat(const float* from, BFloat16* to, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) to[i] = from[i];
}

}  // namespace sinter::ops::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::ops::cpu {
namespace {
HWY_EXPORT(half_to_float);
HWY_EXPORT(float_to_half);
HWY_EXPORT(bfloat_to_float);
HWY_EXPORT(float_to_bfloat);

// A number in which every element type but the target's rounding is exact.
template <class From>
auto widen(From x) {
  if constexpr (std::is_same_v<From, Half> || std::is_same_v<From, BFloat16>) {
    return static_cast<float>(x);
  } else {
    return x;
  }
}

template <class F>
std::int64_t truncate(F x) {
  constexpr F kEnd = static_cast<F>(9223372036854775808.0);
  if (!(x == x)) return 0;
  if (x >= kEnd) return std::numeric_limits<std::int64_t>::max();
  if (x < -kEnd) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(x);
}

// Blocks of numbers within int32 need no checks one by one.
template <class To, class F>
void truncate_all(const F* from, To* to, std::size_t n) {
  constexpr std::size_t kBlock = 256;
  for (std::size_t begin = 0; begin < n; begin += kBlock) {
    const std::size_t end = std::min(n, begin + kBlock);
    int outside = 0;
    for (std::size_t i = begin; i < end; ++i) {
      outside |= static_cast<int>(!(std::abs(from[i]) < static_cast<F>(2147483648.0)));
    }
    if (outside != 0) {
      for (std::size_t i = begin; i < end; ++i) to[i] = static_cast<To>(truncate(from[i]));
    } else {
      for (std::size_t i = begin; i < end; ++i) {
        to[i] = static_cast<To>(static_cast<std::int32_t>(from[i]));
      }
    }
  }
}

template <class To, class From>
To convert_one(From x) {
  const auto wide = widen(x);
  if constexpr (std::is_same_v<To, bool>) {
    return wide != 0;
  } else if constexpr (std::is_same_v<To, Half> || std::is_same_v<To, BFloat16>) {
    return To(static_cast<float>(wide));
  } else if constexpr (std::is_integral_v<To> && std::is_floating_point_v<decltype(wide)>) {
    return static_cast<To>(truncate(wide));
  } else {
    return static_cast<To>(wide);
  }
}

template <class From, class To>
void convert_strided(const void* from, std::int64_t from_stride, void* to, std::int64_t to_stride,
                     std::size_t n) {
  const From* source = static_cast<const From*>(from);
  To* target = static_cast<To*>(to);
  if (from_stride == 1 && to_stride == 1) {
    if constexpr (std::is_same_v<From, To>) {
      if (n > 0) std::memcpy(target, source, n * sizeof(To));
    } else if constexpr (std::is_same_v<From, Half> && std::is_same_v<To, float>) {
      HWY_DYNAMIC_DISPATCH(half_to_float)(source, target, n);
    } else if constexpr (std::is_same_v<From, float> && std::is_same_v<To, Half>) {
      HWY_DYNAMIC_DISPATCH(float_to_half)(source, target, n);
    } else if constexpr (std::is_same_v<From, BFloat16> && std::is_same_v<To, float>) {
      HWY_DYNAMIC_DISPATCH(bfloat_to_float)(source, target, n);
    } else if constexpr (std::is_same_v<From, float> && std::is_same_v<To, BFloat16>) {
      HWY_DYNAMIC_DISPATCH(float_to_bfloat)(source, target, n);
    } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To> &&
                         !std::is_same_v<To, bool>) {
      truncate_all(source, target, n);
    } else {
      for (std::size_t i = 0; i < n; ++i) target[i] = convert_one<To>(source[i]);
    }
    return;
  }
  if (from_stride == 0) {
    const To value = n > 0 ? convert_one<To>(*source) : To();
    for (std::size_t i = 0; i < n; ++i, target += to_stride) *target = value;
    return;
  }
  for (std::size_t i = 0; i < n; ++i, source += from_stride, target += to_stride) {
    *target = convert_one<To>(*source);
  }
}
}  // namespace

ConvertFn convert_fn(DType from, DType to) {
  return visit_dtype(from, [&]<class From>() {
    return visit_dtype(to, []<class To>() -> ConvertFn { return convert_strided<From, To>; });
  });
}

}  // namespace sinter::ops::cpu
#endif
