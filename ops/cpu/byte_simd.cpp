#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sinter/ops/cpu/byte_simd.cpp"
// clang-format off: foreach_target.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on
#include <sinter/ops/cpu/byte_simd.h>

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::cpu::bytes::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using I32 = hn::CappedTag<std::int32_t, kByteColumns>;
using F32 = hn::RebindToFloat<I32>;
constexpr std::int64_t kLanes = hn::MaxLanes(I32());
template <class T>
using ByteTag = hn::Rebind<T, I32>;
using Ints = hn::Vec<I32>;
using Floats = hn::Vec<F32>;

// One element up to a vector; what is missing is zero.
template <class T, class D>
HWY_INLINE hn::Vec<D> load(D d, const T* from, std::int64_t count) {
  constexpr std::int64_t kL = hn::MaxLanes(D());
  if (kL == 1 || count >= kL) return hn::LoadU(d, from);
  HWY_ALIGN T lanes[kL] = {};
  std::memcpy(lanes, from, static_cast<std::size_t>(count) * sizeof(T));
  return hn::Load(d, lanes);
}
template <class T, class D>
HWY_INLINE void store(D d, hn::Vec<D> v, T* to, std::int64_t count) {
  constexpr std::int64_t kL = hn::MaxLanes(D());
  if (kL == 1 || count >= kL) return hn::StoreU(v, d, to);
  HWY_ALIGN T lanes[kL];
  hn::Store(v, d, lanes);
  std::memcpy(to, lanes, static_cast<std::size_t>(count) * sizeof(T));
}

template <class F>
HWY_INLINE void by_vectors(std::int64_t n, F&& step) {
  std::int64_t i = 0;
  for (; i + kLanes <= n; i += kLanes) step(i, kLanes);
  if (i < n) step(i, n - i);
}

// Calls the function for the bytes' type.
template <class F>
HWY_INLINE void with_type(bool is_signed, F&& fn) {
  if (is_signed) {
    fn(std::int8_t{});
  } else {
    fn(std::uint8_t{});
  }
}

#if HWY_TARGET == HWY_SCALAR

template <class T>
void widen_as(std::int64_t n, const T* x, std::int32_t zero_point, std::int16_t* out) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = static_cast<std::int16_t>(x[i] - zero_point);
}

template <std::int64_t kRows>
void multiply_rows(const std::int16_t* a, std::int64_t stride, const std::int16_t* b,
                   std::int64_t pairs, std::int32_t* sums) {
  for (std::int64_t r = 0; r < kRows; ++r) {
    std::uint32_t row[kByteColumns] = {};  // wraps
    for (std::int64_t p = 0; p < pairs; ++p) {
      const std::int32_t first = a[r * stride + p * 2], second = a[r * stride + p * 2 + 1];
      const std::int16_t* column = b + p * kByteColumns * 2;
      for (std::int64_t k = 0; k < kByteColumns; ++k) {
        row[k] += static_cast<std::uint32_t>(first * column[2 * k]) +
                  static_cast<std::uint32_t>(second * column[2 * k + 1]);
      }
    }
    std::memcpy(sums + r * kByteColumns, row, sizeof row);
  }
}

#else

using I16 = hn::Repartition<std::int16_t, I32>;

template <class T>
void widen_as(std::int64_t n, const T* x, std::int32_t zero_point, std::int16_t* out) {
  const I16 d;
  const hn::Rebind<T, I16> bytes;
  constexpr std::int64_t kL = hn::MaxLanes(I16());
  const auto zero = hn::Set(d, static_cast<std::int16_t>(zero_point));
  std::int64_t i = 0;
  for (; i + kL <= n; i += kL) {
    hn::StoreU(hn::Sub(hn::PromoteTo(d, hn::LoadU(bytes, x + i)), zero), d, out + i);
  }
  for (; i < n; ++i) out[i] = static_cast<std::int16_t>(x[i] - zero_point);
}

template <std::int64_t kRows>
HWY_INLINE void multiply_rows(const std::int16_t* a, std::int64_t stride, const std::int16_t* b,
                              std::int64_t pairs, std::int32_t* sums) {
  const I32 d;
  const I16 d16;
  constexpr std::int64_t kVectors = kByteColumns / kLanes;
  Ints even[kRows][kVectors], odd[kRows][kVectors];
  for (std::int64_t r = 0; r < kRows; ++r) {
    for (std::int64_t v = 0; v < kVectors; ++v) even[r][v] = odd[r][v] = hn::Zero(d);
  }
  for (std::int64_t p = 0; p < pairs; ++p) {
    hn::Vec<I16> columns[kVectors];
#pragma GCC unroll 4
    for (std::int64_t v = 0; v < kVectors; ++v) {
      columns[v] = hn::LoadU(d16, b + (p * kByteColumns + v * kLanes) * 2);
    }
#pragma GCC unroll 4
    for (std::int64_t r = 0; r < kRows; ++r) {
      std::int32_t pair;
      std::memcpy(&pair, a + r * stride + p * 2, sizeof pair);
      const auto row = hn::BitCast(d16, hn::Set(d, pair));
#pragma GCC unroll 4
      for (std::int64_t v = 0; v < kVectors; ++v) {
        even[r][v] = hn::ReorderWidenMulAccumulate(d, row, columns[v], even[r][v], odd[r][v]);
      }
    }
  }
  for (std::int64_t r = 0; r < kRows; ++r) {
    for (std::int64_t v = 0; v < kVectors; ++v) {
      hn::StoreU(hn::RearrangeToOddPlusEven(even[r][v], odd[r][v]), d,
                 sums + r * kByteColumns + v * kLanes);
    }
  }
}

#endif

void widen(std::int64_t n, const void* x, bool is_signed, std::int32_t zero_point,
           std::int16_t* out) {
  with_type(is_signed, [&](auto kind) {
    widen_as(n, static_cast<const decltype(kind)*>(x), zero_point, out);
  });
}

void multiply(const std::int16_t* a, std::int64_t rows, std::int64_t stride, const std::int16_t* b,
              std::int64_t pairs, std::int32_t* sums) {
  static_assert(kByteRows == 4);
  switch (rows) {
    case 1:
      return multiply_rows<1>(a, stride, b, pairs, sums);
    case 2:
      return multiply_rows<2>(a, stride, b, pairs, sums);
    case 3:
      return multiply_rows<3>(a, stride, b, pairs, sums);
    default:
      return multiply_rows<4>(a, stride, b, pairs, sums);
  }
}

void multiply_channels(std::int64_t channels, const std::int16_t* const* x,
                       const std::int16_t* weight, std::int64_t taps, std::int32_t* sums) {
  const I32 d;
  const hn::Rebind<std::int16_t, I32> d16;
  by_vectors(channels, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
    auto sum = hn::Zero(d);
    for (std::int64_t k = 0; k < taps; ++k) {
      if (x[k] == nullptr) continue;
      const auto product =
          hn::Mul(load(d16, x[k] + c, count), load(d16, weight + k * channels + c, count));
      sum = hn::Add(sum, hn::PromoteTo(d, product));
    }
    store(d, sum, sums + c, count);
  });
}

void add_up(std::int64_t channels, const void* x, bool is_signed, std::int32_t* sums) {
  const I32 d;
  with_type(is_signed, [&](auto kind) HWY_ATTR {
    using T = decltype(kind);
    const T* from = static_cast<const T*>(x);
    by_vectors(channels, [&](std::int64_t c, std::int64_t count) HWY_ATTR {
      const auto wide = hn::PromoteTo(d, load(ByteTag<T>(), from + c, count));
      store(d, hn::Add(load(d, sums + c, count), wide), sums + c, count);
    });
  });
}

// Rounded, moved by the zero point and cut to the range. The ends are whole numbers, so that
// cutting before rounding changes nothing, and every number fits into i32.
HWY_INLINE Ints to_integers(Floats real, const Requantize& how) {
  const F32 df;
  const auto low = hn::Set(df, how.low - how.zero_point);
  const auto high = hn::Set(df, how.high - how.zero_point);
  const auto cut = hn::Min(hn::Max(real, low), high);
  return hn::Add(hn::NearestInt(cut), hn::Set(I32(), static_cast<std::int32_t>(how.zero_point)));
}

template <class T>
HWY_INLINE void store_bytes(Ints v, T* to, std::int64_t count) {
  const ByteTag<T> d;
  store(d, hn::DemoteTo(d, v), to, count);
}

void requantize(std::int64_t n, const std::int32_t* sums, const Requantize& how, ByteResult kind,
                void* y) {
  const I32 d;
  const F32 df;
  by_vectors(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
    auto sum = load(d, sums + i, count);
    if (how.bias != nullptr) sum = hn::Add(sum, load(d, how.bias + i, count));
    const auto real = hn::Mul(hn::ConvertTo(df, sum), load(df, how.multiplier + i, count));
    if (kind == ByteResult::f32) {
      store(df, hn::Max(real, hn::Set(df, how.low)), static_cast<float*>(y) + i, count);
    } else if (kind == ByteResult::i8) {
      store_bytes(to_integers(real, how), static_cast<std::int8_t*>(y) + i, count);
    } else {
      store_bytes(to_integers(real, how), static_cast<std::uint8_t*>(y) + i, count);
    }
  });
}

void rescale(std::int64_t n, const std::int32_t* sums, float multiplier, const Requantize& how,
             bool is_signed, void* y) {
  const I32 d;
  const F32 df;
  const auto by = hn::Set(df, multiplier);
  with_type(is_signed, [&](auto kind) HWY_ATTR {
    using T = decltype(kind);
    by_vectors(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
      const auto real = hn::Mul(hn::ConvertTo(df, load(d, sums + i, count)), by);
      store_bytes(to_integers(real, how), static_cast<T*>(y) + i, count);
    });
  });
}

void add(std::int64_t n, const void* a, const void* b, const ByteAdd& how, bool is_signed,
         void* y) {
  const I32 d;
  const F32 df;
  const auto a_ratio = hn::Set(df, how.a_ratio), b_ratio = hn::Set(df, how.b_ratio);
  const auto offset = hn::Set(df, how.offset);
  const auto low = hn::Set(df, how.low), high = hn::Set(df, how.high);
  with_type(is_signed, [&](auto kind) HWY_ATTR {
    using T = decltype(kind);
    const ByteTag<T> bytes;
    const auto real = [&](const void* from, std::int64_t i, std::int64_t count) HWY_ATTR {
      const auto wide = hn::PromoteTo(d, load(bytes, static_cast<const T*>(from) + i, count));
      return hn::ConvertTo(df, wide);
    };
    by_vectors(n, [&](std::int64_t i, std::int64_t count) HWY_ATTR {
      const auto inner = hn::MulAdd(real(b, i, count), b_ratio, offset);
      const auto sum = hn::MulAdd(real(a, i, count), a_ratio, inner);
      const auto cut = hn::Min(hn::Max(sum, low), high);
      store_bytes(hn::NearestInt(cut), static_cast<T*>(y) + i, count);
    });
  });
}

void maximum(std::int64_t n, const void* x, bool is_signed, void* y) {
  with_type(is_signed, [&](auto kind) HWY_ATTR {
    using T = decltype(kind);
    const hn::ScalableTag<T> d;
    constexpr std::int64_t kL = hn::MaxLanes(hn::ScalableTag<T>());
    const T* from = static_cast<const T*>(x);
    T* to = static_cast<T*>(y);
    for (std::int64_t i = 0; i < n; i += kL) {
      const std::int64_t count = n - i < kL ? n - i : kL;
      store(d, hn::Max(load(d, from + i, count), load(d, to + i, count)), to + i, count);
    }
  });
}

constexpr ByteLoops kLoops{widen, multiply, multiply_channels, add_up, requantize, rescale,
                           add,   maximum};
const ByteLoops* loops() { return &kLoops; }

}  // namespace sinter::ops::cpu::bytes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::ops::cpu {
namespace bytes {
HWY_EXPORT(loops);
const ByteLoops* best() { return HWY_DYNAMIC_DISPATCH(loops)(); }
}  // namespace bytes

const ByteLoops& byte_loops() {
  static const ByteLoops* loops = bytes::best();
  return *loops;
}

}  // namespace sinter::ops::cpu
#endif
