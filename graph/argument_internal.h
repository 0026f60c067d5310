// Arguments of nodes as tensors.
#pragma once
#include <sinter/core/tensor_factory.h>
#include <sinter/graph/node.h>

#include <vector>

namespace sinter::graph {

// An argument of an op: undefined where it is not given, a wrapped number for a number, and
// of_value(value) for a value. Throws TypeError for a list.
template <class F>
Tensor tensor_of(const Arg& arg, F&& of_value) {
  if (arg.is_none()) return {};
  if (arg.is_number()) return wrapped_number(arg.number());
  return of_value(arg.value());
}

// The same for all arguments of a node, with fake tensors for values.
std::vector<Tensor> fake_arguments(const Node& node);

}  // namespace sinter::graph
