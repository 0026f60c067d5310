// The vocabulary of formulas on Highway vectors. Included again for each SIMD target.
#if defined(SINTER_OPS_CPU_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_OPS_CPU_SIMD_INL_H_
#undef SINTER_OPS_CPU_SIMD_INL_H_
#else
#define SINTER_OPS_CPU_SIMD_INL_H_
#endif

#include <hwy/highway.h>
// math-inl.h needs highway.h first.
#include <hwy/contrib/math/math-inl.h>
#include <sinter/ops/formula_types.h>

#include <cmath>
#include <limits>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::ScalableTag<T>;

template <class T>
struct VecMask {
  hn::Mask<Tag<T>> m;
};

// A vector of T (float or double) that formulas compute with.
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
  friend HWY_INLINE VecMask<T> operator!=(Vec a, Vec b) { return {hn::Ne(a.v, b.v)}; }
};

// Applies a function of one lane to each lane, for what Highway has no vector form of.
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

// The same words as for plain numbers; formulas see both sets.
namespace scalar {
using ::sinter::ops::scalar::abs;
using ::sinter::ops::scalar::acos;
using ::sinter::ops::scalar::acosh;
using ::sinter::ops::scalar::asin;
using ::sinter::ops::scalar::asinh;
using ::sinter::ops::scalar::atan;
using ::sinter::ops::scalar::atan2;
using ::sinter::ops::scalar::atanh;
using ::sinter::ops::scalar::ceil;
using ::sinter::ops::scalar::cos;
using ::sinter::ops::scalar::cosh;
using ::sinter::ops::scalar::erf;
using ::sinter::ops::scalar::erfc;
using ::sinter::ops::scalar::exp;
using ::sinter::ops::scalar::exp2;
using ::sinter::ops::scalar::expm1;
using ::sinter::ops::scalar::floor;
using ::sinter::ops::scalar::fmod;
using ::sinter::ops::scalar::integer_pow;
using ::sinter::ops::scalar::is_nan;
using ::sinter::ops::scalar::is_one;
using ::sinter::ops::scalar::land;
using ::sinter::ops::scalar::lnot;
using ::sinter::ops::scalar::log;
using ::sinter::ops::scalar::log10;
using ::sinter::ops::scalar::log1p;
using ::sinter::ops::scalar::log2;
using ::sinter::ops::scalar::lor;
using ::sinter::ops::scalar::lxor;
using ::sinter::ops::scalar::max;
using ::sinter::ops::scalar::min;
using ::sinter::ops::scalar::pow;
using ::sinter::ops::scalar::quotient;
using ::sinter::ops::scalar::rint;
using ::sinter::ops::scalar::select;
using ::sinter::ops::scalar::sigmoid;
using ::sinter::ops::scalar::sin;
using ::sinter::ops::scalar::sinh;
using ::sinter::ops::scalar::sqrt;
using ::sinter::ops::scalar::tan;
using ::sinter::ops::scalar::tanh;
using ::sinter::ops::scalar::trunc;

template <class T>
HWY_INLINE Vec<T> select(VecMask<T> m, Vec<T> a, Vec<T> b) {
  return Vec<T>(hn::IfThenElse(m.m, a.v, b.v));
}
template <class T>
HWY_INLINE VecMask<T> land(VecMask<T> a, VecMask<T> b) {
  return {hn::And(a.m, b.m)};
}
template <class T>
HWY_INLINE VecMask<T> lor(VecMask<T> a, VecMask<T> b) {
  return {hn::Or(a.m, b.m)};
}
template <class T>
HWY_INLINE VecMask<T> lnot(VecMask<T> a) {
  return {hn::Not(a.m)};
}
template <class T>
HWY_INLINE VecMask<T> lxor(VecMask<T> a, VecMask<T> b) {
  return {hn::Xor(a.m, b.m)};
}
template <class T>
HWY_INLINE VecMask<T> is_nan(Vec<T> x) {
  return {hn::Ne(x.v, x.v)};
}
template <class T>
HWY_INLINE Vec<T> infinity() {
  return Vec<T>(static_cast<double>(std::numeric_limits<T>::infinity()));
}

// Highway's polynomials are for finite arguments in range: the ends are put right here.
template <class T>
HWY_INLINE Vec<T> exp(Vec<T> x) {
  const Vec<T> high(sizeof(T) == 4 ? 88.722839 : 709.782712893384);
  const Vec<T> r(hn::Exp(Tag<T>(), hn::Min(x.v, high.v)));
  return select(is_nan(x), x, select(x > high, infinity<T>(), r));
}
template <class T>
HWY_INLINE Vec<T> sqrt(Vec<T> x) {
  return Vec<T>(hn::Sqrt(x.v));
}
template <class T>
HWY_INLINE Vec<T> abs(Vec<T> x) {
  return Vec<T>(hn::Abs(x.v));
}
template <class T>
HWY_INLINE Vec<T> floor(Vec<T> x) {
  return Vec<T>(hn::Floor(x.v));
}
template <class T>
HWY_INLINE Vec<T> ceil(Vec<T> x) {
  return Vec<T>(hn::Ceil(x.v));
}
template <class T>
HWY_INLINE Vec<T> trunc(Vec<T> x) {
  return Vec<T>(hn::Trunc(x.v));
}
template <class T>
HWY_INLINE Vec<T> rint(Vec<T> x) {
  return Vec<T>(hn::Round(x.v));
}
template <class T>
HWY_INLINE Vec<T> max(Vec<T> a, Vec<T> b) {
  const Vec<T> r = select(a > b, a, b);  // b when b is NaN
  return select(is_nan(a), a, r);
}
template <class T>
HWY_INLINE Vec<T> min(Vec<T> a, Vec<T> b) {
  const Vec<T> r = select(a < b, a, b);
  return select(is_nan(a), a, r);
}

template <class T>
HWY_INLINE Vec<T> sigmoid(Vec<T> x) {
  const Vec<T> e = exp(-abs(x));
  return select(x < Vec<T>(0), e, Vec<T>(1)) / (Vec<T>(1) + e);
}

#define SINTER_PER_LANE(name)                             \
  template <class T>                                      \
  HWY_INLINE Vec<T> name(Vec<T> x) {                      \
    return per_lane(x, [](T a) { return std::name(a); }); \
  }
SINTER_PER_LANE(exp2)
SINTER_PER_LANE(expm1)
SINTER_PER_LANE(log)
SINTER_PER_LANE(log2)
SINTER_PER_LANE(log10)
SINTER_PER_LANE(log1p)
SINTER_PER_LANE(sin)
SINTER_PER_LANE(cos)
SINTER_PER_LANE(tan)
SINTER_PER_LANE(asin)
SINTER_PER_LANE(acos)
SINTER_PER_LANE(atan)
SINTER_PER_LANE(sinh)
SINTER_PER_LANE(cosh)
SINTER_PER_LANE(tanh)
SINTER_PER_LANE(asinh)
SINTER_PER_LANE(acosh)
SINTER_PER_LANE(atanh)
SINTER_PER_LANE(erf)
SINTER_PER_LANE(erfc)
#undef SINTER_PER_LANE
template <class T>
HWY_INLINE Vec<T> pow(Vec<T> x, Vec<T> y) {
  return per_lane(x, y, [](T a, T b) { return std::pow(a, b); });
}
template <class T>
HWY_INLINE Vec<T> atan2(Vec<T> y, Vec<T> x) {
  return per_lane(y, x, [](T a, T b) { return std::atan2(a, b); });
}
template <class T>
HWY_INLINE Vec<T> fmod(Vec<T> x, Vec<T> y) {
  return per_lane(x, y, [](T a, T b) { return std::fmod(a, b); });
}

template <class T>
struct Convert : ::sinter::ops::scalar::Convert<T> {};
template <class T>
struct Convert<Vec<T>> {
  static HWY_INLINE Vec<T> from(const Scalar& s) { return Vec<T>(s.to_double()); }
  static HWY_INLINE Vec<T> bound(const Scalar& s) { return from(s); }
};
}  // namespace scalar

}  // namespace sinter::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
