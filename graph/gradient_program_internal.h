// A module's forward and backward pass as two programs.
#pragma once
#include <sinter/graph/program_internal.h>
#include <sinter/graph/specialisations_internal.h>

#include <memory>
#include <vector>

namespace sinter::graph {

class StepRecorder;
struct JointGraph;

// Runs forward as one call in autograd's eyes, whose node runs backward.
class GradientProgram : public std::enable_shared_from_this<GradientProgram> {
 public:
  // Captures both passes of a call with such inputs.
  GradientProgram(const detail::Program& source, const std::vector<Tensor>& inputs,
                  const std::shared_ptr<Arena>& arena);

  std::vector<Tensor> run(const std::vector<Tensor>& inputs);
  const Program& forward() const { return *forward_; }
  // Null where no result depends on what requires a gradient.
  const Program* backward() const { return backward_.get(); }
  // Of the modules that were called.
  const std::vector<ModuleMode>& modes() const { return modes_; }

 private:
  class Call;
  void record(StepRecorder& recorder, const detail::Program& source,
              const std::vector<Tensor>& inputs, JointGraph& joint);
  void build(JointGraph joint, const std::shared_ptr<Arena>& arena);
  std::vector<Tensor> run_backward(std::vector<Tensor> in, const std::vector<Tensor>& gradients,
                                   Draws draws);

  std::unique_ptr<Program> forward_;
  std::unique_ptr<Program> backward_;
  std::vector<ModuleMode> modes_;
  std::size_t num_results_ = 0;
  std::vector<bool> differentiable_;    // the results
  std::vector<TensorMeta> layouts_;     // of those, in which their gradients are expected
  std::vector<std::size_t> arguments_;  // that require a gradient
  std::vector<Tensor> parameters_;      // the same
  std::vector<bool> has_gradient_;      // arguments_, then parameters_
};

}  // namespace sinter::graph
