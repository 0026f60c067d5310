// Models against PyTorch's, and what all models have in common.
#pragma once
#include <sinter/core/safetensors.h>
#include <sinter/nn/functional.h>
#include <sinter/nn/module_holder.h>
#include <sinter/nn/optim/adam.h>
#include <sinter/ops/ops.h>

#include <catch2/catch.hpp>

namespace sinter::test {

inline std::int64_t count_parameters(const nn::Module& module) {
  std::int64_t count = 0;
  for (const Tensor& parameter : module.parameters()) count += parameter.numel();
  return count;
}

template <class M>
Tensor model_loss(nn::ModuleHolder<M>& model, const Tensor& input, const Tensor& target) {
  const Tensor output = model(input);
  return nn::functional::cross_entropy(output.flatten(0, -2), target.flatten());
}

// One case of tests/data/models/model_numbers.py, in a floating dtype.
class ModelCase {
 public:
  ModelCase(std::string name, DType dtype) : name_(std::move(name)), dtype_(dtype) {}

  // Gives the model the parameters of PyTorch's, and compares names, outputs, gradients and the
  // buffers that the call leaves.
  template <class M>
  void run(nn::ModuleHolder<M> model) const {
    load(*model);
    const Tensor output = model(input());
    check("output", output);
    model_loss_backward(output);
    for (const auto& item : model->named_parameters()) check("grad/" + item.key(), item->grad());
    for (const auto& item : model->named_buffers()) check("after/" + item.key(), *item);
  }

  Tensor get(const std::string& key) const {
    const Tensor tensor = file().find(name_ + "/" + key);
    INFO(name_ << "/" << key);
    REQUIRE(tensor.defined());
    return tensor.is_floating_point() ? tensor.to(dtype_) : tensor;
  }
  Tensor input() const { return get("input"); }
  Tensor target() const { return get("target"); }

 private:
  static const safetensors::File& file() {
    static const safetensors::File file =
        safetensors::load(SINTER_TEST_DATA "/models/model_numbers.safetensors");
    return file;
  }

  // Strict: none may be missing and none unexpected.
  void load(nn::Module& model) const {
    const std::string prefix = name_ + "/param/";
    OrderedDict<std::string, Tensor> state;
    for (const auto& [key, tensor] : file().tensors) {
      if (key.starts_with(prefix)) state.insert(key.substr(prefix.size()), tensor);
    }
    model.load_state_dict(state);
    model.to(dtype_);
  }

  void model_loss_backward(const Tensor& output) const {
    nn::functional::cross_entropy(output.flatten(0, -2), target().flatten()).backward();
  }

  // PyTorch computed in double precision and rounded to single.
  void check(const std::string& key, const Tensor& got) const {
    const Tensor want = get(key);
    INFO(name_ << "/" << key << " in " << name(dtype_));
    REQUIRE(got.defined());
    REQUIRE(got.sizes() == want.sizes());
    const double scale = want.numel() == 0 ? 0 : want.abs().max().item<double>();
    const bool exact = dtype_ == kFloat64;
    const double tolerance = exact ? 2e-7 : 1e-3;
    CHECK(got.detach().allclose(want, tolerance, tolerance * scale + (exact ? 1e-12 : 2e-6)));
  }

  std::string name_;
  DType dtype_;
};

// Whether some steps of Adam at least halve the loss on one batch.
template <class M>
bool learns(nn::ModuleHolder<M> model, const Tensor& input, const Tensor& target, int steps = 12) {
  optim::Adam optimizer(model->parameters(), optim::AdamOptions(0.01));
  const double before = model_loss(model, input, target).template item<double>();
  for (int i = 0; i < steps; ++i) {
    optimizer.zero_grad();
    model_loss(model, input, target).backward();
    optimizer.step();
  }
  const double after = model_loss(model, input, target).template item<double>();
  INFO("loss " << before << " before, " << after << " after");
  CHECK(after < before / 2);
  return after < before / 2;
}

// Whether a deep copy computes the same, and keeps to itself.
template <class M>
bool clones(nn::ModuleHolder<M> model, const Tensor& input) {
  model->eval();
  const Tensor before = model(input);
  nn::ModuleHolder<M> copy(std::dynamic_pointer_cast<M>(model->clone()));
  for (Tensor parameter : model->parameters()) parameter.detach().zero_();
  return copy(input).equal(before) && !model(input).equal(before);
}

}  // namespace sinter::test
