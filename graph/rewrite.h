// replace_pattern: finds where a graph does what one function does, and has it do what another
// does.
#pragma once
#include <sinter/graph/trace.h>

#include <cstddef>
#include <type_traits>
#include <vector>

namespace sinter::graph {

namespace detail {

// A function of tensors with its type gone.
struct Rewriting {
  std::size_t arity = 0;
  Callable<std::vector<Tensor>(const std::vector<Tensor>&)> run;
};
std::size_t replace_pattern(GraphModuleImpl& module, const Rewriting& pattern,
                            const Rewriting& replacement, const std::vector<Tensor>& examples);

template <class F>
Rewriting make_rewriting(F function) {
  using Traits = nn::detail::ForwardTraits<decltype(&F::operator())>;
  Rewriting out;
  out.arity = Traits::arity;
  out.run = [function](const std::vector<Tensor>& values) {
    return flatten_result(
        apply_inputs(function, values, std::make_index_sequence<Traits::arity>()));
  };
  return out;
}

}  // namespace detail

// Replaces every place where the graph computes pattern by replacement, and returns their number.
// Both are lambdas of the same tensors that return as many, written with eager functions:
//
//   replace_pattern(*module, [](const Tensor& x) { return relu(x).neg(); },
//                   [](const Tensor& x) { return clamp_max(-x, 0); });
//
// The pattern is a chain of op calls: it matches calls of the same ops with the same attributes,
// numbers and connections, in place where the pattern is in place, whatever the sizes and dtypes of
// the tensors. (Its shape is found by capturing it with tensors of several dimensions, or with the
// examples where they are given; before a match counts, the pattern is captured again with the
// matched tensors, and must be the same in every attribute. The order of operands counts: x + y is
// not y + x.) Modules that the graph calls are not looked into; capture with no_leaves, or lower().
//
// A place is left alone where that could change what the program computes: a value inside the match
// is used outside; something between its nodes writes memory that it reads, or uses memory that it
// writes; a result shares memory with an argument before or after, not both, and is written later;
// pattern and replacement do not write the same arguments. Nodes of the replacement get their
// metadata from the matched tensors, and what follows is described anew. Each replacement is one
// rewrite for SINTER_REWRITE_LIMIT. Matches do not overlap, and replacements are not searched.
//
// Throws ValueError when the functions differ in their number of arguments or results, or the
// pattern is empty or uses anything but its arguments; and what trace() throws.
template <class P, class R>
std::size_t replace_pattern(GraphModuleImpl& module, P pattern, R replacement,
                            const std::vector<Tensor>& examples = {}) {
  return detail::replace_pattern(module, detail::make_rewriting(std::move(pattern)),
                                 detail::make_rewriting(std::move(replacement)), examples);
}

}  // namespace sinter::graph
