// A Highway vector as a number that formulas compute with. Included again for each SIMD target.
#if defined(SINTER_OPS_CPU_SIMD_VEC_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_OPS_CPU_SIMD_VEC_INL_H_
#undef SINTER_OPS_CPU_SIMD_VEC_INL_H_
#else
#define SINTER_OPS_CPU_SIMD_VEC_INL_H_
#endif

#include <hwy/highway.h>
#include <sinter/ops/formula_types.h>

#include <cmath>
#include <limits>
#include <type_traits>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::ScalableTag<T>;

template <class T>
struct VecMask {
  hn::Mask<Tag<T>> m;
};

// A vector of T (float or double).
template <class T>
struct Vec {
  using Lane = T;
  hn::Vec<Tag<T>> v;
  HWY_INLINE Vec() = default;
  HWY_INLINE explicit Vec(double c) : v(hn::Set(Tag<T>(), static_cast<T>(c))) {}
  HWY_INLINE explicit Vec(int c) : Vec(static_cast<double>(c)) {}
  HWY_INLINE explicit Vec(hn::Vec<Tag<T>> x) : v(x) {}

  friend HWY_INLINE Vec operator+(Vec a, Vec b) { return Vec(hn::Add(a.v, b.v)); }
  friend HWY_INLINE Vec operator-(Vec a, Vec b) { return Vec(hn::Sub(a.v, b.v)); }
  friend HWY_INLINE Vec operator*(Vec a, Vec b) { return Vec(hn::Mul(a.v, b.v)); }
  friend HWY_INLINE Vec operator/(Vec a, Vec b) { return Vec(hn::Div(a.v, b.v)); }
  friend HWY_INLINE Vec operator-(Vec a) { return Vec(hn::Neg(a.v)); }
  friend HWY_INLINE VecMask<T> operator<(Vec a, Vec b) { return {hn::Lt(a.v, b.v)}; }
  friend HWY_INLINE VecMask<T> operator>(Vec a, Vec b) { return {hn::Gt(a.v, b.v)}; }
  friend HWY_INLINE VecMask<T> operator<=(Vec a, Vec b) { return {hn::Le(a.v, b.v)}; }
  friend HWY_INLINE VecMask<T> operator>=(Vec a, Vec b) { return {hn::Ge(a.v, b.v)}; }
  friend HWY_INLINE VecMask<T> operator==(Vec a, Vec b) { return {hn::Eq(a.v, b.v)}; }
  // Highway's own Ne is false for NaN on AVX.
  friend HWY_INLINE VecMask<T> operator!=(Vec a, Vec b) { return {hn::Not(hn::Eq(a.v, b.v))}; }
};

// Applies a function of one lane to each lane, for what has no vector form.
template <class T, class F>
HWY_INLINE Vec<T> per_lane(Vec<T> x, F fn) {
  HWY_ALIGN T lanes[hn::MaxLanes(Tag<T>())];
  hn::Store(x.v, Tag<T>(), lanes);
  for (std::size_t i = 0; i < hn::Lanes(Tag<T>()); ++i) lanes[i] = fn(lanes[i]);
  return Vec<T>(hn::Load(Tag<T>(), lanes));
}
template <class T, class F>
HWY_INLINE Vec<T> per_lane(Vec<T> x, Vec<T> y, F fn) {
  HWY_ALIGN T a[hn::MaxLanes(Tag<T>())];
  HWY_ALIGN T b[hn::MaxLanes(Tag<T>())];
  hn::Store(x.v, Tag<T>(), a);
  hn::Store(y.v, Tag<T>(), b);
  for (std::size_t i = 0; i < hn::Lanes(Tag<T>()); ++i) a[i] = fn(a[i], b[i]);
  return Vec<T>(hn::Load(Tag<T>(), a));
}

template <class T>
HWY_INLINE Vec<T> select(VecMask<T> m, Vec<T> a, Vec<T> b) {
  return Vec<T>(hn::IfThenElse(m.m, a.v, b.v));
}
template <class T>
HWY_INLINE VecMask<T> both(VecMask<T> a, VecMask<T> b) {
  return {hn::And(a.m, b.m)};
}
template <class T>
HWY_INLINE VecMask<T> either(VecMask<T> a, VecMask<T> b) {
  return {hn::Or(a.m, b.m)};
}
template <class T>
HWY_INLINE VecMask<T> negated(VecMask<T> a) {
  return {hn::Not(a.m)};
}
template <class T>
HWY_INLINE bool none(VecMask<T> a) {
  return hn::AllFalse(Tag<T>(), a.m);
}

namespace math {

template <class T>
HWY_INLINE Vec<T> abs(Vec<T> x) {
  return Vec<T>(hn::Abs(x.v));
}
template <class T>
HWY_INLINE Vec<T> sqrt(Vec<T> x) {
  return Vec<T>(hn::Sqrt(x.v));
}
template <class T>
HWY_INLINE Vec<T> rint(Vec<T> x) {
  return Vec<T>(hn::Round(x.v));
}
template <class T>
HWY_INLINE Vec<T> trunc(Vec<T> x) {
  return Vec<T>(hn::Trunc(x.v));
}
// a * b + c, rounded once where the target can (kFma).
inline constexpr bool kFma = HWY_NATIVE_FMA != 0;
template <class T>
HWY_INLINE Vec<T> fma(Vec<T> a, Vec<T> b, Vec<T> c) {
  return Vec<T>(hn::MulAdd(a.v, b.v, c.v));
}
template <class T>
HWY_INLINE Vec<T> copysign(Vec<T> magnitude, Vec<T> sign) {
  return Vec<T>(hn::CopySign(magnitude.v, sign.v));
}
// x within numbers; NaN stays NaN.
template <class T>
HWY_INLINE Vec<T> bounded(Vec<T> x, double low, double high) {
  x = select(x < Vec<T>(low), Vec<T>(low), x);
  return select(x > Vec<T>(high), Vec<T>(high), x);
}

// The bits of a floating point number.
template <class T>
using Bits = std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>;
template <class T>
inline constexpr int kMantissaBits = std::numeric_limits<T>::digits - 1;
template <class T>
inline constexpr int kBias = std::numeric_limits<T>::max_exponent - 1;
template <class T>
HWY_INLINE auto to_bits(Vec<T> x) {
  return hn::BitCast(Tag<Bits<T>>(), x.v);
}
template <class T, class B>
HWY_INLINE Vec<T> from_bits(B bits) {
  return Vec<T>(hn::BitCast(Tag<T>(), bits));
}

// c[First] + c[First + Step] x + c[First + 2 Step] x^2 + ..., by Horner's rule.
template <std::size_t First, std::size_t Step, class T, std::size_t N>
HWY_INLINE Vec<T> horner(Vec<T> x, const double (&c)[N]) {
  if constexpr (First + Step >= N) {
    return Vec<T>(c[First]);
  } else {
    return fma(x, horner<First + Step, Step>(x, c), Vec<T>(c[First]));
  }
}
// c[0] + c[1] x + c[2] x^2 + ...; a long one as two chains, of even and of odd powers, because one
// would wait for itself.
template <class T, std::size_t N>
HWY_INLINE Vec<T> polynomial(Vec<T> x, const double (&c)[N]) {
  if constexpr (N < 8) {
    return horner<0, 1>(x, c);
  } else {
    const Vec<T> z = x * x;
    return fma(x, horner<1, 2>(z, c), horner<0, 2>(z, c));
  }
}

}  // namespace math
}  // namespace sinter::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
