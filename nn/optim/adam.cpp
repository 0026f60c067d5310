#include <sinter/autograd/grad_mode.h>
#include <sinter/nn/optim/adam.h>
#include <sinter/nn/serialize.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/optimizer.h>

namespace sinter::optim {

namespace {

template <class Options>
void write_options(const Options& o, serialize::OutputArchive& archive) {
  archive.write("lr", o.lr());
  archive.write("beta1", std::get<0>(o.betas()));
  archive.write("beta2", std::get<1>(o.betas()));
  archive.write("eps", o.eps());
  archive.write("weight_decay", o.weight_decay());
  archive.write("amsgrad", o.amsgrad());
}

template <class Options>
void read_options(Options& o, serialize::InputArchive& archive) {
  o.lr(archive.read_scalar("lr").template to<double>());
  o.betas({archive.read_scalar("beta1").template to<double>(),
           archive.read_scalar("beta2").template to<double>()});
  o.eps(archive.read_scalar("eps").template to<double>());
  o.weight_decay(archive.read_scalar("weight_decay").template to<double>());
  o.amsgrad(archive.read_scalar("amsgrad").template to<bool>());
}

template <class Options>
void check(const Options& o, void (*check_options)(bool, const char*, double)) {
  check_options(o.lr() >= 0, "the learning rate must not be negative", o.lr());
  check_options(o.eps() >= 0, "eps must not be negative", o.eps());
  check_options(o.weight_decay() >= 0, "the weight decay must not be negative", o.weight_decay());
  for (const double beta : {std::get<0>(o.betas()), std::get<1>(o.betas())}) {
    check_options(beta >= 0 && beta < 1, "betas must be in [0, 1)", beta);
  }
}

void prepare(AdamParamState& state, const Tensor& parameter, bool amsgrad) {
  if (!state.step().defined()) {
    state.step(zeros({}, kInt64));
    state.exp_avg(zeros_like(parameter));
    state.exp_avg_sq(zeros_like(parameter));
  }
  if (amsgrad && !state.max_exp_avg_sq().defined()) {
    state.max_exp_avg_sq(zeros_like(parameter));
  }
}

template <class OptionsOf, class StateOf>
void update_all(std::vector<OptimizerParamGroup>& groups, bool decoupled, OptionsOf&& options_of,
                StateOf&& state_of) {
  const NoGradGuard no_grad;
  const Tensor none;
  for (OptimizerParamGroup& group : groups) {
    const auto& o = options_of(group);
    const Tensor& lr = group.lr_tensor();
    const AdamStep step{std::get<0>(o.betas()), std::get<1>(o.betas()), o.eps(), o.weight_decay(),
                        decoupled};
    for (Tensor& parameter : group.params()) {
      if (!parameter.grad().defined()) continue;
      auto& state = static_cast<AdamParamState&>(state_of(parameter));
      prepare(state, parameter, o.amsgrad());
      adam_update_(parameter, parameter.grad(),
                   {state.exp_avg(), state.exp_avg_sq(),
                    o.amsgrad() ? state.max_exp_avg_sq() : none, state.step()},
                   lr, step);
    }
  }
}

}  // namespace

void AdamOptions::serialize(serialize::OutputArchive& archive) const {
  write_options(*this, archive);
}
void AdamOptions::serialize(serialize::InputArchive& archive) { read_options(*this, archive); }
void AdamWOptions::serialize(serialize::OutputArchive& archive) const {
  write_options(*this, archive);
}
void AdamWOptions::serialize(serialize::InputArchive& archive) { read_options(*this, archive); }

void AdamParamState::serialize(serialize::OutputArchive& archive) const {
  archive.write("step", step());
  archive.write("exp_avg", exp_avg());
  archive.write("exp_avg_sq", exp_avg_sq());
  archive.write("max_exp_avg_sq", max_exp_avg_sq());
}

void AdamParamState::serialize(serialize::InputArchive& archive) {
  archive.read("step", step());
  archive.read("exp_avg", exp_avg());
  archive.read("exp_avg_sq", exp_avg_sq());
  archive.try_read("max_exp_avg_sq", max_exp_avg_sq());
}

// --- Adam.

Adam::Adam(const std::vector<OptimizerParamGroup>& groups, AdamOptions defaults)
    : Optimizer(groups, defaults.clone()) {
  for (const auto& group : param_groups_) {
    check(options_of<AdamOptions>(group), check_options);
  }
  check(defaults, check_options);
}

Adam::Adam(std::vector<Tensor> parameters, AdamOptions defaults)
    : Adam(std::vector<OptimizerParamGroup>{OptimizerParamGroup(std::move(parameters))}, defaults) {
}

std::unique_ptr<OptimizerParamState> Adam::make_state() const {
  return std::make_unique<AdamParamState>();
}

Tensor Adam::step(LossClosure closure) {
  Tensor loss = evaluate(closure);
  update_all(param_groups_, false, options_of<AdamOptions>,
             [&](const Tensor& p) -> OptimizerParamState& { return state_of(p); });
  return loss;
}

// --- AdamW.

AdamW::AdamW(const std::vector<OptimizerParamGroup>& groups, AdamWOptions defaults)
    : Optimizer(groups, defaults.clone()) {
  for (const auto& group : param_groups_) {
    check(options_of<AdamWOptions>(group), check_options);
  }
  check(defaults, check_options);
}

AdamW::AdamW(std::vector<Tensor> parameters, AdamWOptions defaults)
    : AdamW(std::vector<OptimizerParamGroup>{OptimizerParamGroup(std::move(parameters))},
            defaults) {}

std::unique_ptr<OptimizerParamState> AdamW::make_state() const {
  return std::make_unique<AdamParamState>();
}

Tensor AdamW::step(LossClosure closure) {
  Tensor loss = evaluate(closure);
  update_all(param_groups_, true, options_of<AdamWOptions>,
             [&](const Tensor& p) -> OptimizerParamState& { return state_of(p); });
  return loss;
}

}  // namespace sinter::optim
