// Formulas of activation functions, with their derivatives. No include guard; see arithmetic-inl.h.
//
// A derivative is df(x, g), the gradient g times f'(x), or df_from_output(y, g) when it is better
// computed from the result; autograd saves what the signature asks for.

// max(x, 0); NaN stays NaN.
struct Relu {
  static constexpr const char* name = "relu";
  static constexpr const char* backward_name = "relu_backward";
  static constexpr int arity = 1;
  static constexpr PointwiseTraits traits{.dtypes = kNumbers, .onnx = {"Relu", 14}};
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return scalar::select(x <= T(0), T(0), x);
  }
  template <class T>
  SINTER_FORMULA static T df_from_output(T y, T g) {
    return scalar::select(y <= T(0), T(0), g);
  }
};

// 1 / (1 + exp(-x)), without overflow for either sign.
struct Sigmoid {
  static constexpr const char* name = "sigmoid";
  static constexpr const char* backward_name = "sigmoid_backward";
  static constexpr int arity = 1;
  static constexpr PointwiseTraits traits{
      .promote = Promote::to_float, .dtypes = kFloats, .onnx = {"Sigmoid", 13}};
  template <class T>
  SINTER_FORMULA static T f(T x) {
    const T e = scalar::exp(-scalar::abs(x));
    return scalar::select(x < T(0), e, T(1)) / (T(1) + e);
  }
  template <class T>
  SINTER_FORMULA static T df_from_output(T y, T g) {
    return g * y * (T(1) - y);
  }
};

struct LeakyRelu {
  static constexpr const char* name = "leaky_relu";
  static constexpr const char* backward_name = "leaky_relu_backward";
  static constexpr int arity = 1;
  static constexpr PointwiseTraits traits{.dtypes = kFloats, .onnx = {"LeakyRelu", 16}};
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

using ActivationFormulas = FormulaList<Relu, Sigmoid, LeakyRelu>;
