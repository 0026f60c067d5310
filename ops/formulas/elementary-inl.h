// Formulas of elementary functions of one number, with their derivatives. No include guard; see
// arithmetic-inl.h.
//
// A derivative is df(x, g), the gradient g times f'(x), or df_from_output(y, g) where it is better
// computed from the result y; autograd saves what the signature asks for.

struct Abs : Unary {
  static constexpr const char* name = "abs";
  static constexpr const char* backward_name = "abs_backward";
  static constexpr PointwiseTraits traits = of_numbers({"Abs", 13});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::abs(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return scalar::select(x < T(0), -g, scalar::select(x > T(0), g, T(0)));
  }
};
struct Sqrt : Unary {
  static constexpr const char* name = "sqrt";
  static constexpr const char* backward_name = "sqrt_backward";
  static constexpr PointwiseTraits traits = to_floating({"Sqrt", 13});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::sqrt(x);
  }
  template <class T>
  SINTER_FORMULA static T df_from_output(T y, T g) {
    return g / (y + y);
  }
};
struct Rsqrt : Unary {
  static constexpr const char* name = "rsqrt";
  static constexpr const char* backward_name = "rsqrt_backward";
  static constexpr PointwiseTraits traits = to_floating({}, "written as Sqrt and Reciprocal");
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return T(1) / scalar::sqrt(x);
  }
  template <class T>
  SINTER_FORMULA static T df_from_output(T y, T g) {
    return T(-0.5) * g * (y * y * y);
  }
};
struct Reciprocal : Unary {
  static constexpr const char* name = "reciprocal";
  static constexpr const char* backward_name = "reciprocal_backward";
  static constexpr PointwiseTraits traits = to_floating({"Reciprocal", 13});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return T(1) / x;
  }
  template <class T>
  SINTER_FORMULA static T df_from_output(T y, T g) {
    return -g * (y * y);
  }
};
struct Square : Unary {
  static constexpr const char* name = "square";
  static constexpr const char* backward_name = "square_backward";
  static constexpr PointwiseTraits traits = of_numbers({}, "written as Mul");
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return x * x;
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return g * (x + x);
  }
};
struct Exp : Unary {
  static constexpr const char* name = "exp";
  static constexpr const char* backward_name = "exp_backward";
  static constexpr PointwiseTraits traits = to_floating({"Exp", 13});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::exp(x);
  }
  template <class T>
  SINTER_FORMULA static T df_from_output(T y, T g) {
    return g * y;
  }
};
struct Exp2 : Unary {
  static constexpr const char* name = "exp2";
  static constexpr const char* backward_name = "exp2_backward";
  static constexpr PointwiseTraits traits = to_floating({}, "written as Mul and Exp");
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::exp2(x);
  }
  template <class T>
  SINTER_FORMULA static T df_from_output(T y, T g) {
    return g * (y * T(kLn2));
  }
};
struct Expm1 : Unary {
  static constexpr const char* name = "expm1";
  static constexpr const char* backward_name = "expm1_backward";
  static constexpr PointwiseTraits traits = to_floating({}, "written as Exp and Sub");
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::expm1(x);
  }
  template <class T>
  SINTER_FORMULA static T df_from_output(T y, T g) {
    return g * (y + T(1));
  }
};
struct Log : Unary {
  static constexpr const char* name = "log";
  static constexpr const char* backward_name = "log_backward";
  static constexpr PointwiseTraits traits = to_floating({"Log", 13});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::log(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return g / x;
  }
};
struct Log2 : Unary {
  static constexpr const char* name = "log2";
  static constexpr const char* backward_name = "log2_backward";
  static constexpr PointwiseTraits traits = to_floating({}, "written as Log and Mul");
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::log2(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return g / (x * T(kLn2));
  }
};
struct Log10 : Unary {
  static constexpr const char* name = "log10";
  static constexpr const char* backward_name = "log10_backward";
  static constexpr PointwiseTraits traits = to_floating({}, "written as Log and Mul");
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::log10(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return g / (x * T(kLn10));
  }
};
struct Log1p : Unary {
  static constexpr const char* name = "log1p";
  static constexpr const char* backward_name = "log1p_backward";
  static constexpr PointwiseTraits traits = to_floating({}, "written as Add and Log");
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::log1p(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return g / (x + T(1));
  }
};
struct Sin : Unary {
  static constexpr const char* name = "sin";
  static constexpr const char* backward_name = "sin_backward";
  static constexpr PointwiseTraits traits = to_floating({"Sin", 7});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::sin(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return g * scalar::cos(x);
  }
};
struct Cos : Unary {
  static constexpr const char* name = "cos";
  static constexpr const char* backward_name = "cos_backward";
  static constexpr PointwiseTraits traits = to_floating({"Cos", 7});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::cos(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return -(g * scalar::sin(x));
  }
};
struct Tan : Unary {
  static constexpr const char* name = "tan";
  static constexpr const char* backward_name = "tan_backward";
  static constexpr PointwiseTraits traits = to_floating({"Tan", 7});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::tan(x);
  }
  template <class T>
  SINTER_FORMULA static T df_from_output(T y, T g) {
    return g * (T(1) + y * y);
  }
};
struct Asin : Unary {
  static constexpr const char* name = "asin";
  static constexpr const char* backward_name = "asin_backward";
  static constexpr PointwiseTraits traits = to_floating({"Asin", 7});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::asin(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return g / scalar::sqrt(T(1) - x * x);
  }
};
struct Acos : Unary {
  static constexpr const char* name = "acos";
  static constexpr const char* backward_name = "acos_backward";
  static constexpr PointwiseTraits traits = to_floating({"Acos", 7});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::acos(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return -g / scalar::sqrt(T(1) - x * x);
  }
};
struct Atan : Unary {
  static constexpr const char* name = "atan";
  static constexpr const char* backward_name = "atan_backward";
  static constexpr PointwiseTraits traits = to_floating({"Atan", 7});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::atan(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return g / (T(1) + x * x);
  }
};
struct Sinh : Unary {
  static constexpr const char* name = "sinh";
  static constexpr const char* backward_name = "sinh_backward";
  static constexpr PointwiseTraits traits = to_floating({"Sinh", 9});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::sinh(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return g * scalar::cosh(x);
  }
};
struct Cosh : Unary {
  static constexpr const char* name = "cosh";
  static constexpr const char* backward_name = "cosh_backward";
  static constexpr PointwiseTraits traits = to_floating({"Cosh", 9});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::cosh(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return g * scalar::sinh(x);
  }
};
struct Tanh : Unary {
  static constexpr const char* name = "tanh";
  static constexpr const char* backward_name = "tanh_backward";
  static constexpr PointwiseTraits traits = to_floating({"Tanh", 13});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::tanh(x);
  }
  template <class T>
  SINTER_FORMULA static T df_from_output(T y, T g) {
    return g * (T(1) - y * y);
  }
};
struct Asinh : Unary {
  static constexpr const char* name = "asinh";
  static constexpr const char* backward_name = "asinh_backward";
  static constexpr PointwiseTraits traits = to_floating({"Asinh", 9});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::asinh(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return g / scalar::sqrt(x * x + T(1));
  }
};
struct Acosh : Unary {
  static constexpr const char* name = "acosh";
  static constexpr const char* backward_name = "acosh_backward";
  static constexpr PointwiseTraits traits = to_floating({"Acosh", 9});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::acosh(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return g / scalar::sqrt(x * x - T(1));
  }
};
struct Atanh : Unary {
  static constexpr const char* name = "atanh";
  static constexpr const char* backward_name = "atanh_backward";
  static constexpr PointwiseTraits traits = to_floating({"Atanh", 9});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::atanh(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return g / (T(1) - x * x);
  }
};
struct Erf : Unary {
  static constexpr const char* name = "erf";
  static constexpr const char* backward_name = "erf_backward";
  static constexpr PointwiseTraits traits = to_floating({"Erf", 13});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::erf(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return g * (T(kTwoOverSqrtPi) * scalar::exp(-(x * x)));
  }
};
struct Erfc : Unary {
  static constexpr const char* name = "erfc";
  static constexpr const char* backward_name = "erfc_backward";
  static constexpr PointwiseTraits traits = to_floating({}, "written as Erf and Sub");
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::erfc(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return -g * (T(kTwoOverSqrtPi) * scalar::exp(-(x * x)));
  }
};

using ElementaryFormulas =
    FormulaList<Abs, Sqrt, Rsqrt, Reciprocal, Square, Exp, Exp2, Expm1, Log, Log2, Log10, Log1p,
                Sin, Cos, Tan, Asin, Acos, Atan, Sinh, Cosh, Tanh, Asinh, Acosh, Atanh, Erf, Erfc>;
