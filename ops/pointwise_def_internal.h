// OpDefs of pointwise ops, made from their formulas.
#pragma once
#include <sinter/ops/cpu/tile_tables.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/formulas_internal.h>
#include <sinter/ops/reduce.h>
#include <sinter/ops/registry.h>

#include <array>
#include <utility>
#include <vector>

namespace sinter::ops {

// Where the loops of a formula are: the table of its file.
template <class F>
struct RowsOf;
template <class F, class List>
inline constexpr bool is_in = index_in<F>(List{}) < List::size;
#define SINTER_ROWS_OF(list, table)                           \
  template <class F>                                          \
  requires is_in<F, list>                                     \
  struct RowsOf<F> {                                          \
    static constexpr auto rows = table;                       \
    static constexpr std::size_t index = index_in<F>(list{}); \
  }
SINTER_ROWS_OF(formula::ArithmeticFormulas, arithmetic_rows);
SINTER_ROWS_OF(formula::PowerFormulas, power_rows);
SINTER_ROWS_OF(formula::ComparisonFormulas, comparison_rows);
SINTER_ROWS_OF(formula::ElementaryFormulas, elementary_rows);
SINTER_ROWS_OF(formula::ActivationFormulas, activation_rows);
SINTER_ROWS_OF(formula::BackwardList<formula::ArithmeticDerivatives>, arithmetic_backward_rows);
SINTER_ROWS_OF(formula::BackwardList<formula::ElementaryFormulas>, elementary_backward_rows);
SINTER_ROWS_OF(formula::BackwardList<formula::ActivationFormulas>, activation_backward_rows);
#undef SINTER_ROWS_OF

template <class F>
constexpr const AttrsType* attrs_type_of() {
  if constexpr (requires { typename F::Attrs; }) {
    return &attrs_type<typename F::Attrs>;
  } else {
    return &attrs_type<NoAttrs>;
  }
}

template <class F>
inline constexpr PointwiseOp kPointwise{F::traits, RowsOf<F>::rows, RowsOf<F>::index,
                                        dtypes_as_is(F::traits)};

template <class F>
constexpr OpDef pointwise_def(SavesFn saves, Vjp vjp) {
  return {.name = F::name,
          .arity = F::arity,
          .attrs = attrs_type_of<F>(),
          .infer = infer_pointwise,
          .kernel = {cpu::run_pointwise},
          .in_place = true,
          .any_layout = true,
          .saves = saves,
          .vjp = vjp,
          .no_vjp = F::traits.no_vjp,
          .onnx = F::traits.onnx,
          .no_onnx = F::traits.no_onnx,
          .pointwise = &kPointwise<F>};
}

// F::f on any scalar type, with attributes given as in a call.
template <class F, class T, std::size_t... I>
T run_formula(const T* x, const void* attrs, std::index_sequence<I...>) {
  if constexpr (requires { typename F::Attrs; }) {
    return F::template f<T>(x[I]..., *static_cast<const typename F::Attrs*>(attrs));
  } else {
    return F::template f<T>(x[I]...);
  }
}

// A vjp for any formula: its derivative for each input, by dual numbers over composed ops. It can
// be differentiated again without end.
template <class F>
void vjp_by_dual(const VjpContext& c) {
  constexpr std::size_t n = F::arity;
  for (std::size_t i = 0; i < n; ++i) {
    if (!c.needs(i)) continue;
    std::vector<Dual<Expr>> x;
    for (std::size_t k = 0; k < n; ++k) x.emplace_back(Expr(c.in(k)), Expr(k == i ? 1.0 : 0.0));
    const Dual<Expr> y = run_formula<F>(x.data(), c.attributes, std::make_index_sequence<n>());
    // No gradient at all is a gradient of zero.
    if (!y.d.is(0)) c.set(i, sum_to_size((Expr(c.grad()) * y.d).tensor(), c.sizes(i)));
  }
}

// The OpDef of Backward<F> and of a unary formula F that has a derivative.
template <class F>
inline constexpr OpDef kBackwardDef =
    pointwise_def<formula::Backward<F>>(save_inputs<0, 1>, vjp_by_dual<formula::Backward<F>>);

template <class F>
void vjp_unary(const VjpContext& c) {
  const Tensor& saved = formula::FromOutput<F> ? c.out() : c.in(0);
  if constexpr (requires { typename F::Attrs; }) {
    c.set(0, call(kBackwardDef<F>, c.attrs<typename F::Attrs>(), c.grad(), saved));
  } else {
    c.set(0, call(kBackwardDef<F>, c.grad(), saved));
  }
}

template <class F>
inline constexpr OpDef kUnaryDef = pointwise_def<F>(
    formula::FromOutput<F> ? SavesFn(save_output) : SavesFn(save_inputs<0>), vjp_unary<F>);

// A formula whose derivative is zero wherever it exists (floor, sign): the gradient is zeros.
void vjp_zero(const VjpContext& c);
template <class F>
inline constexpr OpDef kStepDef = pointwise_def<F>(save_nothing, vjp_zero);

// A formula that yields bools or integers' bits: no gradient at all (traits.no_vjp says why).
template <class F>
inline constexpr OpDef kPredicateDef = pointwise_def<F>(save_nothing, nullptr);

// The ops of each pointwise_*.cpp, which pointwise_ops() joins.
OpTable arithmetic_ops();
OpTable power_ops();
OpTable bounds_ops();
OpTable comparison_ops();
OpTable elementary_ops();
OpTable activation_ops();

// x in the dtype that an op between it and a C++ number computes in.
Tensor promoted_to(const Tensor& x, const Scalar& number);
// Throws TypeError when the result of an op between x and a C++ number could not be stored in x.
void check_keeps_category(const char* op, const Tensor& x, const Scalar& number);

}  // namespace sinter::ops
