// Lists of formulas, and what can be read off a formula's signature.
#pragma once
#include <cstddef>
#include <type_traits>
#include <utility>

namespace sinter::ops {

// The formulas of one file, in the order of their rows.
template <class... F>
struct FormulaList {
  static constexpr std::size_t size = sizeof...(F);
};

// The position of F in a list.
template <class F, class... L>
constexpr std::size_t index_in(FormulaList<L...>) {
  std::size_t i = 0;
  const bool found = ((std::is_same_v<F, L> || (++i, false)) || ...);
  return found ? i : sizeof...(L);
}

// How many tensors a formula takes: what it derives from.
struct Unary {
  static constexpr int arity = 1;
};
struct Binary {
  static constexpr int arity = 2;
};
struct Ternary {
  static constexpr int arity = 3;
};
template <class F>
inline constexpr std::size_t formula_arity = F::arity;

}  // namespace sinter::ops
