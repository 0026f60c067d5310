// Formulas of activation functions, with their derivatives. No include guard; see arithmetic-inl.h
// and elementary-inl.h.

// max(x, 0); NaN stays NaN.
struct Relu : Unary {
  static constexpr const char* name = "relu";
  static constexpr const char* backward_name = "relu_backward";
  static constexpr PointwiseTraits traits = of_numbers({"Relu", 14});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::select(x <= T(0), T(0), x);
  }
  template <class T>
  SINTER_FORMULA static T df_from_output(T y, T g) {
    return scalar::select(y <= T(0), T(0), g);
  }
};

// x within numbers; the gradient is zero at the bounds and beyond, where the result is a bound.
struct Hardtanh : Unary {
  static constexpr const char* name = "hardtanh";
  static constexpr const char* backward_name = "hardtanh_backward";
  static constexpr PointwiseTraits traits = of_numbers({"Clip", 13});
  using Attrs = RangeAttrs;
  template <class T>
  SINTER_FORMULA static T f(T x, const Attrs& p) {
    return scalar::min(scalar::max(x, scalar::Convert<T>::bound(p.min)),
                       scalar::Convert<T>::bound(p.max));
  }
  template <class T>
  SINTER_FORMULA static T df_from_output(T y, T g, const Attrs& p) {
    const auto outside =
        scalar::lor(y <= scalar::Convert<T>::bound(p.min), y >= scalar::Convert<T>::bound(p.max));
    return scalar::select(outside, T(0), g);
  }
};

// 1 / (1 + exp(-x)).
struct Sigmoid : Unary {
  static constexpr const char* name = "sigmoid";
  static constexpr const char* backward_name = "sigmoid_backward";
  static constexpr PointwiseTraits traits = to_floating({"Sigmoid", 13});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::sigmoid(x);
  }
  template <class T>
  SINTER_FORMULA static T df_from_output(T y, T g) {
    return g * ((T(1) - y) * y);
  }
};

// log(sigmoid(x)) = min(x, 0) - log1p(exp(-|x|)).
struct Logsigmoid : Unary {
  static constexpr const char* name = "log_sigmoid";
  static constexpr const char* backward_name = "log_sigmoid_backward";
  static constexpr PointwiseTraits traits = of_floats({}, "written as Sigmoid and Log");
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::min(x, T(0)) - scalar::log1p(scalar::exp(-scalar::abs(x)));
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return g * scalar::sigmoid(-x);
  }
};

struct LeakyRelu : Unary {
  static constexpr const char* name = "leaky_relu";
  static constexpr const char* backward_name = "leaky_relu_backward";
  static constexpr PointwiseTraits traits = of_floats({"LeakyRelu", 16});
  using Attrs = SlopeAttrs;
  template <class T>
  SINTER_FORMULA static T f(T x, const Attrs& p) {
    return scalar::select(x > T(0), x, x * T(p.negative_slope));
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g, const Attrs& p) {
    return scalar::select(x > T(0), g, g * T(p.negative_slope));
  }
};

// scale * x where x > 0, else scale * alpha * (exp(x * input_scale) - 1): elu, selu and celu.
struct Elu : Unary {
  static constexpr const char* name = "elu";
  static constexpr const char* backward_name = "elu_backward";
  static constexpr PointwiseTraits traits = of_floats({"Elu", 6});
  using Attrs = EluAttrs;
  template <class T>
  SINTER_FORMULA static T f(T x, const Attrs& p) {
    const T low = T(p.scale * p.alpha) * scalar::expm1(x * T(p.input_scale));
    return scalar::select(x > T(0), x * T(p.scale), low);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g, const Attrs& p) {
    // Not for x > 0: an infinite exponential must not meet a zero.
    const T e = scalar::exp(scalar::min(x, T(0)) * T(p.input_scale));
    const T low = g * (T(p.scale * p.alpha * p.input_scale) * e);
    return scalar::select(x > T(0), g * T(p.scale), low);
  }
};

// x * Phi(x), Phi the normal distribution function.
struct Gelu : Unary {
  static constexpr const char* name = "gelu";
  static constexpr const char* backward_name = "gelu_backward";
  static constexpr PointwiseTraits traits = of_floats({"Gelu", 20});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return x * scalar::normal_cdf(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    const T density = T(kInvSqrt2Pi) * scalar::exp(T(-0.5) * (x * x));
    return g * (scalar::normal_cdf(x) + x * density);
  }
};
// Its approximation 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))).
struct GeluTanh : Unary {
  static constexpr const char* name = "gelu_tanh";
  static constexpr const char* backward_name = "gelu_tanh_backward";
  static constexpr PointwiseTraits traits = of_floats({"Gelu", 20});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    const T inner = T(kSqrtTwoOverPi) * (x + T(0.044715) * (x * x * x));
    return T(0.5) * x * (T(1) + scalar::tanh(inner));
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    const T squared = x * x;
    const T t = scalar::tanh(T(kSqrtTwoOverPi) * (x + T(0.044715) * (squared * x)));
    const T slope = T(kSqrtTwoOverPi) * (T(1) + T(3 * 0.044715) * squared);
    return g * (T(0.5) * (T(1) + t) + T(0.5) * x * ((T(1) - t * t) * slope));
  }
};

// x * sigmoid(x).
struct Silu : Unary {
  static constexpr const char* name = "silu";
  static constexpr const char* backward_name = "silu_backward";
  static constexpr PointwiseTraits traits = of_floats({}, "written as Sigmoid and Mul");
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return x * scalar::sigmoid(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    const T s = scalar::sigmoid(x);
    return g * (s * (T(1) + x * (T(1) - s)));
  }
};

// x * tanh(log(1 + exp(x))), which is x * n / (n + 2) with n = e * (e + 2), e = exp(x).
struct Mish : Unary {
  static constexpr const char* name = "mish";
  static constexpr const char* backward_name = "mish_backward";
  static constexpr PointwiseTraits traits = of_floats({"Mish", 18});
  template <class T>
  SINTER_FORMULA static T gate(T x) {
    // Beyond 20 the gate is 1 in every precision.
    const T e = scalar::exp(scalar::min(x, T(20)));
    const T n = e * (e + T(2));
    return n / (n + T(2));
  }
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return x * gate(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    const T t = gate(x);
    return g * (t + x * ((T(1) - t * t) * scalar::sigmoid(x)));
  }
};

// log(1 + exp(beta x)) / beta, and x itself where beta x exceeds the threshold.
struct Softplus : Unary {
  static constexpr const char* name = "softplus";
  static constexpr const char* backward_name = "softplus_backward";
  static constexpr PointwiseTraits traits = of_floats({"Softplus", 1});
  using Attrs = SoftplusAttrs;
  template <class T>
  SINTER_FORMULA static T f(T x, const Attrs& p) {
    const T z = x * T(p.beta);
    const T soft = (scalar::max(z, T(0)) + scalar::log1p(scalar::exp(-scalar::abs(z)))) / T(p.beta);
    return scalar::select(z > T(p.threshold), x, soft);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g, const Attrs& p) {
    const T z = x * T(p.beta);
    return scalar::select(z > T(p.threshold), g, g * scalar::sigmoid(z));
  }
};

// clamp(x / 6 + 1 / 2, 0, 1).
struct Hardsigmoid : Unary {
  static constexpr const char* name = "hardsigmoid";
  static constexpr const char* backward_name = "hardsigmoid_backward";
  static constexpr PointwiseTraits traits = of_floats({"HardSigmoid", 6});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::min(scalar::max(x + T(3), T(0)), T(6)) / T(6);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    return scalar::select(scalar::land(x > T(-3), x < T(3)), g / T(6), T(0));
  }
};

// x * clamp(x + 3, 0, 6) / 6.
struct Hardswish : Unary {
  static constexpr const char* name = "hardswish";
  static constexpr const char* backward_name = "hardswish_backward";
  static constexpr PointwiseTraits traits = of_floats({"HardSwish", 14});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return x * scalar::min(scalar::max(x + T(3), T(0)), T(6)) / T(6);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    const T middle = g * (x / T(3) + T(0.5));
    return scalar::select(x <= T(-3), T(0), scalar::select(x >= T(3), g, middle));
  }
};

// x / (1 + |x|).
struct Softsign : Unary {
  static constexpr const char* name = "softsign";
  static constexpr const char* backward_name = "softsign_backward";
  static constexpr PointwiseTraits traits = to_floating({"Softsign", 1});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return x / (T(1) + scalar::abs(x));
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    const T d = T(1) + scalar::abs(x);
    return g / (d * d);
  }
};

// x - tanh(x).
struct Tanhshrink : Unary {
  static constexpr const char* name = "tanhshrink";
  static constexpr const char* backward_name = "tanhshrink_backward";
  static constexpr PointwiseTraits traits = to_floating({}, "written as Tanh and Sub");
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return x - scalar::tanh(x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g) {
    const T t = scalar::tanh(x);
    return g * (t * t);
  }
};

// x outside [-lambda, lambda], else 0.
struct Hardshrink : Unary {
  static constexpr const char* name = "hardshrink";
  static constexpr const char* backward_name = "hardshrink_backward";
  static constexpr PointwiseTraits traits = of_floats({"Shrink", 9});
  using Attrs = LambdaAttrs;
  template <class T>
  SINTER_FORMULA static T f(T x, const Attrs& p) {
    return scalar::select(inside(x, p), T(0), x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g, const Attrs& p) {
    return scalar::select(inside(x, p), T(0), g);
  }
  template <class T>
  SINTER_FORMULA static auto inside(T x, const Attrs& p) {
    return scalar::land(x >= T(-p.lambda), x <= T(p.lambda));
  }
};

// x moved towards 0 by lambda, at most to 0.
struct Softshrink : Unary {
  static constexpr const char* name = "softshrink";
  static constexpr const char* backward_name = "softshrink_backward";
  static constexpr PointwiseTraits traits = of_floats({"Shrink", 9});
  using Attrs = LambdaAttrs;
  template <class T>
  SINTER_FORMULA static T f(T x, const Attrs& p) {
    const T low = scalar::select(x < T(-p.lambda), x + T(p.lambda), x * T(0));
    return scalar::select(x > T(p.lambda), x - T(p.lambda), low);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g, const Attrs& p) {
    const auto inside = scalar::land(x >= T(-p.lambda), x <= T(p.lambda));
    return scalar::select(inside, T(0), g);
  }
};

// x where x > threshold, else value; NaN stays NaN.
struct Threshold : Unary {
  static constexpr const char* name = "threshold";
  static constexpr const char* backward_name = "threshold_backward";
  static constexpr PointwiseTraits traits =
      of_numbers({}, "written as Greater and Where, but for thresholds of 0");
  using Attrs = ThresholdAttrs;
  template <class T>
  SINTER_FORMULA static T f(T x, const Attrs& p) {
    return scalar::select(x <= scalar::Convert<T>::bound(p.threshold),
                          scalar::Convert<T>::from(p.value), x);
  }
  template <class T>
  SINTER_FORMULA static T df(T x, T g, const Attrs& p) {
    return scalar::select(x <= scalar::Convert<T>::bound(p.threshold), T(0), g);
  }
};

using ActivationFormulas = FormulaList<Relu, Hardtanh, Sigmoid, Logsigmoid, LeakyRelu, Elu, Gelu,
                                       GeluTanh, Silu, Mish, Softplus, Hardsigmoid, Hardswish,
                                       Softsign, Tanhshrink, Hardshrink, Softshrink, Threshold>;
