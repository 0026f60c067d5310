// Formulas of arithmetic between tensors. No include guard: included once for plain numbers and
// once for each SIMD target, inside a namespace whose `scalar` has the vocabulary.

struct Add {
  static constexpr const char* name = "add";
  static constexpr int arity = 2;
  static constexpr PointwiseTraits traits{.onnx = {"Add", 14}};
  using Attrs = AlphaAttrs;
  template <class T>
  SINTER_FORMULA static T f(T a, T b, const Attrs& p) {
    return a + scalar::Convert<T>::from(p.alpha) * b;
  }
};

struct Sub {
  static constexpr const char* name = "sub";
  static constexpr int arity = 2;
  static constexpr PointwiseTraits traits{.dtypes = kNumbers, .onnx = {"Sub", 14}};
  using Attrs = AlphaAttrs;
  template <class T>
  SINTER_FORMULA static T f(T a, T b, const Attrs& p) {
    return a - scalar::Convert<T>::from(p.alpha) * b;
  }
};

struct Mul {
  static constexpr const char* name = "mul";
  static constexpr int arity = 2;
  static constexpr PointwiseTraits traits{.onnx = {"Mul", 14}};
  template <class T>
  SINTER_FORMULA static T f(T a, T b) {
    return a * b;
  }
};

// True division: integers become floating point.
struct Div {
  static constexpr const char* name = "div";
  static constexpr int arity = 2;
  static constexpr PointwiseTraits traits{
      .promote = Promote::to_float, .dtypes = kFloats, .onnx = {"Div", 14}};
  template <class T>
  SINTER_FORMULA static T f(T a, T b) {
    return a / b;
  }
};

using ArithmeticFormulas = FormulaList<Add, Sub, Mul, Div>;
