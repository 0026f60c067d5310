// The derivative of a formula as a formula of its own: Backward<F> of (gradient, saved value). No
// include guard; see arithmetic-inl.h.

// The derivative is computed from the result rather than from the argument.
template <class F>
concept FromOutput = requires(float x) {
  F::template df_from_output<float>(x, x);
}
|| requires(float x, const typename F::Attrs& p) { F::template df_from_output<float>(x, x, p); };

template <class F>
struct Backward : Binary {
  static constexpr const char* name = F::backward_name;
  static constexpr PointwiseTraits traits{.dtypes = F::traits.dtypes & kFloats,
                                          .no_onnx = "a training op"};
  template <class T>
  SINTER_FORMULA static T f(T g, T saved) {
    if constexpr (FromOutput<F>) {
      return F::template df_from_output<T>(saved, g);
    } else {
      return F::template df<T>(saved, g);
    }
  }
};

template <class F>
requires requires { typename F::Attrs; }
struct Backward<F> : Binary {
  static constexpr const char* name = F::backward_name;
  static constexpr PointwiseTraits traits{.dtypes = F::traits.dtypes & kFloats,
                                          .no_onnx = "a training op"};
  using Attrs = typename F::Attrs;
  template <class T>
  SINTER_FORMULA static T f(T g, T saved, const Attrs& p) {
    if constexpr (FromOutput<F>) {
      return F::template df_from_output<T>(saved, g, p);
    } else {
      return F::template df<T>(saved, g, p);
    }
  }
};

// The list of Backward<F> for the formulas of a list.
template <class L>
struct BackwardOf;
template <class... F>
struct BackwardOf<FormulaList<F...>> {
  using List = FormulaList<Backward<F>...>;
};
template <class L>
using BackwardList = typename BackwardOf<L>::List;
