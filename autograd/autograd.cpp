#include <sinter/autograd/autograd.h>
#include <sinter/autograd/engine_internal.h>
#include <sinter/autograd/grad_mode.h>
#include <sinter/autograd/variable_meta_internal.h>
#include <sinter/core/tensor_factory.h>
#include <sinter/ops/dispatch.h>

namespace sinter::autograd {

namespace {

Tensor first_gradient(const char* op, const Tensor& output) {
  SINTER_CHECK(output.numel() == 1, "[", op,
               "] gradient can be left out only for one-element tensors; got ", output.sizes());
  const ops::DispatchState& state = ops::dispatch_state();
  const bool seen = state.above != nullptr || state.below != nullptr;
  if (seen || !output.is_cpu() || output.impl()->fake()) return output.new_ones(output.sizes());
  Tensor one = empty_tensor(op, output.sizes(), output.dtype());
  visit_dtype(output.dtype(),
              [&]<class T>() { *reinterpret_cast<T*>(one.impl()->data()) = static_cast<T>(1.0F); });
  return one;
}

void check_gradient(const char* op, const Tensor& grad, const Tensor& output, std::size_t i) {
  SINTER_CHECK(grad.sizes() == output.sizes(), "[", op, "] gradient ", i,
               " must have the shape of its tensor; got ", grad.sizes(), " for ", output.sizes());
  SINTER_CHECK(grad.is_floating_point(), "[", op, "] gradient ", i, " must be floating point; got ",
               grad.dtype());
}

// Where a pass starts: an edge and a gradient.
struct Root {
  Edge edge;
  Tensor grad;
};

Root root_of(const char* op, const Tensor& output, const Tensor& grad, std::size_t i) {
  SINTER_CHECK(output.defined(), "[", op, "] tensor ", i,
               " must be defined; got an undefined tensor");
  SINTER_CHECK(output.requires_grad(), "[", op, "] tensor ", i,
               " does not require grad and has no grad_fn; got ", output.dtype(), " ",
               output.sizes());
  Root root{gradient_edge(output), grad};
  if (!grad.defined()) {
    root.grad = first_gradient(op, output);
  } else {
    check_gradient(op, grad, output, i);
    if (grad.dtype() != output.dtype()) root.grad = grad.to(output.dtype());
  }
  return root;
}

// The lists of a pass with several roots or with inputs.
struct Lists {
  std::vector<Edge> roots;
  std::vector<Tensor> grads;
  std::vector<Edge> inputs;

  Lists(const char* op, const variable_list& outputs, const variable_list& output_grads,
        const variable_list& wanted) {
    SINTER_CHECK(output_grads.empty() || output_grads.size() == outputs.size(), "[", op,
                 "] there must be one gradient per tensor; got ", output_grads.size(), " for ",
                 outputs.size());
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      Root root = root_of(op, outputs[i], i < output_grads.size() ? output_grads[i] : Tensor(), i);
      roots.push_back(std::move(root.edge));
      grads.push_back(std::move(root.grad));
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      SINTER_CHECK(wanted[i].defined() && wanted[i].requires_grad(), "[", op, "] input ", i,
                   " does not require grad; got ",
                   wanted[i].defined() ? wanted[i].toString() : "an undefined tensor");
      inputs.push_back(gradient_edge(wanted[i]));
    }
  }
};

// Leaves have their gradients; other inputs keep theirs only when they were asked to before.
void keep_captured(const variable_list& inputs, const BackwardPass& pass) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!pass.captured[i].defined() || inputs[i].is_leaf() || inputs[i].retains_grad()) continue;
    Tensor& grad = inputs[i].mutable_grad();
    grad = grad.defined() ? grad.add(pass.captured[i]) : pass.captured[i].clone();
  }
}

}  // namespace

void backward(const variable_list& tensors, const variable_list& grad_tensors,
              std::optional<bool> retain_graph, bool create_graph, const variable_list& inputs) {
  Lists lists("backward", tensors, grad_tensors, inputs);
  BackwardPass pass{.roots = lists.roots,
                    .root_grads = lists.grads,
                    .inputs = lists.inputs,
                    .accumulate = true,
                    .keep_graph = retain_graph.value_or(create_graph),
                    .create_graph = create_graph};
  run_backward(pass);
  const AutoGradMode mode(create_graph);
  keep_captured(inputs, pass);
}

variable_list grad(const variable_list& outputs, const variable_list& inputs,
                   const variable_list& grad_outputs, std::optional<bool> retain_graph,
                   bool create_graph, bool allow_unused) {
  SINTER_CHECK(!inputs.empty(), "[grad] there must be at least one input; got none");
  Lists lists("grad", outputs, grad_outputs, inputs);
  BackwardPass pass{.roots = lists.roots,
                    .root_grads = lists.grads,
                    .inputs = lists.inputs,
                    .keep_graph = retain_graph.value_or(create_graph),
                    .create_graph = create_graph};
  run_backward(pass);
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    SINTER_CHECK(allow_unused || pass.captured[i].defined(), "[grad] input ", i,
                 " was not used in the graph of the outputs; pass allow_unused=true to get an "
                 "undefined gradient for it; got ",
                 inputs[i].dtype(), " ", inputs[i].sizes());
  }
  return std::move(pass.captured);
}

}  // namespace sinter::autograd

namespace sinter {

void Tensor::backward(const Tensor& gradient, std::optional<bool> retain_graph, bool create_graph,
                      std::optional<std::vector<Tensor>> inputs) const {
  checked();
  if (inputs && !inputs->empty()) {
    return autograd::backward({*this}, {gradient}, retain_graph, create_graph, *inputs);
  }
  autograd::Root root = autograd::root_of("backward", *this, gradient, 0);
  autograd::BackwardPass pass{.roots = {&root.edge, 1},
                              .root_grads = {&root.grad, 1},
                              .accumulate = true,
                              .keep_graph = retain_graph.value_or(create_graph),
                              .create_graph = create_graph};
  autograd::run_backward(pass);
}

}  // namespace sinter
