#include <sinter/autograd/grad_mode.h>
#include <sinter/nn/optim/sgd.h>
#include <sinter/nn/serialize.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/optimizer.h>

namespace sinter::optim {

void SGDOptions::serialize(serialize::OutputArchive& archive) const {
  archive.write("lr", lr());
  archive.write("momentum", momentum());
  archive.write("dampening", dampening());
  archive.write("weight_decay", weight_decay());
  archive.write("nesterov", nesterov());
}

void SGDOptions::serialize(serialize::InputArchive& archive) {
  lr(archive.read_scalar("lr").to<double>());
  momentum(archive.read_scalar("momentum").to<double>());
  dampening(archive.read_scalar("dampening").to<double>());
  weight_decay(archive.read_scalar("weight_decay").to<double>());
  nesterov(archive.read_scalar("nesterov").to<bool>());
}

void SGDParamState::serialize(serialize::OutputArchive& archive) const {
  archive.write("momentum_buffer", momentum_buffer());
}

void SGDParamState::serialize(serialize::InputArchive& archive) {
  archive.try_read("momentum_buffer", momentum_buffer());
}

namespace {
void check(const SGDOptions& o, void (*check_options)(bool, const char*, double)) {
  check_options(o.lr() >= 0, "the learning rate must not be negative", o.lr());
  check_options(o.momentum() >= 0, "the momentum must not be negative", o.momentum());
  check_options(o.weight_decay() >= 0, "the weight decay must not be negative", o.weight_decay());
  check_options(!o.nesterov() || o.momentum() > 0, "nesterov needs momentum", o.momentum());
  check_options(!o.nesterov() || o.dampening() == 0, "nesterov needs a dampening of 0",
                o.dampening());
}
}  // namespace

SGD::SGD(const std::vector<OptimizerParamGroup>& groups, SGDOptions defaults)
    : Optimizer(groups, defaults.clone()) {
  for (const auto& group : param_groups_) {
    check(options_of<SGDOptions>(group), check_options);
  }
  check(defaults, check_options);
}

SGD::SGD(std::vector<Tensor> parameters, SGDOptions defaults)
    : SGD(std::vector<OptimizerParamGroup>{OptimizerParamGroup(std::move(parameters))}, defaults) {}

std::unique_ptr<OptimizerParamState> SGD::make_state() const {
  return std::make_unique<SGDParamState>();
}

Tensor SGD::step(LossClosure closure) {
  Tensor loss = evaluate(closure);
  const NoGradGuard no_grad;
  for (OptimizerParamGroup& group : param_groups_) {
    const auto& options = options_of<SGDOptions>(group);
    const Tensor& lr = group.lr_tensor();
    SgdStep step{options.momentum(), options.dampening(), options.weight_decay(),
                 options.nesterov()};
    Tensor unused;
    for (Tensor& parameter : group.params()) {
      const Tensor& grad = parameter.grad();
      if (!grad.defined()) continue;
      Tensor* buffer = &unused;
      step.first = false;
      if (options.momentum() != 0) {
        buffer = &static_cast<SGDParamState&>(state_of(parameter)).momentum_buffer();
        step.first = !buffer->defined();
        if (step.first) *buffer = zeros_like(parameter);
        // Zeros are as good as nothing where the first gradient counts fully anyway; and then a
        // step that is captured first is not another one than those after it.
        if (options.dampening() == 0) step.first = false;
      }
      sgd_update_(parameter, grad, *buffer, lr, step);
    }
  }
  return loss;
}

}  // namespace sinter::optim
