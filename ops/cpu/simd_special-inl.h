// The error function, powers and remainders of Highway vectors. Included again for each SIMD
// target, by simd-inl.h.
#if defined(SINTER_OPS_CPU_SIMD_SPECIAL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_OPS_CPU_SIMD_SPECIAL_INL_H_
#undef SINTER_OPS_CPU_SIMD_SPECIAL_INL_H_
#else
#define SINTER_OPS_CPU_SIMD_SPECIAL_INL_H_
#endif

#include <sinter/ops/cpu/simd_exp-inl.h>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::HWY_NAMESPACE {
namespace math {

// erfc(y) for y >= 0, given exp(-y^2): (1 + 2 y) exp(y^2) erfc(y) is nearly constant. With
// u = 2 y / (y + 3) it is 1 + u q(u - 1).
template <class T>
HWY_INLINE Vec<T> erfc_tail(Vec<T> y, Vec<T> exp_of_minus_square) {
  const Vec<T> two_y = y + y;
  const Vec<T> u = two_y / (y + Vec<T>(3));
  const Vec<T> t = u - Vec<T>(1);
  Vec<T> q;
  if constexpr (sizeof(T) == 4) {
    q = polynomial(
        t, {0.253008059, -0.388629203, 0.341066766, -0.211420241, 0.0921499284, -0.0238545427,
            5.32642628e-05, 0.00251212128, -0.00050429165, -0.000265463353});
  } else {
    q = polynomial(t, {0.25300805826972966,     -0.38862916439431017,    0.3410668700408607,
                       -0.21142171133817197,    0.09214804792279521,     -0.023840020576445586,
                       6.95056593606256e-05,    0.0024598861206595827,   -0.0005711957819112222,
                       -0.00020863618655914424, 0.00010347655573218825,  2.1621241023940825e-05,
                       -1.6672663546146352e-05, -3.4228237438060915e-06, 2.6944988386712046e-06,
                       7.671635692710774e-07,   -4.176138645089854e-07,  -1.8446126383861326e-07,
                       5.3517568017543824e-08,  3.6285628318918227e-08,  -3.9490705235685954e-09,
                       -3.930633222039764e-09});
  }
  return exp_of_minus_square * fma(u, q, Vec<T>(1)) / (Vec<T>(1) + two_y);
}

// exp(-c x^2) without the error that rounding x^2 would make; c is a power of two.
template <class T>
HWY_INLINE Vec<T> exp_of_minus_square(Vec<T> x, double c) {
  const Vec<T> s = x * x;
  const Vec<T> lost = fma(x, x, -s);
  const Vec<T> e = exp(s * Vec<T>(-c));
  return fma(e, lost * Vec<T>(-c), e);
}

// Beyond this erfc is 0.
template <class T>
inline constexpr double kErfcEnd = sizeof(T) == 4 ? 10.5 : 27.5;

template <class T>
HWY_INLINE Vec<T> erfc(Vec<T> x) {
  if constexpr (!kFma) return per_lane(x, [](T a) { return std::erfc(a); });
  const Vec<T> y = bounded(abs(x), 0, kErfcEnd<T>);
  const Vec<T> tail = erfc_tail(y, exp_of_minus_square(y, 1));
  return select(x < Vec<T>(0), Vec<T>(2) - tail, tail);
}

template <class T>
HWY_INLINE Vec<T> erf(Vec<T> x) {
  if constexpr (!kFma) return per_lane(x, [](T a) { return std::erf(a); });
  const Vec<T> y = bounded(abs(x), 0, 6);
  const Vec<T> z = y * y;
  Vec<T> p;
  if constexpr (sizeof(T) == 4) {
    p = polynomial(z, {1.12837917, -0.376126258, 0.112835851, -0.0268538119, 0.00518832768,
                       -0.000801019361, 7.85386132e-05});
  } else {
    p = polynomial(
        z, {1.1283791670955126, -0.3761263890318375, 0.11283791670954857, -0.026866170645072893,
            0.005223977624780861, -0.0008548326978741856, 0.00012055331036886483,
            -1.492559350656594e-05, 1.646097281172149e-06, -1.6350025165814017e-07,
            1.4657879458779636e-08, -1.1365664485350766e-09, 5.945259274665737e-11});
  }
  const Vec<T> far = Vec<T>(1) - erfc_tail(y, exp(-z));
  return copysign(select(y < Vec<T>(1), y * p, far), x);
}

// The normal distribution function, accurate in both tails.
template <class T>
HWY_INLINE Vec<T> normal_cdf(Vec<T> x) {
  if constexpr (!kFma) {
    return per_lane(x, [](T a) { return ::sinter::ops::scalar::normal_cdf(a); });
  }
  const Vec<T> a = bounded(abs(x), 0, kErfcEnd<T> * 1.4142135623730951);
  const Vec<T> tail = Vec<T>(0.5) * erfc_tail(a * Vec<T>(kSqrtHalf), exp_of_minus_square(a, 0.5));
  return select(x > Vec<T>(0), Vec<T>(1) - tail, tail);
}

#if HWY_NATIVE_FMA
// log2 of a positive number, and 2^x, to about 40 bits: enough for powers of f32.
HWY_INLINE Vec<double> rough_log2(Vec<double> x) {
  const LogParts<double> p = log_parts(x);
  const Vec<double> s = p.f / (Vec<double>(2) + p.f);
  const Vec<double> z = s * s;
  const Vec<double> r = polynomial(
      z, {0.6666666564129761, 0.4000033621844771, 0.28537238367893714, 0.23583568144127193});
  const Vec<double> l = s * fma(z, r, Vec<double>(2));
  return log_edges(x, fma(l, Vec<double>(1.4426950408889634), p.e));
}
HWY_INLINE Vec<double> rough_exp2(Vec<double> x) {
  const Vec<double> y = bounded(x, -200, 200);
  const Vec<double> n = rint(y);
  const Vec<double> r = y - n;
  const Vec<double> q = polynomial(r, {0.693147184, 0.240226509, 0.0555040037, 0.00961805686,
                                       0.00133419558, 0.000154613908, 1.33595175e-05});
  return fma(r, q, Vec<double>(1)) * pow2(n);
}

// |x|^y of f32 by way of f64.
HWY_INLINE Vec<float> pow_of_magnitude(Vec<float> x, Vec<float> y) {
  const hn::Half<Tag<float>> half;
  const Tag<float> whole;
  const Tag<double> wide;
  const auto part = [&](auto a, auto b) {
    const Vec<double> l = rough_log2(Vec<double>(hn::PromoteTo(wide, a)));
    const Vec<double> e = rough_exp2(Vec<double>(hn::PromoteTo(wide, b)) * l);
    return hn::DemoteTo(half, e.v);
  };
  const auto low = part(hn::LowerHalf(half, x.v), hn::LowerHalf(half, y.v));
  const auto high = part(hn::UpperHalf(half, x.v), hn::UpperHalf(half, y.v));
  return Vec<float>(hn::Combine(whole, high, low));
}

HWY_INLINE Vec<float> pow(Vec<float> x, Vec<float> y) {
  using V = Vec<float>;
  const V one(1);
  const V infinite(kInfinity);
  const V ax = abs(x);
  V p = pow_of_magnitude(ax, y);
  // C's rules for the edges: see std::pow.
  const VecMask<float> whole = rint(y) == y;
  const V half = y * V(0.5);
  const VecMask<float> odd = both(whole, rint(half) != half);
  p = select(odd, copysign(p, x), p);
  const VecMask<float> no_root =
      both(both(x < V(0), negated(whole)), both(ax < infinite, abs(y) < infinite));
  p = select(no_root, V(std::numeric_limits<double>::quiet_NaN()), p);
  const VecMask<float> unit = both(ax == one, abs(y) == infinite);
  return select(either(either(y == V(0), x == one), unit), one, p);
}
#else
HWY_INLINE Vec<float> pow(Vec<float> x, Vec<float> y) {
  return per_lane(x, y, [](float a, float b) { return std::pow(a, b); });
}
#endif
HWY_INLINE Vec<double> pow(Vec<double> x, Vec<double> y) {
  return per_lane(x, y, [](double a, double b) { return std::pow(a, b); });
}

// The remainder with the sign of the dividend: exact where the quotient has few enough bits, libm's
// elsewhere.
template <class T>
HWY_INLINE Vec<T> fmod(Vec<T> x, Vec<T> y) {
  const auto fn = [](T a, T b) { return std::fmod(a, b); };
  if constexpr (!kFma) return per_lane(x, y, fn);
  const Vec<T> a = abs(x);
  const Vec<T> b = abs(y);
  const Vec<T> q = trunc(a / b);
  // The rounded quotient may be one too large.
  Vec<T> r = fma(-q, b, a);
  r = select(r < Vec<T>(0), r + b, r);
  const VecMask<T> plain =
      both(q < Vec<T>(sizeof(T) == 4 ? 0x1p22 : 0x1p51), b < Vec<T>(kInfinity));
  const Vec<T> result = copysign(r, x);
  if (none(negated(plain))) [[likely]]
    return result;
  return select(plain, result, per_lane(x, y, fn));
}

}  // namespace math
}  // namespace sinter::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
