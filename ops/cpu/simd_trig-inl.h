// Trigonometric functions of Highway vectors, and their inverses. Included again for each SIMD
// target, by simd-inl.h.
#if defined(SINTER_OPS_CPU_SIMD_TRIG_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_OPS_CPU_SIMD_TRIG_INL_H_
#undef SINTER_OPS_CPU_SIMD_TRIG_INL_H_
#else
#define SINTER_OPS_CPU_SIMD_TRIG_INL_H_
#endif

#include <sinter/ops/cpu/simd_vec-inl.h>

#include <numbers>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::HWY_NAMESPACE {
namespace math {

// pi / 2 as a sum of three numbers of type T.
template <class T>
struct HalfPi;
template <>
struct HalfPi<float> {
  static constexpr double part[3] = {0x1.921fb6p+0, -0x1.777a5cp-25, -0x1.ee59dap-50};
};
template <>
struct HalfPi<double> {
  static constexpr double part[3] = {0x1.921fb54442d18p+0, 0x1.1a62633145c07p-54,
                                     -0x1.f1976b7ed8fbcp-110};
};

// Beyond this the three parts are too few, and libm is asked.
template <class T>
inline constexpr double kTrigLimit = sizeof(T) == 4 ? 0x1p16 : 0x1p27;

// x - n pi / 2 for the nearest n, and the bits of a number whose lowest two are those of n.
template <class T>
struct Quadrant {
  Vec<T> r;
  hn::Vec<Tag<Bits<T>>> n;
};
template <class T>
HWY_INLINE Quadrant<T> quadrant_of(Vec<T> x) {
  constexpr double kMagic = sizeof(T) == 4 ? 0x1.8p23 : 0x1.8p52;
  const Vec<T> n = rint(x * Vec<T>(2 * std::numbers::inv_pi));
  Vec<T> r = fma(n, Vec<T>(-HalfPi<T>::part[0]), x);
  r = fma(n, Vec<T>(-HalfPi<T>::part[1]), r);
  r = fma(n, Vec<T>(-HalfPi<T>::part[2]), r);
  return {r, to_bits(n + Vec<T>(kMagic))};
}
template <class T>
HWY_INLINE VecMask<T> is_odd(const Quadrant<T>& q) {
  const Tag<Bits<T>> d;
  const auto one = hn::Set(d, Bits<T>{1});
  return {hn::RebindMask(Tag<T>(), hn::Eq(hn::And(q.n, one), one))};
}
// y with its sign changed in the lower two of the four quadrants.
template <class T>
HWY_INLINE Vec<T> with_sign_of(Vec<T> y, hn::Vec<Tag<Bits<T>>> n) {
  const auto sign =
      hn::ShiftLeft<sizeof(T) * 8 - 2>(hn::And(n, hn::Set(Tag<Bits<T>>(), Bits<T>{2})));
  return from_bits<T>(hn::Xor(to_bits(y), sign));
}

// sin(r) and cos(r) for |r| <= pi / 4.
template <class T>
HWY_INLINE Vec<T> sin_core(Vec<T> r) {
  const Vec<T> z = r * r;
  Vec<T> s;
  if constexpr (sizeof(T) == 4) {
    s = polynomial(z, {-0.166666666, 0.0083333293, -0.000198393115, 2.71811412e-06});
  } else {
    s = polynomial(z, {-0.1666666666666663, 0.008333333333322108, -0.00019841269829580166,
                       2.7557313618017085e-06, -2.5050747218131676e-08, 1.5896197631291257e-10});
  }
  return fma(z * r, s, r);
}
template <class T>
HWY_INLINE Vec<T> cos_core(Vec<T> r) {
  const Vec<T> z = r * r;
  Vec<T> c;
  if constexpr (sizeof(T) == 4) {
    c = polynomial(z, {0.0416666457, -0.00138873156, 2.44330827e-05});
  } else {
    c = polynomial(z, {0.041666666666666595, -0.001388888888887304, 2.4801587288841384e-05,
                       -2.75573141762358e-07, 2.0875700415537035e-09, -1.1358513924341442e-11});
  }
  const Vec<T> h = Vec<T>(0.5) * z;
  const Vec<T> high = Vec<T>(1) - h;
  // What 1 - h lost joins the small terms.
  return high + fma(z * z, c, (Vec<T>(1) - high) - h);
}

// y where |x| is within the limit, libm's result elsewhere.
template <class T, class F>
HWY_INLINE Vec<T> beyond_limit(Vec<T> x, Vec<T> y, F fn) {
  const VecMask<T> far = abs(x) > Vec<T>(kTrigLimit<T>);
  if (none(far)) [[likely]]
    return y;
  return select(far, per_lane(x, fn), y);
}

template <class T>
HWY_INLINE Vec<T> sin(Vec<T> x) {
  const auto fn = [](T a) { return std::sin(a); };
  if constexpr (!kFma) return per_lane(x, fn);
  const Quadrant<T> q = quadrant_of(x);
  const Vec<T> y = with_sign_of(select(is_odd(q), cos_core(q.r), sin_core(q.r)), q.n);
  return beyond_limit(x, select(x == Vec<T>(0), x, y), fn);
}

template <class T>
HWY_INLINE Vec<T> cos(Vec<T> x) {
  const auto fn = [](T a) { return std::cos(a); };
  if constexpr (!kFma) return per_lane(x, fn);
  const Quadrant<T> q = quadrant_of(x);
  const auto next = hn::Add(q.n, hn::Set(Tag<Bits<T>>(), Bits<T>{1}));
  return beyond_limit(x, with_sign_of(select(is_odd(q), sin_core(q.r), cos_core(q.r)), next), fn);
}

template <class T>
HWY_INLINE Vec<T> tan(Vec<T> x) {
  const auto fn = [](T a) { return std::tan(a); };
  if constexpr (!kFma) return per_lane(x, fn);
  const Quadrant<T> q = quadrant_of(x);
  const Vec<T> s = sin_core(q.r);
  const Vec<T> c = cos_core(q.r);
  const VecMask<T> odd = is_odd(q);
  const Vec<T> y = select(odd, c, s) / select(odd, -s, c);
  return beyond_limit(x, select(x == Vec<T>(0), x, y), fn);
}

// atan(t) for |t| <= tan(pi / 8).
template <class T>
HWY_INLINE Vec<T> atan_core(Vec<T> t) {
  const Vec<T> z = t * t;
  Vec<T> p;
  if constexpr (sizeof(T) == 4) {
    p = polynomial(z, {-0.333333155, 0.199984884, -0.142438268, 0.105958294, -0.0608299424});
  } else {
    p = polynomial(
        z, {-0.33333333333333326, 0.1999999999999769, -0.14285714285390494, 0.11111111088332773,
            -0.09090908150122023, 0.07692282885198216, -0.06666228627044347, 0.058770401187689385,
            -0.05218522410692456, 0.04504029720180436, -0.03348564855562467, 0.015206530594511512});
  }
  return fma(z * t, p, t);
}

// The angle of a point (x, y) with y >= 0 and x > 0, at most pi / 2.
template <class T>
HWY_INLINE Vec<T> angle(Vec<T> y, Vec<T> x) {
  // atan(y / x) is pi / 4 + atan((y - x) / (y + x)), or pi / 2 - atan(x / y).
  const VecMask<T> steep = y > Vec<T>(2.414213562373095) * x;
  const VecMask<T> middle = y > Vec<T>(0.41421356237309503) * x;
  const Vec<T> top = select(steep, -x, select(middle, y - x, y));
  const Vec<T> bottom = select(steep, y, select(middle, y + x, x));
  const Vec<T> base = select(steep, Vec<T>(std::numbers::pi / 2),
                             select(middle, Vec<T>(std::numbers::pi / 4), Vec<T>(0)));
  return base + atan_core(top / bottom);
}

template <class T>
HWY_INLINE Vec<T> atan(Vec<T> x) {
  return copysign(angle(abs(x), Vec<T>(1)), x);
}

template <class T>
HWY_INLINE Vec<T> atan2(Vec<T> y, Vec<T> x) {
  const Vec<T> ay = abs(y);
  const Vec<T> ax = abs(x);
  const Vec<T> larger = select(ax > ay, ax, ay);
  // Sums of what lies in this range neither overflow nor lose bits below.
  const VecMask<T> plain = both(both(larger > Vec<T>(0x1p-60), larger < Vec<T>(0x1p60)),
                                negated(either(x != x, y != y)));
  const Vec<T> a = angle(ay, ax);
  const Vec<T> turned =
      select(from_bits<T>(to_bits(x)) < Vec<T>(0), Vec<T>(std::numbers::pi) - a, a);
  const Vec<T> result = copysign(turned, y);
  if (none(negated(plain))) [[likely]]
    return result;
  return select(plain, result, per_lane(y, x, [](T b, T c) { return std::atan2(b, c); }));
}

// asin(s) = s + s z p(z) with z = s^2 <= 1 / 4.
template <class T>
HWY_INLINE Vec<T> asin_core(Vec<T> s, Vec<T> z) {
  Vec<T> p;
  if constexpr (sizeof(T) == 4) {
    p = polynomial(
        z, {0.166666599, 0.0750051092, 0.0445157201, 0.0318176136, 0.0144025969, 0.0375652154});
  } else {
    p = polynomial(
        z, {0.16666666666666763, 0.07499999999970261, 0.04464285717512118, 0.0303819426836047,
            0.02237221566053822, 0.017351600089067946, 0.013980961473450975, 0.011397775857931603,
            0.010786529668485222, 0.0036830396386478346, 0.021763505536501384,
            -0.021077302703855397, 0.03267689732335515});
  }
  return fma(s * z, p, s);
}

// For |x| > 1 / 2 both use asin(x) = pi / 2 - 2 asin(sqrt((1 - x) / 2)).
template <class T>
HWY_INLINE Vec<T> asin(Vec<T> x) {
  const Vec<T> a = abs(x);
  const VecMask<T> large = a > Vec<T>(0.5);
  const Vec<T> z = select(large, Vec<T>(0.5) * (Vec<T>(1) - a), a * a);
  const Vec<T> p = asin_core(select(large, sqrt(z), a), z);
  const Vec<T> rest = p + p - Vec<T>(HalfPi<T>::part[1]);
  return copysign(select(large, Vec<T>(HalfPi<T>::part[0]) - rest, p), x);
}

template <class T>
HWY_INLINE Vec<T> acos(Vec<T> x) {
  const Vec<T> a = abs(x);
  const VecMask<T> large = a > Vec<T>(0.5);
  const VecMask<T> negative = x < Vec<T>(0);
  const Vec<T> z = select(large, Vec<T>(0.5) * (Vec<T>(1) - a), a * a);
  const Vec<T> p = asin_core(select(large, sqrt(z), a), z);
  const Vec<T> high(HalfPi<T>::part[0]);
  const Vec<T> low(HalfPi<T>::part[1]);
  const Vec<T> middle = high - (copysign(p, x) - low);
  const Vec<T> end = select(negative, high + (high - (p + p - low - low)), p + p);
  return select(large, end, middle);
}

}  // namespace math
}  // namespace sinter::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
