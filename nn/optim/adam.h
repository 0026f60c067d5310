// Adam and AdamW.
#pragma once
#include <sinter/nn/optim/optimizer.h>

#include <tuple>

namespace sinter::optim {

struct AdamOptions : public OptimizerCloneableOptions<AdamOptions> {
  using betas_t = std::tuple<double, double>;
  AdamOptions(double lr = 1e-3) : lr_(lr) {}  // NOLINT: Adam(parameters, 1e-3)
  SINTER_ARG(double, lr);
  SINTER_ARG(betas_t, betas) = {0.9, 0.999};
  SINTER_ARG(double, eps) = 1e-8;
  SINTER_ARG(double, weight_decay) = 0;
  SINTER_ARG(bool, amsgrad) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(double lr) override { lr_ = lr; }
  void serialize(serialize::OutputArchive& archive) const override;
  void serialize(serialize::InputArchive& archive) override;
};

struct AdamWOptions : public OptimizerCloneableOptions<AdamWOptions> {
  using betas_t = std::tuple<double, double>;
  AdamWOptions(double lr = 1e-3) : lr_(lr) {}  // NOLINT: AdamW(parameters, 1e-3)
  SINTER_ARG(double, lr);
  SINTER_ARG(betas_t, betas) = {0.9, 0.999};
  SINTER_ARG(double, eps) = 1e-8;
  SINTER_ARG(double, weight_decay) = 1e-2;
  SINTER_ARG(bool, amsgrad) = false;

 public:
  double get_lr() const override { return lr_; }
  void set_lr(double lr) override { lr_ = lr; }
  void serialize(serialize::OutputArchive& archive) const override;
  void serialize(serialize::InputArchive& archive) override;
};

// step counts as a 0-d i64 tensor, so that captured steps count on.
struct AdamParamState : public OptimizerCloneableParamState<AdamParamState> {
  SINTER_ARG(Tensor, step);
  SINTER_ARG(Tensor, exp_avg);
  SINTER_ARG(Tensor, exp_avg_sq);
  SINTER_ARG(Tensor, max_exp_avg_sq);

 public:
  void serialize(serialize::OutputArchive& archive) const override;
  void serialize(serialize::InputArchive& archive) override;
};
using AdamWParamState = AdamParamState;

// Adam (Kingma and Ba, 2014), with amsgrad AMSGrad (Reddi et al., 2018), as torch.optim.Adam;
// adam_update_ in ops/optimizer.h has the formula. Throws ValueError `[optimizer] ...` for a
// negative learning rate, eps or weight decay, and betas outside [0, 1).
class Adam : public Optimizer {
 public:
  explicit Adam(const std::vector<OptimizerParamGroup>& groups, AdamOptions defaults = {});
  explicit Adam(std::vector<Tensor> parameters, AdamOptions defaults = {});
  Tensor step(LossClosure closure = nullptr) override;

 private:
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

// Adam with weight decay that does not pass through the moments (Loshchilov and Hutter, 2017), as
// torch.optim.AdamW. Throws as Adam does.
class AdamW : public Optimizer {
 public:
  explicit AdamW(const std::vector<OptimizerParamGroup>& groups, AdamWOptions defaults = {});
  explicit AdamW(std::vector<Tensor> parameters, AdamWOptions defaults = {});
  Tensor step(LossClosure closure = nullptr) override;

 private:
  std::unique_ptr<OptimizerParamState> make_state() const override;
};

}  // namespace sinter::optim
