// The vocabulary of formulas on Highway vectors. Included again for each SIMD target.
#if defined(SINTER_OPS_CPU_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_OPS_CPU_SIMD_INL_H_
#undef SINTER_OPS_CPU_SIMD_INL_H_
#else
#define SINTER_OPS_CPU_SIMD_INL_H_
#endif

#include <sinter/ops/cpu/simd_exp-inl.h>
#include <sinter/ops/cpu/simd_special-inl.h>
#include <sinter/ops/cpu/simd_trig-inl.h>
#include <sinter/ops/cpu/simd_vec-inl.h>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::HWY_NAMESPACE {

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
using ::sinter::ops::scalar::normal_cdf;
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
using ::sinter::ops::scalar::to_integer;
using ::sinter::ops::scalar::trunc;

using HWY_NAMESPACE::select;
using math::abs;
using math::acos;
using math::acosh;
using math::asin;
using math::asinh;
using math::atan;
using math::atan2;
using math::atanh;
using math::cos;
using math::cosh;
using math::erf;
using math::erfc;
using math::exp;
using math::exp2;
using math::expm1;
using math::fmod;
using math::log;
using math::log10;
using math::log1p;
using math::log2;
using math::normal_cdf;
using math::pow;
using math::rint;
using math::sin;
using math::sinh;
using math::sqrt;
using math::tan;
using math::tanh;
using math::trunc;

template <class T>
HWY_INLINE VecMask<T> land(VecMask<T> a, VecMask<T> b) {
  return both(a, b);
}
template <class T>
HWY_INLINE VecMask<T> lor(VecMask<T> a, VecMask<T> b) {
  return either(a, b);
}
template <class T>
HWY_INLINE VecMask<T> lnot(VecMask<T> a) {
  return negated(a);
}
template <class T>
HWY_INLINE VecMask<T> lxor(VecMask<T> a, VecMask<T> b) {
  return {hn::Xor(a.m, b.m)};
}
template <class T>
HWY_INLINE VecMask<T> is_nan(Vec<T> x) {
  return {hn::IsNaN(x.v)};
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
