// Optimizer: the base of all optimizers, with groups of parameters, their options, and state.
#pragma once
#include <sinter/core/callable.h>
#include <sinter/core/tensor.h>
#include <sinter/nn/arg.h>
#include <sinter/nn/ordered_dict.h>

#include <memory>
#include <utility>
#include <vector>

namespace sinter {

namespace serialize {
class OutputArchive;
class InputArchive;
}  // namespace serialize

namespace optim {

// The settings of a group of parameters: learning rate, momentum, ...
class OptimizerOptions {
 public:
  OptimizerOptions() = default;
  OptimizerOptions(const OptimizerOptions&) = default;
  OptimizerOptions& operator=(const OptimizerOptions&) = default;
  virtual ~OptimizerOptions();
  virtual std::unique_ptr<OptimizerOptions> clone() const = 0;
  virtual double get_lr() const = 0;
  virtual void set_lr(double lr) = 0;
  virtual void serialize(serialize::OutputArchive& archive) const = 0;
  virtual void serialize(serialize::InputArchive& archive) = 0;
};

template <class Derived>
class OptimizerCloneableOptions : public OptimizerOptions {
 public:
  std::unique_ptr<OptimizerOptions> clone() const override {
    return std::make_unique<Derived>(static_cast<const Derived&>(*this));
  }
};

// What an optimizer remembers about one parameter: moments, number of steps.
class OptimizerParamState {
 public:
  OptimizerParamState() = default;
  OptimizerParamState(const OptimizerParamState&) = default;
  OptimizerParamState& operator=(const OptimizerParamState&) = default;
  virtual ~OptimizerParamState();
  virtual std::unique_ptr<OptimizerParamState> clone() const = 0;
  virtual void serialize(serialize::OutputArchive& archive) const = 0;
  virtual void serialize(serialize::InputArchive& archive) = 0;
};

template <class Derived>
class OptimizerCloneableParamState : public OptimizerParamState {
 public:
  std::unique_ptr<OptimizerParamState> clone() const override {
    return std::make_unique<Derived>(static_cast<const Derived&>(*this));
  }
};

// Parameters that share their options. Without options, they take the optimizer's defaults.
class OptimizerParamGroup {
 public:
  OptimizerParamGroup(std::vector<Tensor> params) : params_(std::move(params)) {}  // NOLINT
  OptimizerParamGroup(std::vector<Tensor> params, std::unique_ptr<OptimizerOptions> options)
      : params_(std::move(params)), options_(std::move(options)) {}
  OptimizerParamGroup(const OptimizerParamGroup& other);
  OptimizerParamGroup& operator=(const OptimizerParamGroup&) = delete;
  OptimizerParamGroup(OptimizerParamGroup&&) = default;
  OptimizerParamGroup& operator=(OptimizerParamGroup&&) = default;
  ~OptimizerParamGroup() = default;

  bool has_options() const { return options_ != nullptr; }
  // Throw Error `[optimizer] ...` when there are none.
  OptimizerOptions& options();
  const OptimizerOptions& options() const;
  void set_options(std::unique_ptr<OptimizerOptions> options) { options_ = std::move(options); }
  std::vector<Tensor>& params() { return params_; }
  const std::vector<Tensor>& params() const { return params_; }

  // The learning rate as the 0-d f64 tensor that update ops read: always the same tensor, brought
  // up to date with options().get_lr().
  const Tensor& lr_tensor();

 private:
  std::vector<Tensor> params_;
  std::unique_ptr<OptimizerOptions> options_;
  Tensor lr_tensor_;
};

// Base of all optimizers. As libtorch's torch::optim::Optimizer.
//
//   optim::SGD opt(net->parameters(), optim::SGDOptions(0.1).momentum(0.9));
//   opt.zero_grad();
//   loss.backward();
//   opt.step();
//
// step() works outside of autograd, and leaves parameters without a gradient alone.
class Optimizer {
 public:
  // Throws what add_param_group throws.
  Optimizer(const std::vector<OptimizerParamGroup>& groups,
            std::unique_ptr<OptimizerOptions> defaults);
  Optimizer(std::vector<Tensor> parameters, std::unique_ptr<OptimizerOptions> defaults);
  Optimizer(const Optimizer&) = delete;
  Optimizer& operator=(const Optimizer&) = delete;
  Optimizer(Optimizer&&) = default;
  Optimizer& operator=(Optimizer&&) = default;
  virtual ~Optimizer();

  // Adds parameters, which must be defined, floating point leaves (ValueError `[optimizer] ...`) in
  // no other group. One that is listed twice counts once. Throws TypeError for options of another
  // optimizer.
  void add_param_group(const OptimizerParamGroup& group);
  void add_parameters(const std::vector<Tensor>& parameters);

  using LossClosure = Callable<Tensor()>;
  // Changes all parameters by their gradients. A closure, which computes the loss and its gradients
  // anew, is called first; step() then returns its result.
  virtual Tensor step(LossClosure closure = nullptr) = 0;
  // Forgets the gradients, or fills them with zeros.
  void zero_grad(bool set_to_none = true);
  // Brings the learning rate tensors up to date with the options: a captured step, which reads
  // those tensors, calls this before it runs.
  void refresh_lr();

  // The parameters of the first group; size() counts those of all.
  const std::vector<Tensor>& parameters() const;
  std::vector<Tensor>& parameters();
  std::size_t size() const noexcept;
  OptimizerOptions& defaults() noexcept { return *defaults_; }
  const OptimizerOptions& defaults() const noexcept { return *defaults_; }
  std::vector<OptimizerParamGroup>& param_groups() noexcept { return param_groups_; }
  const std::vector<OptimizerParamGroup>& param_groups() const noexcept { return param_groups_; }
  // By the address of a parameter's TensorImpl; a parameter has none before its first step.
  using State = OrderedDict<void*, std::unique_ptr<OptimizerParamState>>;
  State& state() noexcept { return state_; }
  const State& state() const noexcept { return state_; }

  // Options and state, by the places of groups and parameters: "param_groups.0.lr",
  // "state.3.exp_avg". load() throws ValueError `[load] ...` when there are other groups or
  // parameters in the archive; nothing has been changed then.
  virtual void save(serialize::OutputArchive& archive) const;
  virtual void load(serialize::InputArchive& archive);

 protected:
  // The state of a parameter that does not have one yet.
  virtual std::unique_ptr<OptimizerParamState> make_state() const = 0;
  // The state of a parameter, made by make_state() the first time.
  OptimizerParamState& state_of(const Tensor& parameter);
  // A group's options as what they are. Throws TypeError for those of another optimizer.
  template <class Options>
  static const Options& options_of(const OptimizerParamGroup& group) {
    const auto* options = dynamic_cast<const Options*>(&group.options());
    if (options == nullptr) [[unlikely]]
      throw_wrong_options();
    return *options;
  }
  [[noreturn]] static void throw_wrong_options();
  // Calls the closure, if there is one, with recording on.
  static Tensor evaluate(const LossClosure& closure);
  static void check_options(bool ok, const char* rule, double got);

  std::vector<OptimizerParamGroup> param_groups_;
  State state_;
  std::unique_ptr<OptimizerOptions> defaults_;
};

}  // namespace optim
}  // namespace sinter
