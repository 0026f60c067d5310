// The vocabulary of formulas on plain numbers, and what their attributes look like.
//
// A formula is a struct with one scalar-polymorphic function f. Run on float or a SIMD vector it is
// the CPU kernel, under nvcc the CUDA kernel, on double the reference, on Dual<T> its derivative,
// on Expr a composition of ops. It may use + - * /, comparisons, select, and the functions below; a
// number c is written T(c).
#pragma once
#include <sinter/core/dims.h>
#include <sinter/core/host_device.h>
#include <sinter/core/scalar.h>
#include <sinter/ops/attrs.h>

#include <cmath>
#include <concepts>
#include <cstdint>
#include <limits>
#include <numbers>
#include <optional>
#include <type_traits>

namespace sinter::ops {

struct AlphaAttrs {
  Scalar alpha = 1;
  static constexpr auto fields = std::tuple{Field{"alpha", &AlphaAttrs::alpha}};
};
struct ValueAttrs {
  Scalar value = 1;
  static constexpr auto fields = std::tuple{Field{"value", &ValueAttrs::value}};
};
struct ExponentAttrs {
  Scalar exponent = 2;
  static constexpr auto fields = std::tuple{Field{"exponent", &ExponentAttrs::exponent}};
};
struct ClampAttrs {
  std::optional<Scalar> min;
  std::optional<Scalar> max;
  static constexpr auto fields =
      std::tuple{Field{"min", &ClampAttrs::min}, Field{"max", &ClampAttrs::max}};
};
struct SlopeAttrs {
  double negative_slope = 0.01;
  static constexpr auto fields =
      std::tuple{Field{"negative_slope", &SlopeAttrs::negative_slope, "alpha"}};
};
struct EluAttrs {
  double alpha = 1;
  double scale = 1;
  double input_scale = 1;
  static constexpr auto fields =
      std::tuple{Field{"alpha", &EluAttrs::alpha}, Field{"scale", &EluAttrs::scale},
                 Field{"input_scale", &EluAttrs::input_scale}};
};
struct RangeAttrs {
  Scalar min = -1;
  Scalar max = 1;
  static constexpr auto fields =
      std::tuple{Field{"min", &RangeAttrs::min}, Field{"max", &RangeAttrs::max}};
};
struct SoftplusAttrs {
  double beta = 1;
  double threshold = 20;
  static constexpr auto fields = std::tuple{Field{"beta", &SoftplusAttrs::beta},
                                            Field{"threshold", &SoftplusAttrs::threshold}};
};
struct ThresholdAttrs {
  Scalar threshold = 0;
  Scalar value = 0;
  static constexpr auto fields = std::tuple{Field{"threshold", &ThresholdAttrs::threshold},
                                            Field{"value", &ThresholdAttrs::value}};
};
struct LambdaAttrs {
  double lambda = 0.5;
  static constexpr auto fields = std::tuple{Field{"lambda", &LambdaAttrs::lambda, "lambd"}};
};

// Constants of formulas.
inline constexpr double kInfinity = std::numeric_limits<double>::infinity();
inline constexpr double kLn2 = std::numbers::ln2;
inline constexpr double kLn10 = std::numbers::ln10;
inline constexpr double kSqrtHalf = std::numbers::sqrt2 / 2;
inline constexpr double kTwoOverSqrtPi = 2 * std::numbers::inv_sqrtpi;
inline constexpr double kInvSqrt2Pi = std::numbers::inv_sqrtpi * kSqrtHalf;
inline constexpr double kSqrtTwoOverPi = 2 * kInvSqrt2Pi;

// An integer whose arithmetic wraps around instead of being undefined.
template <class I>
struct WrapInt {
  using U = std::make_unsigned_t<I>;
  // Wide enough that promotion to int cannot overflow in a product.
  using Wide = std::conditional_t<sizeof(I) < 4, std::uint32_t, U>;
  I v;
  WrapInt() = default;
  constexpr explicit WrapInt(I value) : v(value) {}
  constexpr explicit WrapInt(int value) requires(!std::same_as<I, int>)
      : v(static_cast<I>(value)) {}
  static constexpr WrapInt of(Wide w) { return WrapInt(static_cast<I>(static_cast<U>(w))); }
  static constexpr Wide wide(WrapInt x) { return static_cast<Wide>(static_cast<U>(x.v)); }
  friend constexpr WrapInt operator+(WrapInt a, WrapInt b) { return of(wide(a) + wide(b)); }
  friend constexpr WrapInt operator-(WrapInt a, WrapInt b) { return of(wide(a) - wide(b)); }
  friend constexpr WrapInt operator*(WrapInt a, WrapInt b) { return of(wide(a) * wide(b)); }
  friend constexpr WrapInt operator-(WrapInt a) { return of(Wide{0} - wide(a)); }
  friend constexpr WrapInt operator&(WrapInt a, WrapInt b) {
    return WrapInt(static_cast<I>(a.v & b.v));
  }
  friend constexpr WrapInt operator|(WrapInt a, WrapInt b) {
    return WrapInt(static_cast<I>(a.v | b.v));
  }
  friend constexpr WrapInt operator^(WrapInt a, WrapInt b) {
    return WrapInt(static_cast<I>(a.v ^ b.v));
  }
  friend constexpr WrapInt operator~(WrapInt a) { return WrapInt(static_cast<I>(~a.v)); }
  friend constexpr bool operator<(WrapInt a, WrapInt b) { return a.v < b.v; }
  friend constexpr bool operator>(WrapInt a, WrapInt b) { return a.v > b.v; }
  friend constexpr bool operator<=(WrapInt a, WrapInt b) { return a.v <= b.v; }
  friend constexpr bool operator>=(WrapInt a, WrapInt b) { return a.v >= b.v; }
  friend constexpr bool operator==(WrapInt a, WrapInt b) { return a.v == b.v; }
  friend constexpr bool operator!=(WrapInt a, WrapInt b) { return a.v != b.v; }
};

// A bool as PyTorch computes with it: + is or, * is and.
struct Logic {
  std::uint8_t v;  // 0 or 1
  Logic() = default;
  constexpr explicit Logic(int value) : v(value != 0 ? 1 : 0) {}
  constexpr explicit Logic(std::uint8_t value) : v(value) {}
  friend constexpr Logic operator+(Logic a, Logic b) { return a | b; }
  friend constexpr Logic operator*(Logic a, Logic b) { return a & b; }
  friend constexpr Logic operator-(Logic a, Logic b) { return a ^ b; }
  friend constexpr Logic operator-(Logic a) { return a; }
  friend constexpr Logic operator&(Logic a, Logic b) {
    return Logic(static_cast<std::uint8_t>(a.v & b.v));
  }
  friend constexpr Logic operator|(Logic a, Logic b) {
    return Logic(static_cast<std::uint8_t>(a.v | b.v));
  }
  friend constexpr Logic operator^(Logic a, Logic b) {
    return Logic(static_cast<std::uint8_t>(a.v ^ b.v));
  }
  friend constexpr Logic operator~(Logic a) { return Logic(static_cast<std::uint8_t>(a.v ^ 1)); }
  friend constexpr bool operator<(Logic a, Logic b) { return a.v < b.v; }
  friend constexpr bool operator>(Logic a, Logic b) { return a.v > b.v; }
  friend constexpr bool operator<=(Logic a, Logic b) { return a.v <= b.v; }
  friend constexpr bool operator>=(Logic a, Logic b) { return a.v >= b.v; }
  friend constexpr bool operator==(Logic a, Logic b) { return a.v == b.v; }
  friend constexpr bool operator!=(Logic a, Logic b) { return a.v != b.v; }
};

// Exact integers (WrapInt and Logic): formulas that differ for them ask with is_exact<T>.
template <class T>
inline constexpr bool is_exact = false;
template <class I>
inline constexpr bool is_exact<WrapInt<I>> = true;
template <>
inline constexpr bool is_exact<Logic> = true;

}  // namespace sinter::ops

// The functions, found by argument-dependent lookup or through `using namespace scalar`.
namespace sinter::ops::scalar {

template <class T>
concept Real = std::floating_point<T>;
template <class T>
concept Exact = is_exact<T>;
template <class T>
concept Number = Real<T> || Exact<T>;

template <Number T>
constexpr T select(bool condition, T a, T b) {
  return condition ? a : b;
}
constexpr bool land(bool a, bool b) { return a && b; }
constexpr bool lor(bool a, bool b) { return a || b; }
constexpr bool lxor(bool a, bool b) { return a != b; }
constexpr bool lnot(bool a) { return !a; }
SINTER_HOST_DEVICE inline bool is_one(const Scalar& s) { return s.to_double() == 1; }

// The integer nearest to an attribute: floating ones are truncated, NaN is 0.
SINTER_HOST_DEVICE inline std::int64_t to_integer(const Scalar& s) {
  if (!s.is_floating_point()) return s.integral_value();
  const double x = s.to_double();
  if (x >= 0x1p63) return std::numeric_limits<std::int64_t>::max();
  return x >= -0x1p63 ? static_cast<std::int64_t>(x)
                      : (x != x ? 0 : std::numeric_limits<std::int64_t>::min());
}

// An attribute as a number of the formula's type: a factor, which wraps around as products do, and
// a bound, which does not.
template <class T>
struct Convert {
  SINTER_HOST_DEVICE static T from(const Scalar& s) { return static_cast<T>(s.to_double()); }
  SINTER_HOST_DEVICE static T bound(const Scalar& s) { return from(s); }
};
template <class I>
struct Convert<WrapInt<I>> {
  SINTER_HOST_DEVICE static WrapInt<I> from(const Scalar& s) {
    return WrapInt<I>(static_cast<I>(to_integer(s)));
  }
  SINTER_HOST_DEVICE static WrapInt<I> bound(const Scalar& s) {
    constexpr std::int64_t kLow = std::numeric_limits<I>::min();
    constexpr std::int64_t kHigh = std::numeric_limits<I>::max();
    const std::int64_t x = to_integer(s);
    return WrapInt<I>(static_cast<I>(x < kLow ? kLow : (x > kHigh ? kHigh : x)));
  }
};
template <>
struct Convert<Logic> {
  SINTER_HOST_DEVICE static Logic from(const Scalar& s) { return Logic(s.to_bool() ? 1 : 0); }
};

template <Number T>
SINTER_HOST_DEVICE bool is_nan(T x) {
  return x != x;
}
#define SINTER_SCALAR_FN(name)     \
  template <Real T>                \
  SINTER_HOST_DEVICE T name(T x) { \
    return std::name(x);           \
  }
SINTER_SCALAR_FN(exp)
SINTER_SCALAR_FN(exp2)
SINTER_SCALAR_FN(expm1)
SINTER_SCALAR_FN(log)
SINTER_SCALAR_FN(log2)
SINTER_SCALAR_FN(log10)
SINTER_SCALAR_FN(log1p)
SINTER_SCALAR_FN(sin)
SINTER_SCALAR_FN(cos)
SINTER_SCALAR_FN(tan)
SINTER_SCALAR_FN(asin)
SINTER_SCALAR_FN(acos)
SINTER_SCALAR_FN(atan)
SINTER_SCALAR_FN(sinh)
SINTER_SCALAR_FN(cosh)
SINTER_SCALAR_FN(tanh)
SINTER_SCALAR_FN(asinh)
SINTER_SCALAR_FN(acosh)
SINTER_SCALAR_FN(atanh)
SINTER_SCALAR_FN(erf)
SINTER_SCALAR_FN(erfc)
SINTER_SCALAR_FN(sqrt)
SINTER_SCALAR_FN(floor)
SINTER_SCALAR_FN(ceil)
SINTER_SCALAR_FN(trunc)
SINTER_SCALAR_FN(abs)
#undef SINTER_SCALAR_FN
// To nearest, ties to even.
template <Real T>
SINTER_HOST_DEVICE T rint(T x) {
  return std::nearbyint(x);
}
template <Exact T>
constexpr T floor(T x) {
  return x;
}
template <Exact T>
constexpr T ceil(T x) {
  return x;
}
template <Exact T>
constexpr T trunc(T x) {
  return x;
}
template <Exact T>
constexpr T rint(T x) {
  return x;
}
template <Exact T>
constexpr T abs(T x) {
  return x < T(0) ? -x : x;
}
template <Real T>
SINTER_HOST_DEVICE T sigmoid(T x) {
  const T e = exp(-abs(x));
  return (x < T(0) ? e : T(1)) / (T(1) + e);
}
// The normal distribution function.
template <Real T>
SINTER_HOST_DEVICE T normal_cdf(T x) {
  return T(0.5) * std::erfc(x * T(-kSqrtHalf));
}
template <Real T>
SINTER_HOST_DEVICE T pow(T x, T y) {
  return std::pow(x, y);
}
// By repeated squaring, wrapping around; for a negative exponent the reciprocal rounded to zero.
template <class I>
constexpr WrapInt<I> integer_pow(WrapInt<I> x, std::int64_t n) {
  using T = WrapInt<I>;
  if (n < 0) {
    if (x == T(1)) return x;
    if (x + T(1) == T(0)) return n % 2 == 0 ? T(1) : x;
    return T(0);
  }
  T result(1);
  for (; n > 0; n >>= 1, x = x * x) {
    if ((n & 1) != 0) result = result * x;
  }
  return result;
}
template <class I>
constexpr WrapInt<I> pow(WrapInt<I> x, WrapInt<I> y) {
  return integer_pow(x, static_cast<std::int64_t>(y.v));
}
// Division rounded toward zero. INT_MIN / -1 wraps around; x / 0, which callers refuse, is 0.
template <class I>
constexpr WrapInt<I> quotient(WrapInt<I> x, WrapInt<I> y) {
  if (y.v == 0) return y;
  if constexpr (std::is_signed_v<I>) {
    if (y.v == -1) return -x;
  }
  return WrapInt<I>(static_cast<I>(x.v / y.v));
}
template <Real T>
SINTER_HOST_DEVICE T atan2(T y, T x) {
  return std::atan2(y, x);
}
// The remainder with the sign of the dividend.
template <Real T>
SINTER_HOST_DEVICE T fmod(T x, T y) {
  return std::fmod(x, y);
}
// NaN if either is NaN.
template <Number T>
constexpr T max(T a, T b) {
  if constexpr (Real<T>) {
    if (a != a) return a;
    if (b != b) return b;
  }
  return a > b ? a : b;
}
template <Number T>
constexpr T min(T a, T b) {
  if constexpr (Real<T>) {
    if (a != a) return a;
    if (b != b) return b;
  }
  return a < b ? a : b;
}

}  // namespace sinter::ops::scalar
