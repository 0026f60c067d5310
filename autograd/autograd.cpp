#include <sinter/autograd/autograd.h>
#include <sinter/autograd/engine_internal.h>
#include <sinter/autograd/grad_mode.h>
#include <sinter/autograd/variable_meta_internal.h>

namespace sinter::autograd {

namespace {

Tensor first_gradient(const char* op, const Tensor& output) {
  SINTER_CHECK(output.numel() == 1, "[", op,
               "] gradient can be left out only for one-element tensors; got ", output.sizes());
  return output.new_ones(output.sizes());
}

void check_gradient(const char* op, const Tensor& grad, const Tensor& output, std::size_t i) {
  SINTER_CHECK(grad.sizes() == output.sizes(), "[", op, "] gradient ", i,
               " must have the shape of its tensor; got ", grad.sizes(), " for ", output.sizes());
  SINTER_CHECK(grad.is_floating_point(), "[", op, "] gradient ", i, " must be floating point; got ",
               grad.dtype());
}

void add_roots(const char* op, const variable_list& outputs, const variable_list& grads,
               BackwardPass& pass) {
  SINTER_CHECK(grads.empty() || grads.size() == outputs.size(), "[", op,
               "] there must be one gradient per tensor; got ", grads.size(), " for ",
               outputs.size());
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    const Tensor& output = outputs[i];
    SINTER_CHECK(output.defined(), "[", op, "] tensor ", i,
                 " must be defined; got an undefined tensor");
    SINTER_CHECK(output.requires_grad(), "[", op, "] tensor ", i,
                 " does not require grad and has no grad_fn; got ", output.dtype(), " ",
                 output.sizes());
    Tensor grad = i < grads.size() ? grads[i] : Tensor();
    if (grad.defined()) {
      check_gradient(op, grad, output, i);
      if (grad.dtype() != output.dtype()) grad = grad.to(output.dtype());
    } else {
      grad = first_gradient(op, output);
    }
    pass.roots.push_back(gradient_edge(output));
    pass.root_grads.push_back(std::move(grad));
  }
}

void add_inputs(const char* op, const variable_list& inputs, BackwardPass& pass) {
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    SINTER_CHECK(inputs[i].defined() && inputs[i].requires_grad(), "[", op, "] input ", i,
                 " does not require grad; got ",
                 inputs[i].defined() ? inputs[i].toString() : "an undefined tensor");
    pass.inputs.push_back(gradient_edge(inputs[i]));
  }
}

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
  BackwardPass pass;
  add_roots("backward", tensors, grad_tensors, pass);
  add_inputs("backward", inputs, pass);
  pass.accumulate = true;
  pass.keep_graph = retain_graph.value_or(create_graph);
  pass.create_graph = create_graph;
  run_backward(pass);
  const AutoGradMode mode(create_graph);
  keep_captured(inputs, pass);
}

variable_list grad(const variable_list& outputs, const variable_list& inputs,
                   const variable_list& grad_outputs, std::optional<bool> retain_graph,
                   bool create_graph, bool allow_unused) {
  SINTER_CHECK(!inputs.empty(), "[grad] there must be at least one input; got none");
  BackwardPass pass;
  add_roots("grad", outputs, grad_outputs, pass);
  add_inputs("grad", inputs, pass);
  pass.keep_graph = retain_graph.value_or(create_graph);
  pass.create_graph = create_graph;
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
