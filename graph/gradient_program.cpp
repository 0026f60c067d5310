#include <sinter/autograd/autograd.h>
#include <sinter/autograd/custom_function.h>
#include <sinter/core/error.h>
#include <sinter/graph/gradient_program_internal.h>
#include <sinter/graph/passes/pass.h>
#include <sinter/graph/split_backward_internal.h>
#include <sinter/graph/step_recorder_internal.h>
#include <sinter/graph/trace_internal.h>
#include <sinter/ops/creation.h>

namespace sinter::graph {

namespace {

std::unique_ptr<Program> program_from(std::shared_ptr<Graph> graph,
                                      const std::shared_ptr<Arena>& arena) {
  graph->lint();
  run_passes(*graph, default_passes());
  return std::make_unique<Program>(std::move(graph), arena);
}

// That of the result, where it has memory for each element.
TensorMeta gradient_layout(TensorMeta meta) {
  if (!meta.non_overlapping_and_dense()) meta.set_contiguous(Dims(meta.sizes));
  meta.offset = 0;
  return meta;
}

// The tensor with these strides.
Tensor laid_out(const Tensor& tensor, const TensorMeta& layout) {
  if (tensor.impl()->meta.strides == layout.strides) return tensor;
  return empty_strided(layout.sizes, layout.strides, tensor.options()).copy_(tensor);
}

}  // namespace

// --- Capture.

GradientProgram::GradientProgram(const detail::Program& source, const std::vector<Tensor>& inputs,
                                 const std::shared_ptr<Arena>& arena) {
  JointGraph joint;
  StepRecorder recorder(*joint.graph, "compile");
  record(recorder, source, inputs, joint);
  recorder.check_state();
  modes_ = std::move(recorder.modes);
  build(std::move(joint), arena);
}

void GradientProgram::record(StepRecorder& recorder, const detail::Program& source,
                             const std::vector<Tensor>& inputs, JointGraph& joint) {
  const KeepRandomState keep;
  const std::vector<Tensor> fakes = recorder.add_arguments(inputs);
  joint.num_arguments = inputs.size();
  const Recorder::Session session(recorder, ops::InterceptorGuard::Where::below_autograd);
  std::vector<Tensor> outputs;
  std::vector<Tensor> gradients;
  for (const Tensor& result : source.run(fakes)) {
    SINTER_CHECK_AS(ValueError, result.defined(),
                    "[compile] the results must be defined; got an undefined tensor");
    joint.results.push_back(recorder.value_of(result));
    differentiable_.push_back(result.requires_grad());
    if (!result.requires_grad()) continue;
    layouts_.push_back(gradient_layout(result.impl()->meta));
    gradients.push_back(recorder.add_input("gradient", layouts_.back()));
    outputs.push_back(result);
  }
  joint.num_forward_calls = num_calls(*joint.graph);
  if (outputs.empty()) return;
  std::vector<Tensor> sources;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].requires_grad()) continue;
    sources.push_back(fakes[i]);
    arguments_.push_back(i);
  }
  for (const Tensor& tensor : recorder.state) {
    if (tensor.requires_grad()) parameters_.push_back(tensor);
  }
  sources.insert(sources.end(), parameters_.begin(), parameters_.end());
  for (const Tensor& gradient :
       autograd::grad(outputs, sources, gradients, false, false, /*allow_unused=*/true)) {
    has_gradient_.push_back(gradient.defined());
    if (gradient.defined()) joint.gradients.push_back(recorder.value_of(gradient));
  }
}

void GradientProgram::build(JointGraph joint, const std::shared_ptr<Arena>& arena) {
  num_results_ = joint.results.size();
  const SplitBackward split(std::move(joint));
  forward_ = program_from(split.forward(), arena);
  if (has_gradient_.empty()) return;
  std::vector<TensorMeta> saved = forward_->results();
  saved.erase(saved.begin(), saved.begin() + static_cast<std::ptrdiff_t>(num_results_));
  backward_ = program_from(split.backward(saved), arena);
}

// --- Running.

class GradientProgram::Call : public autograd::FunctionNode {
 public:
  Call(std::shared_ptr<GradientProgram> programs, Draws draws)
      : FunctionNode("CompiledBackward"),
        programs_(std::move(programs)),
        draws_(std::move(draws)) {}

 private:
  std::vector<Tensor> run_backward(const std::vector<Tensor>& grads) override {
    SINTER_CHECK_AS(NotImplementedError, !GradMode::is_enabled(),
                    "[compile] a compiled module has no gradients of gradients; got a backward ",
                    "pass with create_graph; call the module that was compiled instead");
    return programs_->run_backward(context.get_saved_variables(), grads, draws_);
  }

  std::shared_ptr<GradientProgram> programs_;
  Draws draws_;  // of forward
};

std::vector<Tensor> GradientProgram::run(const std::vector<Tensor>& inputs) {
  Draws draws;
  std::vector<Tensor> outputs = forward_->run(inputs, draws);
  if (!backward_) return outputs;
  const auto call = IntrusivePtr<Call>::adopt(new Call(shared_from_this(), std::move(draws)));
  for (const std::size_t i : arguments_) call->add_argument(inputs[i]);
  for (const Tensor& parameter : parameters_) call->add_argument(parameter);
  const auto first_saved = outputs.begin() + static_cast<std::ptrdiff_t>(num_results_);
  call->context.save_for_backward({first_saved, outputs.end()});
  outputs.resize(num_results_);
  std::vector<Tensor> constant;
  for (std::size_t i = 0; i < num_results_; ++i) {
    if (!differentiable_[i]) constant.push_back(outputs[i]);
  }
  call->context.mark_non_differentiable(constant);
  call->finish(outputs);
  return outputs;
}

std::vector<Tensor> GradientProgram::run_backward(std::vector<Tensor> in,
                                                  const std::vector<Tensor>& gradients,
                                                  Draws draws) {
  std::size_t next = 0;
  for (std::size_t i = 0; i < num_results_; ++i) {
    if (differentiable_[i]) in.push_back(laid_out(gradients[i], layouts_[next++]));
  }
  const std::vector<Tensor> made = backward_->run(in, draws);
  std::vector<Tensor> out(has_gradient_.size());
  next = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    if (has_gradient_[i]) out[i] = made[next++];
  }
  return out;
}

}  // namespace sinter::graph
