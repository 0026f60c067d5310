// Exponentials, logarithms and hyperbolic functions of Highway vectors. Included again for each
// SIMD target, by simd-inl.h.
//
// All polynomials of simd_*-inl.h are minimax ones found by Remez's algorithm; each range reduction
// is written beside its use. Errors against exact values are at most 2 units in the last place in
// f32, 4 in f64 (tests/ops/simd_math_test.cpp).
#if defined(SINTER_OPS_CPU_SIMD_EXP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_OPS_CPU_SIMD_EXP_INL_H_
#undef SINTER_OPS_CPU_SIMD_EXP_INL_H_
#else
#define SINTER_OPS_CPU_SIMD_EXP_INL_H_
#endif

#include <sinter/ops/cpu/simd_vec-inl.h>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::HWY_NAMESPACE {
namespace math {

// ln 2 in two parts, the first with so few bits that its products with exponents are exact.
template <class T>
struct Ln2;
template <>
struct Ln2<float> {
  static constexpr double high = 0.693359375;
  static constexpr double low = -0.00021219444005469057;
};
template <>
struct Ln2<double> {
  static constexpr double high = 0.6931471806019545;
  static constexpr double low = -4.2009150726810846e-11;
};

// 2^n for an integral n of a normal number: n + bias is left in the low bits by a sum with a large
// power of two, and shifted to the exponent's place.
template <class T>
HWY_INLINE Vec<T> pow2(Vec<T> n) {
  constexpr double kMagic = sizeof(T) == 4 ? 0x1.8p23 : 0x1.8p52;
  const auto bits = to_bits(n + Vec<T>(kMagic + kBias<T>));
  return from_bits<T>(hn::ShiftLeft<kMantissaBits<T>>(bits));
}

// p * 2^n with one rounding where the result is subnormal.
template <class T>
HWY_INLINE Vec<T> scale(Vec<T> p, Vec<T> n) {
  const Vec<T> half = rint(n * Vec<T>(0.5));
  return p * pow2(half) * pow2(n - half);
}

// exp(x) = 2^n (1 + m).
template <class T>
struct ExpParts {
  Vec<T> n;
  Vec<T> m;
};
template <class T>
HWY_INLINE ExpParts<T> exp_parts(Vec<T> x) {
  const Vec<T> n = rint(x * Vec<T>(1.4426950408889634));
  const Vec<T> r = fma(n, Vec<T>(-Ln2<T>::low), fma(n, Vec<T>(-Ln2<T>::high), x));
  // exp(r) = 1 + r + r^2 q(r) for |r| <= ln(2) / 2.
  Vec<T> q;
  if constexpr (sizeof(T) == 4) {
    q = polynomial(r, {0.499999934, 0.166665206, 0.0416683881, 0.0083687169, 0.00138145977});
  } else {
    q = polynomial(
        r, {0.5000000000000011, 0.16666666666666413, 0.041666666666530155, 0.008333333333494468,
            0.0013888888943630175, 0.00019841269506566233, 2.4801493098826343e-05,
            2.75575863849649e-06, 2.7630248410597347e-07, 2.5000058066863084e-08});
  }
  return {n, fma(r * r, q, r)};
}

// Where exp overflows, and where it has long been 0.
template <class T>
inline constexpr double kExpHigh = sizeof(T) == 4 ? 89.0 : 710.0;
template <class T>
inline constexpr double kExpLow = sizeof(T) == 4 ? -105.0 : -747.0;

template <class T>
HWY_INLINE Vec<T> exp(Vec<T> x) {
  const ExpParts<T> e = exp_parts(bounded(x, kExpLow<T>, kExpHigh<T>));
  return scale(Vec<T>(1) + e.m, e.n);
}

// exp(x) / 2, also where exp(x) itself overflows.
template <class T>
HWY_INLINE Vec<T> half_exp(Vec<T> x) {
  const ExpParts<T> e = exp_parts(bounded(x, kExpLow<T>, kExpHigh<T> + 1));
  return scale(Vec<T>(1) + e.m, e.n - Vec<T>(1));
}

template <class T>
HWY_INLINE Vec<T> exp2(Vec<T> x) {
  const Vec<T> y = bounded(x, sizeof(T) == 4 ? -151.0 : -1076.0, sizeof(T) == 4 ? 128.0 : 1024.0);
  const Vec<T> n = rint(y);
  const Vec<T> r = y - n;
  // 2^r = 1 + r q(r) for |r| <= 1 / 2.
  Vec<T> q;
  if constexpr (sizeof(T) == 4) {
    q = polynomial(r, {0.693147184, 0.240226509, 0.0555040037, 0.00961805686, 0.00133419558,
                       0.000154613908, 1.33595175e-05});
  } else {
    q = polynomial(r, {0.6931471805599453, 0.24022650695910072, 0.055504108664821736,
                       0.009618129107628562, 0.0013333558146381662, 0.00015403530393171485,
                       1.5252733864920271e-05, 1.321548700367611e-06, 1.0178047499460471e-07,
                       7.054814754594072e-09, 4.457244136947728e-10, 2.585531564862252e-11});
  }
  return scale(fma(r, q, Vec<T>(1)), n);
}

template <class T>
HWY_INLINE Vec<T> expm1(Vec<T> x) {
  // Below it is -1.
  const ExpParts<T> e = exp_parts(bounded(x, -40, kExpHigh<T>));
  const Vec<T> s = pow2(e.n - Vec<T>(1));
  const Vec<T> half = fma(s, e.m, s - Vec<T>(0.5));
  return copysign(half + half, x);
}

// Makes a subnormal number normal.
template <class T>
inline constexpr double kSubnormalFactor = sizeof(T) == 4 ? 0x1p24 : 0x1p53;

// x = 2^e (1 + f), with 1 + f between sqrt(1 / 2) and sqrt(2), for positive finite x.
template <class T>
struct LogParts {
  Vec<T> e;
  Vec<T> f;
};
template <class T>
HWY_INLINE LogParts<T> log_parts(Vec<T> x) {
  constexpr int kShift = kMantissaBits<T>;
  const Tag<Bits<T>> d;
  const VecMask<T> subnormal = x < Vec<T>(static_cast<double>(std::numeric_limits<T>::min()));
  const Vec<T> up = select(subnormal, x * Vec<T>(kSubnormalFactor<T>), x);
  // Moved so that the exponent changes at sqrt(1 / 2), and kept positive.
  const auto one = to_bits(Vec<T>(1));
  const auto root_half = to_bits(Vec<T>(kSqrtHalf));
  const auto bits = to_bits(up);
  const auto exponent = hn::ShiftRight<kShift>(hn::Add(bits, hn::Sub(one, root_half)));
  const auto bias = hn::Set(d, static_cast<Bits<T>>(kBias<T>));
  const auto mantissa = hn::Sub(bits, hn::ShiftLeft<kShift>(hn::Sub(exponent, bias)));
  // The exponent as a number: put below a large power of two, and that subtracted.
  constexpr double kMagic = sizeof(T) == 4 ? 0x1p23 : 0x1p52;
  const Vec<T> biased = from_bits<T>(hn::Or(exponent, to_bits(Vec<T>(kMagic))));
  const Vec<T> shift = select(subnormal, Vec<T>(kMagic + kBias<T> + kMantissaBits<T> + 1),
                              Vec<T>(kMagic + kBias<T>));
  return {biased - shift, from_bits<T>(mantissa) - Vec<T>(1)};
}

// log(1 + f) for f of LogParts.
template <class T>
HWY_INLINE Vec<T> log_of_mantissa(Vec<T> f) {
  if constexpr (sizeof(T) == 4) {
    const Vec<T> p =
        polynomial(f, {0.333333126, -0.250000096, 0.200021187, -0.166679959, 0.142195524,
                       -0.124055888, 0.118881618, -0.116756524, 0.0674664226});
    const Vec<T> z = f * f;
    return fma(z, fma(f, p, Vec<T>(-0.5)), f);
  } else {
    // With s = f / (2 + f) it is 2 atanh(s) = f - (h - s (h + z r(z))), h = f^2 / 2, z = s^2.
    const Vec<T> s = f / (Vec<T>(2) + f);
    const Vec<T> h = Vec<T>(0.5) * f * f;
    const Vec<T> z = s * s;
    const Vec<T> r = polynomial(
        z, {0.6666666666666735, 0.39999999999411096, 0.28571428743261806, 0.22222198476063765,
            0.18183569736232455, 0.15313903329296166, 0.1479750695157825});
    return f - (h - s * fma(z, r, h));
  }
}

// What a logarithm gives for arguments that are not positive and finite.
template <class T>
HWY_INLINE Vec<T> log_edges(Vec<T> x, Vec<T> y) {
  const Vec<T> infinite(kInfinity);
  y = select(x < infinite, y, x);  // also NaN
  y = select(x == Vec<T>(0), -infinite, y);
  return select(x < Vec<T>(0), Vec<T>(std::numeric_limits<double>::quiet_NaN()), y);
}

template <class T>
HWY_INLINE Vec<T> log(Vec<T> x) {
  const LogParts<T> p = log_parts(x);
  const Vec<T> low = fma(p.e, Vec<T>(Ln2<T>::low), log_of_mantissa(p.f));
  return log_edges(x, fma(p.e, Vec<T>(Ln2<T>::high), low));
}

template <class T>
HWY_INLINE Vec<T> log2(Vec<T> x) {
  const LogParts<T> p = log_parts(x);
  return log_edges(x, fma(log_of_mantissa(p.f), Vec<T>(1.4426950408889634), p.e));
}

template <class T>
HWY_INLINE Vec<T> log10(Vec<T> x) {
  constexpr bool kSingle = sizeof(T) == 4;
  const LogParts<T> p = log_parts(x);
  const Vec<T> low(kSingle ? -0.00023953558601880477 : -1.9043128467164274e-12);
  const Vec<T> high(kSingle ? 0.30126953125 : 0.3010299956658855);
  const Vec<T> m = fma(p.e, low, log_of_mantissa(p.f) * Vec<T>(0.4342944819032518));
  return log_edges(x, fma(p.e, high, m));
}

template <class T>
HWY_INLINE Vec<T> log1p(Vec<T> x) {
  const Vec<T> u = Vec<T>(1) + x;
  // What the sum lost, as a part of it; nothing where it is 0 or infinite.
  const Vec<T> lost = (x - (u - Vec<T>(1))) / u;
  const VecMask<T> plain = both(u > Vec<T>(0), u < Vec<T>(kInfinity));
  const Vec<T> y = log(u) + select(plain, lost, Vec<T>(0));
  return copysign(y, x);
}

template <class T>
HWY_INLINE Vec<T> tanh(Vec<T> x) {
  // Beyond it is 1.
  const Vec<T> a = bounded(abs(x), 0, 20);
  const Vec<T> t = expm1(a + a);
  return copysign(t / (t + Vec<T>(2)), x);
}

template <class T>
HWY_INLINE Vec<T> sinh(Vec<T> x) {
  const Vec<T> a = abs(x);
  const Vec<T> t = expm1(a);
  const Vec<T> small = Vec<T>(0.5) * (t + t / (t + Vec<T>(1)));
  const Vec<T> h = half_exp(a);
  return copysign(select(a < Vec<T>(1), small, h - Vec<T>(0.25) / h), x);
}

template <class T>
HWY_INLINE Vec<T> cosh(Vec<T> x) {
  const Vec<T> h = half_exp(abs(x));
  return h + Vec<T>(0.25) / h;
}

// Beyond this x + 1 is x.
template <class T>
inline constexpr double kLarge = sizeof(T) == 4 ? 0x1p30 : 0x1p60;

template <class T>
HWY_INLINE Vec<T> asinh(Vec<T> x) {
  const Vec<T> a = abs(x);
  const VecMask<T> large = a > Vec<T>(kLarge<T>);
  const Vec<T> z = a * a;
  const Vec<T> y = a + z / (Vec<T>(1) + sqrt(z + Vec<T>(1)));
  const Vec<T> l = log1p(select(large, a, y)) + select(large, Vec<T>(kLn2), Vec<T>(0));
  return copysign(l, x);
}

template <class T>
HWY_INLINE Vec<T> acosh(Vec<T> x) {
  const VecMask<T> large = x > Vec<T>(kLarge<T>);
  const Vec<T> t = x - Vec<T>(1);
  const Vec<T> y = t + sqrt(t * (t + Vec<T>(2)));
  const Vec<T> l = log1p(select(large, x, y)) + select(large, Vec<T>(kLn2), Vec<T>(0));
  return select(x < Vec<T>(1), Vec<T>(std::numeric_limits<double>::quiet_NaN()), l);
}

template <class T>
HWY_INLINE Vec<T> atanh(Vec<T> x) {
  const Vec<T> a = abs(x);
  const Vec<T> l = Vec<T>(0.5) * log1p((a + a) / (Vec<T>(1) - a));
  return copysign(l, x);
}

}  // namespace math
}  // namespace sinter::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
