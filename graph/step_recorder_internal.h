// Records what a call does below autograd: forward, backward, updates of state.
#pragma once
#include <sinter/autograd/anomaly.h>
#include <sinter/graph/recorder_internal.h>
#include <sinter/graph/specialisations_internal.h>

#include <memory>
#include <unordered_set>
#include <vector>

namespace sinter::graph {

// The calls of backward and of optimizers are seen like those of forward. Every real tensor that is
// used is state, read anew in each run.
class StepRecorder : public Recorder {
 public:
  // who is named in errors: "compile_step".
  StepRecorder(Graph& graph, const char* who) : Recorder(graph), who_(who) {}

  // Fake tensors for all arguments of the call.
  std::vector<Tensor> add_arguments(const std::vector<Tensor>& inputs);
  // To be called when all has been recorded: state that nobody else holds was made in it from C++
  // values, and would stay what it was.
  void check_state() const;

  std::vector<Tensor> state;
  std::vector<ModuleMode> modes;  // of the modules that were called

  void before(nn::Module& module, const std::vector<Tensor*>& inputs) override;

 private:
  Value unknown(const Tensor& tensor) override;

  const char* who_;
  std::unordered_set<const nn::Module*> seen_;
  std::vector<std::unique_ptr<autograd::ForwardTrace>> traces_;
};

}  // namespace sinter::graph
