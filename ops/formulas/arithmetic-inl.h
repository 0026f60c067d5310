// Formulas of arithmetic between tensors. No include guard: included once for plain numbers and
// once for each SIMD target, inside a namespace whose `scalar` has the vocabulary.

struct Add : Binary {
  static constexpr const char* name = "add";
  static constexpr PointwiseTraits traits{.onnx = {"Add", 14}};
  using Attrs = AlphaAttrs;
  template <class T>
  SINTER_FORMULA static T f(T a, T b, const Attrs& p) {
    return scalar::is_one(p.alpha) ? a + b : a + scalar::Convert<T>::from(p.alpha) * b;
  }
};

struct Sub : Binary {
  static constexpr const char* name = "sub";
  static constexpr PointwiseTraits traits{.dtypes = kNumbers, .onnx = {"Sub", 14}};
  using Attrs = AlphaAttrs;
  template <class T>
  SINTER_FORMULA static T f(T a, T b, const Attrs& p) {
    return scalar::is_one(p.alpha) ? a - b : a - scalar::Convert<T>::from(p.alpha) * b;
  }
};

struct Mul : Binary {
  static constexpr const char* name = "mul";
  static constexpr PointwiseTraits traits{.onnx = {"Mul", 14}};
  template <class T>
  SINTER_FORMULA static T f(T a, T b) {
    return a * b;
  }
};

// True division: integers become floating point.
struct Div : Binary {
  static constexpr const char* name = "div";
  static constexpr PointwiseTraits traits{
      .promote = Promote::to_float, .dtypes = kFloats, .onnx = {"Div", 14}};
  template <class T>
  SINTER_FORMULA static T f(T a, T b) {
    return a / b;
  }
};

// The quotient rounded toward zero.
struct DivTrunc : Binary {
  static constexpr const char* name = "div_trunc";
  static constexpr PointwiseTraits traits{
      .dtypes = kNumbers, .integer_divisor = true, .no_onnx = "written as Div and Floor"};
  template <class T>
  SINTER_FORMULA static T f(T a, T b) {
    if constexpr (is_exact<T>) {
      return scalar::quotient(a, b);
    } else {
      return scalar::trunc(a / b);
    }
  }
};

// The quotient rounded down. For floating point it is the integer next to (a - remainder) / b,
// which differs from floor(a / b) where the division rounds up to an integer.
struct FloorDivide : Binary {
  static constexpr const char* name = "floor_divide";
  static constexpr PointwiseTraits traits{
      .dtypes = kNumbers, .integer_divisor = true, .no_onnx = "written as Div and Floor"};
  template <class T>
  SINTER_FORMULA static T f(T a, T b) {
    if constexpr (is_exact<T>) {
      const T q = scalar::quotient(a, b);
      const T r = a - q * b;
      return scalar::select(r != T(0) && (r < T(0)) != (b < T(0)), q - T(1), q);
    } else {
      const T r = scalar::fmod(a, b);
      const T exact = (a - r) / b;
      const auto below = scalar::land(r != T(0), scalar::lxor(r < T(0), b < T(0)));
      const T nearest = scalar::rint(scalar::select(below, exact - T(1), exact));
      const T signed_zero = T(0) * (a / b);
      return scalar::select(b == T(0), a / b,
                            scalar::select(nearest == T(0), signed_zero, nearest));
    }
  }
};

// What floor division leaves: it has the sign of the divisor.
struct Remainder : Binary {
  static constexpr const char* name = "remainder";
  static constexpr PointwiseTraits traits{
      .dtypes = kNumbers, .integer_divisor = true, .onnx = {"Mod", 13}};
  template <class T>
  SINTER_FORMULA static T f(T a, T b) {
    if constexpr (is_exact<T>) {
      const T r = a - scalar::quotient(a, b) * b;
      return scalar::select(r != T(0) && (r < T(0)) != (b < T(0)), r + b, r);
    } else {
      const T r = scalar::fmod(a, b);
      const auto other_sign = scalar::lxor(r < T(0), b < T(0));
      return scalar::select(scalar::land(r != T(0), other_sign), r + b, r);
    }
  }
};

// What division rounded toward zero leaves: it has the sign of the dividend.
struct Fmod : Binary {
  static constexpr const char* name = "fmod";
  static constexpr PointwiseTraits traits{
      .dtypes = kNumbers, .integer_divisor = true, .onnx = {"Mod", 13}};
  template <class T>
  SINTER_FORMULA static T f(T a, T b) {
    if constexpr (is_exact<T>) {
      return a - scalar::quotient(a, b) * b;
    } else {
      return scalar::fmod(a, b);
    }
  }
};

struct Pow : Binary {
  static constexpr const char* name = "pow";
  static constexpr PointwiseTraits traits{.dtypes = kNumbers, .onnx = {"Pow", 15}};
  template <class T>
  SINTER_FORMULA static T f(T a, T b) {
    return scalar::pow(a, b);
  }
};

// x to the power of a number. Small exponents are products and quotients.
struct PowScalar : Unary {
  static constexpr const char* name = "pow_scalar";
  static constexpr const char* backward_name = "pow_scalar_backward";
  static constexpr PointwiseTraits traits{.dtypes = kNumbers, .onnx = {"Pow", 15}};
  using Attrs = ExponentAttrs;
  template <class T>
  SINTER_FORMULA static T power(T x, double exponent) {
    if (exponent == 0) return T(1);
    if (exponent == 1) return x;
    if (exponent == 2) return x * x;
    if (exponent == 3) return x * x * x;
    if constexpr (!is_exact<T>) {
      if (exponent == 0.5) return scalar::sqrt(x);
      if (exponent == -0.5) return T(1) / scalar::sqrt(x);
      if (exponent == -1) return T(1) / x;
      if (exponent == -2) return T(1) / (x * x);
    }
    return scalar::pow(x, T(exponent));
  }
  template <class T>
  SINTER_FORMULA static T f(T x, const Attrs& p) {
    if constexpr (is_exact<T>) {
      return scalar::integer_pow(x, scalar::to_integer(p.exponent));
    } else {
      return power(x, p.exponent.to_double());
    }
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g, const Attrs& p) {
    const double exponent = p.exponent.to_double();
    if (exponent == 0) return T(0) * g;
    return g * (T(exponent) * power(x, exponent - 1));
  }
};

struct Atan2 : Binary {
  static constexpr const char* name = "atan2";
  static constexpr PointwiseTraits traits{
      .promote = Promote::to_float, .dtypes = kFloats, .no_onnx = "written with Atan and Where"};
  template <class T>
  SINTER_FORMULA static T f(T y, T x) {
    return scalar::atan2(y, x);
  }
};

// NaN if either is NaN.
struct Minimum : Binary {
  static constexpr const char* name = "minimum";
  static constexpr PointwiseTraits traits{.onnx = {"Min", 13}};
  template <class T>
  SINTER_FORMULA static T f(T a, T b) {
    return scalar::min(a, b);
  }
};
struct Maximum : Binary {
  static constexpr const char* name = "maximum";
  static constexpr PointwiseTraits traits{.onnx = {"Max", 13}};
  template <class T>
  SINTER_FORMULA static T f(T a, T b) {
    return scalar::max(a, b);
  }
};

// x within numbers; the upper bound wins where they cross. NaN stays NaN.
struct Clamp : Unary {
  static constexpr const char* name = "clamp";
  static constexpr const char* backward_name = "clamp_backward";
  static constexpr PointwiseTraits traits{.dtypes = kNumbers, .onnx = {"Clip", 13}};
  using Attrs = ClampAttrs;
  template <class T>
  SINTER_FORMULA static T f(T x, const Attrs& p) {
    if (p.min) x = scalar::max(x, scalar::Convert<T>::bound(*p.min));
    if (p.max) x = scalar::min(x, scalar::Convert<T>::bound(*p.max));
    return x;
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g, const Attrs& p) {
    if (p.min) g = scalar::select(x < scalar::Convert<T>::bound(*p.min), T(0), g);
    if (p.max) g = scalar::select(x > scalar::Convert<T>::bound(*p.max), T(0), g);
    return g;
  }
};
// x within tensors.
struct ClampTensor : Ternary {
  static constexpr const char* name = "clamp_tensor";
  static constexpr PointwiseTraits traits{.dtypes = kNumbers, .no_onnx = "written as Max and Min"};
  template <class T>
  SINTER_FORMULA static T f(T x, T low, T high) {
    return scalar::min(scalar::max(x, low), high);
  }
};
struct ClampMin : Binary {
  static constexpr const char* name = "clamp_min";
  static constexpr PointwiseTraits traits{.dtypes = kNumbers, .onnx = {"Max", 13}};
  template <class T>
  SINTER_FORMULA static T f(T x, T low) {
    return scalar::max(x, low);
  }
};
struct ClampMax : Binary {
  static constexpr const char* name = "clamp_max";
  static constexpr PointwiseTraits traits{.dtypes = kNumbers, .onnx = {"Min", 13}};
  template <class T>
  SINTER_FORMULA static T f(T x, T high) {
    return scalar::min(x, high);
  }
};

// From a to b as w goes from 0 to 1, exact at both ends.
struct Lerp : Ternary {
  static constexpr const char* name = "lerp";
  static constexpr PointwiseTraits traits{.dtypes = kFloats,
                                          .no_onnx = "written with Sub, Mul and Add"};
  template <class T>
  SINTER_FORMULA static T f(T a, T b, T w) {
    const T d = b - a;
    return scalar::select(scalar::abs(w) < T(0.5), a + w * d, b - d * (T(1) - w));
  }
};

struct Addcmul : Ternary {
  static constexpr const char* name = "addcmul";
  static constexpr PointwiseTraits traits{.dtypes = kNumbers, .no_onnx = "written as Mul and Add"};
  using Attrs = ValueAttrs;
  template <class T>
  SINTER_FORMULA static T f(T a, T b, T c, const Attrs& p) {
    return scalar::is_one(p.value) ? a + b * c : a + scalar::Convert<T>::from(p.value) * b * c;
  }
};
struct Addcdiv : Ternary {
  static constexpr const char* name = "addcdiv";
  static constexpr PointwiseTraits traits{.dtypes = kFloats, .no_onnx = "written as Div and Add"};
  using Attrs = ValueAttrs;
  template <class T>
  SINTER_FORMULA static T f(T a, T b, T c, const Attrs& p) {
    return a + scalar::Convert<T>::from(p.value) * b / c;
  }
};

struct Neg : Unary {
  static constexpr const char* name = "neg";
  static constexpr PointwiseTraits traits{.dtypes = kNumbers, .onnx = {"Neg", 13}};
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return -x;
  }
};
// -1, 0 or 1; 0 for NaN.
struct Sign : Unary {
  static constexpr const char* name = "sign";
  static constexpr PointwiseTraits traits{.onnx = {"Sign", 13}};
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::select(x > T(0), T(1), scalar::select(x < T(0), T(-1), T(0)));
  }
};
struct Floor : Unary {
  static constexpr const char* name = "floor";
  static constexpr PointwiseTraits traits{.dtypes = kNumbers, .onnx = {"Floor", 13}};
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::floor(x);
  }
};
struct Ceil : Unary {
  static constexpr const char* name = "ceil";
  static constexpr PointwiseTraits traits{.dtypes = kNumbers, .onnx = {"Ceil", 13}};
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::ceil(x);
  }
};
// To the nearest integer, ties to even.
struct Round : Unary {
  static constexpr const char* name = "round";
  static constexpr PointwiseTraits traits{.dtypes = kNumbers, .onnx = {"Round", 11}};
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::rint(x);
  }
};
struct Trunc : Unary {
  static constexpr const char* name = "trunc";
  static constexpr PointwiseTraits traits{.dtypes = kNumbers,
                                          .no_onnx = "written with Floor, Abs and Sign"};
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::trunc(x);
  }
};
// x - trunc(x).
struct Frac : Unary {
  static constexpr const char* name = "frac";
  static constexpr PointwiseTraits traits{.dtypes = kFloats,
                                          .no_onnx = "written with Floor, Abs and Sign"};
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return x - scalar::trunc(x);
  }
};

using ArithmeticFormulas =
    FormulaList<Add, Sub, Mul, Div, DivTrunc, FloorDivide, Remainder, Fmod, Atan2, Minimum, Maximum,
                Clamp, ClampTensor, ClampMin, ClampMax, Lerp, Addcmul, Addcdiv, Neg, Sign, Floor,
                Ceil, Round, Trunc, Frac>;
// Powers have a file of loops of their own: they are large.
using PowerFormulas = FormulaList<Pow, PowScalar>;
// Formulas with a derivative as an op.
using ArithmeticDerivatives = FormulaList<PowScalar, Clamp>;
