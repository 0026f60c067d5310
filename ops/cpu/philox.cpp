#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sinter/ops/cpu/philox.cpp"
// clang-format off: foreach_target.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
#include <hwy/contrib/math/math-inl.h>
// clang-format on
#include <sinter/ops/cpu/philox.h>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::cpu::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

using U32 = hn::ScalableTag<std::uint32_t>;

#if HWY_TARGET == HWY_SCALAR
void draw(std::uint64_t seed, std::uint64_t first, std::uint32_t* words) {
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  for (std::uint64_t b = first; b != first + kDrawBlocks; ++b) {
    const auto block = philox4x32({low(b), low(b >> 32), 0, 0}, {low(seed), low(seed >> 32)});
    for (const std::uint32_t word : block) *words++ = word;
  }
}
#else
using Words = hn::Vec<U32>;

// As many blocks side by side as there are lanes.
struct Blocks {
  Words c0, c1, c2, c3;
};

struct Products {
  Words high, low;
};
HWY_INLINE Products multiply(Words a, Words factor) {
  const U32 d;
  const hn::RepartitionToWide<U32> dw;
  const auto even = hn::MulEven(a, factor);
  const auto odd = hn::MulEven(hn::BitCast(d, hn::ShiftRight<32>(hn::BitCast(dw, a))), factor);
  return {hn::OddEven(hn::BitCast(d, odd), hn::BitCast(d, hn::ShiftRight<32>(even))),
          hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(odd)), hn::BitCast(d, even))};
}

HWY_INLINE void mix(Blocks& b, Words k0, Words k1) {
  const U32 d;
  const Products x = multiply(b.c0, hn::Set(d, 0xD2511F53U));
  const Products z = multiply(b.c2, hn::Set(d, 0xCD9E8D57U));
  b = {hn::Xor(z.high, hn::Xor(b.c1, k0)), z.low, hn::Xor(x.high, hn::Xor(b.c3, k1)), x.low};
}

// The blocks whose counters are first, first + 1, ...
HWY_INLINE Blocks counters(std::uint64_t first) {
  const U32 d;
  const auto low = static_cast<std::uint32_t>(first);
  const Words c0 = hn::Add(hn::Set(d, low), hn::Iota(d, 0));
  // Lanes that wrapped around are below where they started.
  const Words carry = hn::IfThenElseZero(hn::Lt(c0, hn::Set(d, low)), hn::Set(d, 1));
  const Words c1 = hn::Add(hn::Set(d, static_cast<std::uint32_t>(first >> 32)), carry);
  return {c0, c1, hn::Zero(d), hn::Zero(d)};
}

void draw(std::uint64_t seed, std::uint64_t first, std::uint32_t* words) {
  const U32 d;
  const std::size_t lanes = hn::Lanes(d);
  static_assert(kDrawBlocks % (2 * hn::MaxLanes(U32())) == 0, "whole vectors, two at a time");
  for (std::size_t b = 0; b < kDrawBlocks; b += 2 * lanes) {
    Blocks x = counters(first + b);
    Blocks y = counters(first + b + lanes);
    Words k0 = hn::Set(d, static_cast<std::uint32_t>(seed));
    Words k1 = hn::Set(d, static_cast<std::uint32_t>(seed >> 32));
    for (int round = 0; round < 10; ++round) {
      mix(x, k0, k1);
      mix(y, k0, k1);
      k0 = hn::Add(k0, hn::Set(d, 0x9E3779B9U));
      k1 = hn::Add(k1, hn::Set(d, 0xBB67AE85U));
    }
    hn::StoreInterleaved4(x.c0, x.c1, x.c2, x.c3, d, words + 4 * b);
    hn::StoreInterleaved4(y.c0, y.c1, y.c2, y.c3, d, words + 4 * (b + lanes));
  }
}

#endif  // HWY_TARGET == HWY_SCALAR

using F32 = hn::ScalableTag<float>;
using F64 = hn::ScalableTag<double>;

// A draw as a float in (0, 1]: 32 bits, rounded, plus half a step so that 0 is never met.
HWY_INLINE hn::Vec<F32> to_unit(hn::Vec<hn::RebindToUnsigned<F32>> draw) {
  const F32 d;
  const hn::RebindToSigned<F32> di;
  // In two halves, for there is no conversion of unsigned numbers.
  const auto high = hn::ConvertTo(d, hn::BitCast(di, hn::ShiftRight<16>(draw)));
  const auto low = hn::ConvertTo(
      d, hn::BitCast(di, hn::And(draw, hn::Set(hn::RebindToUnsigned<F32>(), 0xffffU))));
  const auto unit = hn::Add(hn::Mul(high, hn::Set(d, 0x1p-16F)),
                            hn::Add(hn::Mul(low, hn::Set(d, 0x1p-32F)), hn::Set(d, 0x1p-33F)));
  return hn::Min(unit, hn::Set(d, 1.0F));
}

// 53 bits of a draw as a double in (0, 1].
HWY_INLINE hn::Vec<F64> to_unit(hn::Vec<hn::RebindToUnsigned<F64>> draw) {
  const F64 d;
  const hn::RebindToSigned<F64> di;
  const auto bits = hn::ConvertTo(d, hn::BitCast(di, hn::ShiftRight<11>(draw)));
  return hn::Mul(hn::Add(bits, hn::Set(d, 1.0)), hn::Set(d, 0x1p-53));
}

// Box and Muller on two vectors of draws, of which the even and odd elements of the result come.
template <class D, class V>
HWY_INLINE void box_muller(D d, V first, V second, double mean, double std,
                           hn::TFromD<D>* HWY_RESTRICT out) {
  using T = hn::TFromD<D>;
  const auto radius = hn::Sqrt(hn::Mul(hn::Log(d, to_unit(first)), hn::Set(d, static_cast<T>(-2))));
  const auto angle = hn::Mul(to_unit(second), hn::Set(d, static_cast<T>(6.283185307179586476925)));
  const auto scale = hn::Mul(radius, hn::Set(d, static_cast<T>(std)));
  const auto shift = hn::Set(d, static_cast<T>(mean));
  hn::StoreInterleaved2(hn::Add(shift, hn::Mul(scale, hn::Cos(d, angle))),
                        hn::Add(shift, hn::Mul(scale, hn::Sin(d, angle))), d, out);
}

template <class T>
void normal(const std::uint32_t* words, double mean, double std, T* out) {
  const hn::ScalableTag<T> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const auto* draws = reinterpret_cast<const hn::TFromD<decltype(du)>*>(words);
  const std::size_t n = kDrawWords * sizeof(std::uint32_t) / sizeof(T);
  for (std::size_t i = 0; i < n; i += 2 * hn::Lanes(d)) {
    hn::Vec<decltype(du)> first;
    hn::Vec<decltype(du)> second;
    hn::LoadInterleaved2(du, draws + i, first, second);
    box_muller(d, first, second, mean, std, out + i);
  }
}
void normal32(const std::uint32_t* words, double mean, double std, float* out) {
  normal(words, mean, std, out);
}
void normal64(const std::uint32_t* words, double mean, double std, double* out) {
  normal(words, mean, std, out);
}

template <class T>
void exponential(const std::uint32_t* words, double lambda, T* out) {
  const hn::ScalableTag<T> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const auto* draws = reinterpret_cast<const hn::TFromD<decltype(du)>*>(words);
  const std::size_t n = kDrawWords * sizeof(std::uint32_t) / sizeof(T);
  const auto scale = hn::Set(d, static_cast<T>(-1 / lambda));
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    hn::StoreU(hn::Mul(hn::Log(d, to_unit(hn::LoadU(du, draws + i))), scale), d, out + i);
  }
}
void exponential32(const std::uint32_t* words, double lambda, float* out) {
  exponential(words, lambda, out);
}
void exponential64(const std::uint32_t* words, double lambda, double* out) {
  exponential(words, lambda, out);
}

void uniform32(const std::uint32_t* words, const UniformRange& range, float* out) {
  const auto from = static_cast<float>(range.from);
  const auto width = static_cast<float>(range.width);
  const auto last = static_cast<float>(range.last);
  const int shift = 32 - range.bits;
  const float step = 1.0F / static_cast<float>(1U << range.bits);
  for (std::size_t i = 0; i < kDrawWords; ++i) {
    const float unit = static_cast<float>(static_cast<std::int32_t>(words[i] >> shift)) * step;
    const float x = from + width * unit;
    out[i] = x < last ? x : last;
  }
}
void uniform64(const std::uint32_t* words, const UniformRange& range, double* out) {
  const F64 d;
  const hn::RebindToUnsigned<F64> du;
  const hn::RebindToSigned<F64> di;
  const auto* draws = reinterpret_cast<const std::uint64_t*>(words);
  for (std::size_t i = 0; i < kDrawWords / 2; i += hn::Lanes(d)) {
    const auto bits = hn::BitCast(di, hn::ShiftRight<11>(hn::LoadU(du, draws + i)));
    const auto unit = hn::Mul(hn::ConvertTo(d, bits), hn::Set(d, 0x1p-53));
    const auto x = hn::Add(hn::Set(d, range.from), hn::Mul(hn::Set(d, range.width), unit));
    hn::StoreU(hn::Min(x, hn::Set(d, range.last)), d, out + i);
  }
}

void bernoulli(const std::uint32_t* words, std::uint32_t bound, float* out) {
  for (std::size_t i = 0; i < kDrawWords; ++i) out[i] = words[i] < bound ? 1.0F : 0.0F;
}

// in and out may be the same: vectors are loaded before they are stored.
void drop32(const std::uint32_t* words, const Drop& drop, const float* in, float* out,
            std::size_t n) {
  const F32 d;
  const U32 du;
  const auto bound = hn::Set(du, drop.bound);
  const auto scale = hn::Set(d, static_cast<float>(drop.scale));
  std::size_t i = 0;
  for (; i + hn::Lanes(d) <= n; i += hn::Lanes(d)) {
    const auto dropped = hn::RebindMask(d, hn::Lt(hn::LoadU(du, words + i), bound));
    hn::StoreU(hn::IfThenZeroElse(dropped, hn::Mul(hn::LoadU(d, in + i), scale)), d, out + i);
  }
  for (; i < n; ++i) {
    out[i] = words[i] < drop.bound ? 0.0F : in[i] * static_cast<float>(drop.scale);
  }
}
void drop64(const std::uint32_t* words, const Drop& drop, const double* in, double* out,
            std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) out[i] = words[i] < drop.bound ? 0.0 : in[i] * drop.scale;
}

}  // namespace sinter::ops::cpu::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::ops::cpu {
namespace {
HWY_EXPORT(draw);
HWY_EXPORT(normal32);
HWY_EXPORT(normal64);
HWY_EXPORT(exponential32);
HWY_EXPORT(exponential64);
HWY_EXPORT(uniform32);
HWY_EXPORT(uniform64);
HWY_EXPORT(bernoulli);
HWY_EXPORT(drop32);
HWY_EXPORT(drop64);
}  // namespace

void draw_words(PhiloxState stream, std::uint32_t* words) {
  HWY_DYNAMIC_DISPATCH(draw)(stream.seed, stream.offset, words);
}
void to_uniform(const std::uint32_t* words, const UniformRange& range, float* out) {
  HWY_DYNAMIC_DISPATCH(uniform32)(words, range, out);
}
void to_uniform(const std::uint32_t* words, const UniformRange& range, double* out) {
  HWY_DYNAMIC_DISPATCH(uniform64)(words, range, out);
}
void to_normal(const std::uint32_t* words, double mean, double std, float* out) {
  HWY_DYNAMIC_DISPATCH(normal32)(words, mean, std, out);
}
void to_normal(const std::uint32_t* words, double mean, double std, double* out) {
  HWY_DYNAMIC_DISPATCH(normal64)(words, mean, std, out);
}
void to_exponential(const std::uint32_t* words, double lambda, float* out) {
  HWY_DYNAMIC_DISPATCH(exponential32)(words, lambda, out);
}
void to_exponential(const std::uint32_t* words, double lambda, double* out) {
  HWY_DYNAMIC_DISPATCH(exponential64)(words, lambda, out);
}
void to_bernoulli(const std::uint32_t* words, std::uint32_t bound, float* out) {
  HWY_DYNAMIC_DISPATCH(bernoulli)(words, bound, out);
}
void drop_elements(const std::uint32_t* words, const Drop& drop, const float* in, float* out,
                   std::size_t n) {
  HWY_DYNAMIC_DISPATCH(drop32)(words, drop, in, out, n);
}
void drop_elements(const std::uint32_t* words, const Drop& drop, const double* in, double* out,
                   std::size_t n) {
  HWY_DYNAMIC_DISPATCH(drop64)(words, drop, in, out, n);
}

}  // namespace sinter::ops::cpu
#endif
