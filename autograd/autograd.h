// Gradients of tensors with respect to others.
#pragma once
#include <sinter/autograd/node.h>

#include <optional>

namespace sinter::autograd {

// Adds to the grad() of every leaf that tensors were computed from (or only of inputs, when there
// are any) the sum over i of the gradient of tensors[i], times grad_tensors[i]. A grad_tensor has
// the shape of its tensor; undefined or left out it is 1, which needs a one-element tensor.
// retain_graph keeps the tensors saved in the graph for another pass (default: create_graph).
// create_graph records the pass itself, for gradients of gradients.
// As torch::autograd::backward. Throws Error `[backward] ...` for a tensor that does not require
// grad, a gradient of the wrong shape, a graph that was freed by an earlier pass, or an input that
// does not require grad.
void backward(const variable_list& tensors, const variable_list& grad_tensors = {},
              std::optional<bool> retain_graph = std::nullopt, bool create_graph = false,
              const variable_list& inputs = {});

// The same gradients with respect to inputs, returned instead of added: one per input. An input
// that outputs do not depend on gives an undefined tensor with allow_unused, and throws Error
// `[grad] ...` without. As torch::autograd::grad.
variable_list grad(const variable_list& outputs, const variable_list& inputs,
                   const variable_list& grad_outputs = {},
                   std::optional<bool> retain_graph = std::nullopt, bool create_graph = false,
                   bool allow_unused = false);

}  // namespace sinter::autograd
