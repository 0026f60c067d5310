// The folds as formulas on numbers and SIMD vectors. Included again for each target, inside its
// namespace, with SINTER_FORMULA defined.

// The value that joining leaves as it is: kZero for sums, and so on.
template <class T>
constexpr T lowest_value() {
  return std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                              : std::numeric_limits<T>::lowest();
}
template <class T>
constexpr T highest_value() {
  return std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity()
                                              : std::numeric_limits<T>::max();
}

struct JoinSum {
  static constexpr bool uses_param = false;
  template <class T>
  static constexpr T identity() {
    return T{0};
  }
  template <class X>
  static SINTER_FORMULA X join(X a, X b) {
    return a + b;
  }
};
struct JoinMax {
  static constexpr bool uses_param = false;
  template <class T>
  static constexpr T identity() {
    return lowest_value<T>();
  }
  template <class X>
  static SINTER_FORMULA X join(X a, X b) {
    using namespace scalar;
    return max(a, b);
  }
};
struct JoinMin {
  static constexpr bool uses_param = false;
  template <class T>
  static constexpr T identity() {
    return highest_value<T>();
  }
  template <class X>
  static SINTER_FORMULA X join(X a, X b) {
    using namespace scalar;
    return min(a, b);
  }
};
template <class X>
SINTER_FORMULA X is_nonzero(X x) {
  using namespace scalar;
  return select(x != X(0), X(1), X(0));
}
template <class X>
SINTER_FORMULA X magnitude(X x) {
  using namespace scalar;
  return abs(x);
}

struct FoldSum : JoinSum {
  template <class X>
  static SINTER_FORMULA X map(X x, X) {
    return x;
  }
};
struct FoldProd {
  static constexpr bool uses_param = false;
  template <class T>
  static constexpr T identity() {
    return T{1};
  }
  template <class X>
  static SINTER_FORMULA X map(X x, X) {
    return x;
  }
  template <class X>
  static SINTER_FORMULA X join(X a, X b) {
    return a * b;
  }
};
struct FoldMax : JoinMax {
  template <class X>
  static SINTER_FORMULA X map(X x, X) {
    return x;
  }
};
struct FoldMin : JoinMin {
  template <class X>
  static SINTER_FORMULA X map(X x, X) {
    return x;
  }
};
struct FoldAny : JoinMax {
  template <class T>
  static constexpr T identity() {
    return T{0};
  }
  template <class X>
  static SINTER_FORMULA X map(X x, X) {
    return is_nonzero(x);
  }
};
struct FoldAll : JoinMin {
  template <class T>
  static constexpr T identity() {
    return T{1};
  }
  template <class X>
  static SINTER_FORMULA X map(X x, X) {
    return is_nonzero(x);
  }
};
struct FoldCountNonzero : JoinSum {
  template <class X>
  static SINTER_FORMULA X map(X x, X) {
    return is_nonzero(x);
  }
};
struct FoldSumAbs : JoinSum {
  template <class X>
  static SINTER_FORMULA X map(X x, X) {
    return magnitude(x);
  }
};
struct FoldSumSquares : JoinSum {
  template <class X>
  static SINTER_FORMULA X map(X x, X) {
    return x * x;
  }
};
struct FoldMaxAbs : JoinMax {
  template <class T>
  static constexpr T identity() {
    return T{0};
  }
  template <class X>
  static SINTER_FORMULA X map(X x, X) {
    return magnitude(x);
  }
};
struct FoldMinAbs : JoinMin {
  template <class X>
  static SINTER_FORMULA X map(X x, X) {
    return magnitude(x);
  }
};
struct FoldSumPow : JoinSum {
  static constexpr bool uses_param = true;
  template <class X>
  static SINTER_FORMULA X map(X x, X p) {
    using namespace scalar;
    return pow(abs(x), p);
  }
};
struct FoldSumSqDev : JoinSum {
  static constexpr bool uses_param = true;
  template <class X>
  static SINTER_FORMULA X map(X x, X p) {
    const X d = x - p;
    return d * d;
  }
};
struct FoldSumExp : JoinSum {
  static constexpr bool uses_param = true;
  template <class X>
  static SINTER_FORMULA X map(X x, X p) {
    using namespace scalar;
    return exp(x - p);
  }
};
