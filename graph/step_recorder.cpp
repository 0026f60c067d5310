#include <sinter/core/error.h>
#include <sinter/graph/location_internal.h>
#include <sinter/graph/step_recorder_internal.h>

namespace sinter::graph {

std::vector<Tensor> StepRecorder::add_arguments(const std::vector<Tensor>& inputs) {
  std::vector<Tensor> fakes;
  for (const Tensor& input : inputs) {
    TensorMeta meta = input.impl()->meta;
    meta.offset = 0;
    fakes.push_back(add_input(str("input", fakes.size()), meta));
    if (input.requires_grad()) fakes.back().set_requires_grad(true);
  }
  return fakes;
}

void StepRecorder::check_state() const {
  std::unordered_set<const TensorImpl*> declared;
  for (const auto& [path, tensor] : constants()) declared.insert(tensor.impl());
  for (std::size_t i = 0; i < state.size(); ++i) {
    const std::size_t own = kept_copies(state[i].impl()) + 2;  // here and in the graph
    if (declared.contains(state[i].impl()) || state[i].use_count() > own) continue;
    fail("[", who_, "] a tensor was made inside the call from C++ values, and would be the same ",
         "in every run, at ", user_line(*traces_[i]), "; pass it as an argument, keep it outside, ",
         "or say graph::captured_constant(); got ", state[i].dtype(), " ", state[i].sizes());
  }
}

void StepRecorder::before(nn::Module& module, const std::vector<Tensor*>& inputs) {
  if (seen_.insert(&module).second) modes.emplace_back(module);
  Recorder::before(module, inputs);
}

Value StepRecorder::unknown(const Tensor& tensor) {
  const std::string path = str("state", state.size());
  state.push_back(tensor);
  traces_.push_back(autograd::capture_forward_trace());
  graph().keep_tensor(path, tensor);
  return add_attr(tensor, path);
}

}  // namespace sinter::graph
