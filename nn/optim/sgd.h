// Stochastic gradient descent.
#pragma once
#include <sinter/nn/optim/optimizer.h>

namespace sinter::optim {

struct SGDOptions : public OptimizerCloneableOptions<SGDOptions> {
  SGDOptions(double lr) : lr_(lr) {}  // NOLINT: SGD(parameters, 0.1)
  SINTER_ARG(double, lr);
  SINTER_ARG(double, momentum) = 0;
  SINTER_ARG(double, dampening) = 0;
  SINTER_ARG(double, weight_decay) = 0;
  SINTER_ARG(bool, nesterov) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(double lr) override { lr_ = lr; }
  void serialize(serialize::OutputArchive& archive) const override;
  void serialize(serialize::InputArchive& archive) override;
};

struct SGDParamState : public OptimizerCloneableParamState<SGDParamState> {
  SINTER_ARG(Tensor, momentum_buffer);

 public:
  void serialize(serialize::OutputArchive& archive) const override;
  void serialize(serialize::InputArchive& archive) override;
};

// Gradient descent with momentum, as torch.optim.SGD; sgd_update_ in ops/optimizer.h has the
// formula. Throws ValueError `[optimizer] ...` for a negative learning rate, momentum or weight
// decay, and for nesterov without momentum or with dampening.
class SGD : public Optimizer {
 public:
  SGD(const std::vector<OptimizerParamGroup>& groups, SGDOptions defaults);
  SGD(std::vector<Tensor> parameters, SGDOptions defaults);
  Tensor step(LossClosure closure = nullptr) override;

 private:
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace sinter::optim
