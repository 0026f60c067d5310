// Formulas of comparisons, logic, bits and choice. No include guard; see arithmetic-inl.h.

#define SINTER_COMPARISON(Type, text, sign, onnx_name, opset)                \
  struct Type : Binary {                                                     \
    static constexpr const char* name = text;                                \
    static constexpr PointwiseTraits traits = predicate({onnx_name, opset}); \
    template <class T>                                                       \
    SINTER_FORMULA static auto f(T a, T b) {                                 \
      return a sign b;                                                       \
    }                                                                        \
  }
SINTER_COMPARISON(Eq, "eq", ==, "Equal", 13);
SINTER_COMPARISON(Lt, "lt", <, "Less", 13);
SINTER_COMPARISON(Le, "le", <=, "LessOrEqual", 16);
SINTER_COMPARISON(Gt, "gt", >, "Greater", 13);
SINTER_COMPARISON(Ge, "ge", >=, "GreaterOrEqual", 16);
#undef SINTER_COMPARISON

struct Ne : Binary {
  static constexpr const char* name = "ne";
  static constexpr PointwiseTraits traits = predicate({}, "written as Equal and Not");
  template <class T>
  SINTER_FORMULA static auto f(T a, T b) {
    return a != b;
  }
};

struct LogicalAnd : Binary {
  static constexpr const char* name = "logical_and";
  static constexpr PointwiseTraits traits = predicate({"And", 7});
  template <class T>
  SINTER_FORMULA static auto f(T a, T b) {
    return scalar::land(a != T(0), b != T(0));
  }
};
struct LogicalOr : Binary {
  static constexpr const char* name = "logical_or";
  static constexpr PointwiseTraits traits = predicate({"Or", 7});
  template <class T>
  SINTER_FORMULA static auto f(T a, T b) {
    return scalar::lor(a != T(0), b != T(0));
  }
};
struct LogicalXor : Binary {
  static constexpr const char* name = "logical_xor";
  static constexpr PointwiseTraits traits = predicate({"Xor", 7});
  template <class T>
  SINTER_FORMULA static auto f(T a, T b) {
    return scalar::lxor(a != T(0), b != T(0));
  }
};
struct LogicalNot : Unary {
  static constexpr const char* name = "logical_not";
  static constexpr PointwiseTraits traits = predicate({"Not", 1});
  template <class T>
  SINTER_FORMULA static auto f(T x) {
    return x == T(0);
  }
};

struct Isnan : Unary {
  static constexpr const char* name = "isnan";
  static constexpr PointwiseTraits traits = predicate({"IsNaN", 13});
  template <class T>
  SINTER_FORMULA static auto f(T x) {
    return x != x;
  }
};
struct Isinf : Unary {
  static constexpr const char* name = "isinf";
  static constexpr PointwiseTraits traits = predicate({"IsInf", 10});
  template <class T>
  SINTER_FORMULA static auto f(T x) {
    if constexpr (is_exact<T>) {
      return false;
    } else {
      return scalar::abs(x) == T(kInfinity);
    }
  }
};
struct Isfinite : Unary {
  static constexpr const char* name = "isfinite";
  static constexpr PointwiseTraits traits = predicate({}, "written with IsInf, IsNaN and Not");
  template <class T>
  SINTER_FORMULA static auto f(T x) {
    if constexpr (is_exact<T>) {
      return true;
    } else {
      return scalar::abs(x) < T(kInfinity);
    }
  }
};

#define SINTER_BITWISE(Type, text, sign, onnx_name)                     \
  struct Type : Binary {                                                \
    static constexpr const char* name = text;                           \
    static constexpr PointwiseTraits traits = of_bits({onnx_name, 18}); \
    template <class T>                                                  \
    SINTER_FORMULA static T f(T a, T b) {                               \
      return a sign b;                                                  \
    }                                                                   \
  }
SINTER_BITWISE(BitwiseAnd, "bitwise_and", &, "BitwiseAnd");
SINTER_BITWISE(BitwiseOr, "bitwise_or", |, "BitwiseOr");
SINTER_BITWISE(BitwiseXor, "bitwise_xor", ^, "BitwiseXor");
#undef SINTER_BITWISE

struct BitwiseNot : Unary {
  static constexpr const char* name = "bitwise_not";
  static constexpr PointwiseTraits traits = of_bits({"BitwiseNot", 18});
  template <class T>
  SINTER_FORMULA static T f(T x) {
    return ~x;
  }
};

// a where the condition holds, else b.
struct Where : Ternary {
  static constexpr const char* name = "where";
  static constexpr PointwiseTraits traits{.condition_first = true, .onnx = {"Where", 16}};
  template <class M, class T>
  SINTER_FORMULA static T f(M condition, T a, T b) {
    return scalar::select(condition, a, b);
  }
};

using ComparisonFormulas =
    FormulaList<Eq, Ne, Lt, Le, Gt, Ge, LogicalAnd, LogicalOr, LogicalXor, LogicalNot, Isnan, Isinf,
                Isfinite, BitwiseAnd, BitwiseOr, BitwiseXor, BitwiseNot, Where>;
