#include <sinter/autograd/grad_mode.h>
#include <sinter/core/tensor_factory.h>
#include <sinter/nn/optim/lr_observer.h>
#include <sinter/nn/optim/optimizer.h>
#include <sinter/nn/serialize.h>

#include <algorithm>
#include <typeinfo>

namespace sinter::optim {

OptimizerOptions::~OptimizerOptions() = default;
OptimizerParamState::~OptimizerParamState() = default;
Optimizer::~Optimizer() = default;

// --- Groups.

OptimizerParamGroup::OptimizerParamGroup(const OptimizerParamGroup& other)
    : params_(other.params_), options_(other.options_ ? other.options_->clone() : nullptr) {}

OptimizerOptions& OptimizerParamGroup::options() {
  SINTER_CHECK(has_options(), "[optimizer] the group has no options yet; got none");
  return *options_;
}
const OptimizerOptions& OptimizerParamGroup::options() const {
  return const_cast<OptimizerParamGroup*>(this)->options();
}

namespace detail {
constinit thread_local std::vector<OptimizerParamGroup*>* lr_observer = nullptr;
}

const Tensor& OptimizerParamGroup::lr_tensor() {
  if (detail::lr_observer != nullptr) detail::lr_observer->push_back(this);
  if (!lr_tensor_.defined()) lr_tensor_ = empty_tensor("optimizer", {}, kFloat64);
  // Not by an op: a capture would freeze the number.
  *static_cast<double*>(lr_tensor_.data_ptr()) = options().get_lr();
  return lr_tensor_;
}

// --- Construction.

Optimizer::Optimizer(const std::vector<OptimizerParamGroup>& groups,
                     std::unique_ptr<OptimizerOptions> defaults)
    : defaults_(std::move(defaults)) {
  for (const OptimizerParamGroup& group : groups) add_param_group(group);
}

Optimizer::Optimizer(std::vector<Tensor> parameters, std::unique_ptr<OptimizerOptions> defaults)
    : defaults_(std::move(defaults)) {
  add_param_group(OptimizerParamGroup(std::move(parameters)));
}

namespace {

bool contains(const std::vector<Tensor>& tensors, const Tensor& tensor) {
  return std::any_of(tensors.begin(), tensors.end(),
                     [&](const Tensor& t) { return t.is_same(tensor); });
}

void check_parameter(const Tensor& parameter) {
  SINTER_CHECK_AS(ValueError, parameter.defined(),
                  "[optimizer] a parameter must be defined; got an undefined tensor");
  SINTER_CHECK_AS(ValueError, parameter.is_leaf(),
                  "[optimizer] a parameter must be a leaf; got the result of an operation");
  SINTER_CHECK_AS(ValueError, parameter.is_floating_point(),
                  "[optimizer] a parameter must be floating point; got ", parameter.dtype());
}

}  // namespace

void Optimizer::add_param_group(const OptimizerParamGroup& group) {
  if (group.has_options()) {
    const OptimizerOptions& options = group.options();
    const OptimizerOptions& defaults = *defaults_;
    if (typeid(options) != typeid(defaults)) throw_wrong_options();
  }
  std::vector<Tensor> parameters;
  for (const Tensor& parameter : group.params()) {
    check_parameter(parameter);
    if (!contains(parameters, parameter)) parameters.push_back(parameter);
  }
  for (std::size_t i = 0; i < param_groups_.size(); ++i) {
    for (const Tensor& parameter : parameters) {
      SINTER_CHECK_AS(ValueError, !contains(param_groups_[i].params(), parameter),
                      "[optimizer] a parameter belongs to one group only; got one of group ", i,
                      " again");
    }
  }
  param_groups_.emplace_back(std::move(parameters),
                             group.has_options() ? group.options().clone() : defaults_->clone());
}

void Optimizer::add_parameters(const std::vector<Tensor>& parameters) {
  add_param_group(OptimizerParamGroup(parameters));
}

void Optimizer::throw_wrong_options() {
  fail<TypeError>("[optimizer] a group needs options of this optimizer; got those of another");
}

void Optimizer::check_options(bool ok, const char* rule, double got) {
  SINTER_CHECK_AS(ValueError, ok, "[optimizer] ", rule, "; got ", got);
}

// --- Use.

Tensor Optimizer::evaluate(const LossClosure& closure) {
  if (!closure) return {};
  const AutoGradMode recording(true);
  return closure();
}

void Optimizer::zero_grad(bool set_to_none) {
  for (const OptimizerParamGroup& group : param_groups_) {
    for (const Tensor& parameter : group.params()) {
      Tensor& grad = parameter.mutable_grad();
      if (!grad.defined()) continue;
      if (set_to_none) {
        grad.reset();
      } else {
        grad = grad.detach();
        grad.zero_();
      }
    }
  }
}

void Optimizer::refresh_lr() {
  for (OptimizerParamGroup& group : param_groups_) group.lr_tensor();
}

const std::vector<Tensor>& Optimizer::parameters() const {
  SINTER_CHECK(!param_groups_.empty(), "[optimizer] has no parameters; got no group");
  return param_groups_.front().params();
}
std::vector<Tensor>& Optimizer::parameters() {
  return const_cast<std::vector<Tensor>&>(std::as_const(*this).parameters());
}

std::size_t Optimizer::size() const noexcept {
  std::size_t count = 0;
  for (const OptimizerParamGroup& group : param_groups_) count += group.params().size();
  return count;
}

OptimizerParamState& Optimizer::state_of(const Tensor& parameter) {
  if (auto* state = state_.find(parameter.impl())) return **state;
  return *state_.insert(parameter.impl(), make_state());
}

// --- Saving and loading.

void Optimizer::save(serialize::OutputArchive& archive) const {
  std::size_t number = 0;
  for (std::size_t g = 0; g < param_groups_.size(); ++g) {
    const OptimizerParamGroup& group = param_groups_[g];
    serialize::OutputArchive options;
    options.write("params", static_cast<std::int64_t>(group.params().size()));
    group.options().serialize(options);
    archive.write(str("param_groups.", g), options);
    for (const Tensor& parameter : group.params()) {
      if (const auto* state = state_.find(parameter.impl())) {
        serialize::OutputArchive nested;
        (*state)->serialize(nested);
        archive.write(str("state.", number), nested);
      }
      ++number;
    }
  }
}

void Optimizer::load(serialize::InputArchive& archive) {
  serialize::InputArchive groups;
  const std::size_t count = archive.try_read("param_groups", groups) ? groups.keys().size() : 0;
  SINTER_CHECK_AS(ValueError, count == param_groups_.size(), "[load] the optimizer has ",
                  param_groups_.size(), " groups; got ", count);
  // Everything is read before anything is changed.
  std::vector<std::unique_ptr<OptimizerOptions>> options;
  State states("State");
  std::size_t number = 0;
  for (std::size_t g = 0; g < count; ++g) {
    serialize::InputArchive saved;
    groups.read(std::to_string(g), saved);
    const auto& params = param_groups_[g].params();
    const auto size = saved.read_scalar("params").to<std::int64_t>();
    SINTER_CHECK_AS(ValueError, size == static_cast<std::int64_t>(params.size()), "[load] group ",
                    g, " of the optimizer has ", params.size(), " parameters; got ", size);
    options.push_back(param_groups_[g].options().clone());
    options.back()->serialize(saved);
    for (const Tensor& parameter : params) {
      serialize::InputArchive nested;
      if (archive.try_read(str("state.", number++), nested)) {
        auto state = make_state();
        state->serialize(nested);
        states.insert(parameter.impl(), std::move(state));
      }
    }
  }
  for (std::size_t g = 0; g < count; ++g) param_groups_[g].set_options(std::move(options[g]));
  state_ = std::move(states);
}

}  // namespace sinter::optim
