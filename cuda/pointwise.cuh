// The kernel of every formula, and the tables of launchers.
#pragma once
#include <sinter/cuda/each.cuh>
#include <sinter/cuda/elements.cuh>
#include <sinter/cuda/pointwise.h>
#include <sinter/ops/formula_list.h>
#include <sinter/ops/formulas_internal.h>

#include <utility>

namespace sinter::cuda {

struct NoFormulaAttrs {};
template <class F>
struct AttrsOf {
  using Type = NoFormulaAttrs;
};
template <class F>
requires requires { typename F::Attrs; }
struct AttrsOf<F> {
  using Type = typename F::Attrs;
};

template <class F, class T, std::size_t... I>
__device__ auto apply(const T* x, const typename AttrsOf<F>::Type& attrs,
                      std::index_sequence<I...>) {
  if constexpr (requires { typename F::Attrs; }) {
    return F::template f<T>(x[I]..., attrs);
  } else {
    return F::template f<T>(x[I]...);
  }
}

// Element `at` of input t, or the number given in its place.
template <class T>
__device__ FormulaType<T> load_input(const PointwiseLaunch& p, std::size_t t, std::int64_t at) {
  using Number = FormulaType<T>;
  if (p.in[t] == nullptr) return *reinterpret_cast<const Number*>(p.number[t]);
  return to_formula(static_cast<const T*>(p.in[t])[at]);
}

template <class F, class T>
__global__ void pointwise_kernel(const PointwiseLaunch p, const typename AttrsOf<F>::Type attrs) {
  constexpr std::size_t kArity = ops::formula_arity<F>;
  using Number = FormulaType<T>;
  for (std::int64_t i = first_element(); i < p.loop.numel; i += element_step()) {
    std::int64_t at[kArity + 1];
    p.loop.offsets(i, at);
    Number x[kArity];
    for (std::size_t t = 0; t < kArity; ++t) x[t] = load_input<T>(p, t, at[t + 1]);
    const auto y = apply<F>(x, attrs, std::make_index_sequence<kArity>());
    if constexpr (F::traits.bool_result) {
      static_cast<bool*>(p.out)[at[0]] = y;
    } else {
      static_cast<T*>(p.out)[at[0]] = from_formula<T>(y);
    }
  }
}

// select(condition, a, b): the first input is a bool.
template <class F, class T>
__global__ void condition_kernel(const PointwiseLaunch p) {
  using Number = FormulaType<T>;
  for (std::int64_t i = first_element(); i < p.loop.numel; i += element_step()) {
    std::int64_t at[4];
    p.loop.offsets(i, at);
    const bool condition = load_input<bool>(p, 0, at[1]).v != 0;
    const Number a = load_input<T>(p, 1, at[2]);
    const Number b = load_input<T>(p, 2, at[3]);
    static_cast<T*>(p.out)[at[0]] = from_formula<T>(F::template f<bool, Number>(condition, a, b));
  }
}

template <class F, class T>
void launch_pointwise(const PointwiseLaunch& p, const void* attrs, cudaStream_t stream) {
  const unsigned blocks = blocks_for(p.loop.numel);
  if constexpr (F::traits.condition_first) {
    condition_kernel<F, T><<<blocks, kBlock, 0, stream>>>(p);
  } else if constexpr (requires { typename F::Attrs; }) {
    pointwise_kernel<F, T>
        <<<blocks, kBlock, 0, stream>>>(p, *static_cast<const typename F::Attrs*>(attrs));
  } else {
    pointwise_kernel<F, T><<<blocks, kBlock, 0, stream>>>(p, NoFormulaAttrs{});
  }
  check_launch();
}

template <class F, class T>
void set_launcher(PointwiseRow& row) {
  if constexpr ((F::traits.dtypes & ops::dtype_bit(dtype_of<T>)) != 0) {
    row.fn[static_cast<std::size_t>(dtype_of<T>)] = launch_pointwise<F, T>;
  }
}

template <class F>
PointwiseRow make_row() {
  PointwiseRow row;
  set_launcher<F, std::uint8_t>(row);
  set_launcher<F, std::int8_t>(row);
  set_launcher<F, std::int16_t>(row);
  set_launcher<F, std::int32_t>(row);
  set_launcher<F, std::int64_t>(row);
  set_launcher<F, Half>(row);
  set_launcher<F, BFloat16>(row);
  set_launcher<F, float>(row);
  set_launcher<F, double>(row);
  set_launcher<F, bool>(row);
  return row;
}

template <class... F>
const PointwiseRow* make_table(ops::FormulaList<F...>) {
  static const std::array<PointwiseRow, sizeof...(F)> table{make_row<F>()...};
  return table.data();
}

}  // namespace sinter::cuda
