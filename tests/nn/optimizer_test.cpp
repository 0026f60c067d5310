#include <sinter/autograd/grad_mode.h>
#include <sinter/nn/module_holder.h>
#include <sinter/nn/optim/optim.h>
#include <sinter/nn/serialize.h>
#include <sinter/ops/ops.h>
#include <sinter/tests/core/error_message.h>

#include <catch2/catch.hpp>
#include <cmath>

using namespace sinter;
using sinter::test::message_of;

namespace {

constexpr int kSteps = 5;
constexpr int kSize = 5;

struct Case {
  const char* name;
  double params[kSteps][kSize];
};
const Case kCases[] = {
#include "optimizer_numbers.inc"
};

// The optimizer that tests/data/nn/optimizer_numbers.py has under this name.
std::unique_ptr<optim::Optimizer> make(const std::string& name, const std::vector<Tensor>& params) {
  using namespace optim;
  if (name == "sgd") return std::make_unique<SGD>(params, 0.1);
  const auto sgd = SGDOptions(0.1).momentum(0.9);
  if (name == "sgd_momentum") return std::make_unique<SGD>(params, sgd);
  if (name == "sgd_dampening") return std::make_unique<SGD>(params, SGDOptions(sgd).dampening(0.3));
  const auto decay = SGDOptions(sgd).weight_decay(0.05);
  if (name == "sgd_weight_decay") return std::make_unique<SGD>(params, decay);
  if (name == "sgd_nesterov")
    return std::make_unique<SGD>(params, SGDOptions(decay).nesterov(true));
  if (name == "adam") return std::make_unique<Adam>(params, 0.1);
  if (name == "adam_weight_decay") {
    return std::make_unique<Adam>(params,
                                  AdamOptions(0.1).betas({0.8, 0.95}).eps(1e-3).weight_decay(0.05));
  }
  if (name == "adam_amsgrad") return std::make_unique<Adam>(params, AdamOptions(0.1).amsgrad(true));
  if (name == "adamw") return std::make_unique<AdamW>(params, 0.1);
  REQUIRE(name == "adamw_amsgrad");
  return std::make_unique<AdamW>(params, AdamWOptions(0.1).weight_decay(0.05).amsgrad(true));
}

Tensor start() {
  Tensor param = arange(kSize, kFloat64) * 0.5 - 1;
  return param.set_requires_grad(true);
}
Tensor gradient(int step) { return (arange(kSize, kFloat64) + 1 + 3 * step).sin(); }

void take_steps(optim::Optimizer& optimizer, const Tensor& param, int from, int to) {
  for (int s = from; s < to; ++s) {
    param.mutable_grad() = gradient(s);
    optimizer.step();
  }
}

Tensor parameter(double value = 1) { return full({1}, value).set_requires_grad(true); }

}  // namespace

TEST_CASE("optimizers take the steps that PyTorch's take") {
  for (const Case& c : kCases) {
    INFO(c.name);
    const Tensor param = start();
    const auto optimizer = make(c.name, {param});
    for (int s = 0; s < kSteps; ++s) {
      take_steps(*optimizer, param, s, s + 1);
      for (int k = 0; k < kSize; ++k) {
        CHECK(param.data_ptr<double>()[k] == Approx(c.params[s][k]).epsilon(1e-12).margin(1e-13));
      }
    }
  }
}

TEST_CASE("a saved optimizer goes on where it was") {
  const std::string name = GENERATE("sgd_dampening", "sgd_nesterov", "adam_amsgrad", "adamw");
  const Tensor param = start();
  const auto optimizer = make(name, {param});
  take_steps(*optimizer, param, 0, 3);

  const Tensor other = start();
  other.set_data(param.detach().clone());
  const auto copy = make(name, {other});
  copy->param_groups()[0].options().set_lr(7);
  serialize::OutputArchive saved;
  optimizer->save(saved);
  serialize::InputArchive archive(saved.tensors());
  copy->load(archive);
  CHECK(copy->param_groups()[0].options().get_lr() == 0.1);

  take_steps(*optimizer, param, 3, 6);
  take_steps(*copy, other, 3, 6);
  CHECK(param.equal(other));
}

TEST_CASE("an archive of an optimizer has readable names") {
  const Tensor a = parameter();
  const Tensor b = parameter();
  optim::Adam optimizer({a, b});
  b.mutable_grad() = ones({1});
  optimizer.step();
  serialize::OutputArchive saved;
  optimizer.save(saved);
  CHECK(saved.tensors().keys() ==
        std::vector<std::string>{
            "param_groups.0.params", "param_groups.0.lr", "param_groups.0.beta1",
            "param_groups.0.beta2", "param_groups.0.eps", "param_groups.0.weight_decay",
            "param_groups.0.amsgrad", "state.1.step", "state.1.exp_avg", "state.1.exp_avg_sq"});
  CHECK(saved.tensors()["state.1.step"].item<std::int64_t>() == 1);
}

TEST_CASE("groups have options of their own") {
  const Tensor a = parameter();
  const Tensor b = parameter();
  std::vector<optim::OptimizerParamGroup> groups;
  groups.emplace_back(std::vector<Tensor>{a});
  groups.emplace_back(std::vector<Tensor>{b}, std::make_unique<optim::SGDOptions>(0.5));
  optim::SGD sgd(groups, optim::SGDOptions(0.1));
  const Tensor c = parameter();
  sgd.add_param_group(optim::OptimizerParamGroup({c}));
  static_cast<optim::SGDOptions&>(sgd.param_groups()[2].options()).lr(2);
  CHECK(sgd.size() == 3);
  CHECK(sgd.parameters().size() == 1);
  for (const Tensor& p : {a, b, c}) p.mutable_grad() = ones({1});
  sgd.step();
  CHECK(a.item<float>() == Approx(0.9));
  CHECK(b.item<float>() == Approx(0.5));
  CHECK(c.item<float>() == Approx(-1));
}

TEST_CASE("the learning rate is read anew at each step, from one tensor") {
  const Tensor a = parameter();
  optim::SGD sgd({a}, 0.25);
  const Tensor lr = sgd.param_groups()[0].lr_tensor();
  a.mutable_grad() = ones({1});
  sgd.step();
  CHECK(a.item<float>() == 0.75F);
  sgd.param_groups()[0].options().set_lr(0.5);
  sgd.refresh_lr();
  CHECK(lr.item<double>() == 0.5);
  sgd.step();
  CHECK(a.item<float>() == 0.25F);
  CHECK(sgd.param_groups()[0].lr_tensor().is_same(lr));
}

TEST_CASE("parameters without a gradient stay, and zero_grad forgets gradients") {
  const Tensor a = parameter();
  const Tensor b = parameter();
  optim::Adam adam({a, b}, 0.1);
  a.mutable_grad() = ones({1});
  adam.step();
  CHECK(b.item<float>() == 1);
  CHECK(adam.state().size() == 1);
  adam.zero_grad(false);
  CHECK(a.grad().item<float>() == 0);
  adam.zero_grad();
  CHECK_FALSE(a.grad().defined());
}

TEST_CASE("step calls a closure with recording on, and returns its loss") {
  const Tensor a = parameter(3);
  optim::SGD sgd({a}, 0.1);
  const NoGradGuard no_grad;
  const Tensor loss = sgd.step([&] {
    sgd.zero_grad();
    Tensor l = (a * a).sum();
    l.backward();
    return l;
  });
  CHECK(loss.item<float>() == 9);
  CHECK(a.item<float>() == Approx(2.4));
  CHECK_FALSE(sgd.step().defined());
}

TEST_CASE("a step keeps the parameter a leaf, and is not recorded") {
  const Tensor a = parameter(3);
  optim::SGD sgd({a}, optim::SGDOptions(0.1).momentum(0.9));
  (a * a).sum().backward();
  const auto version = a._version();
  sgd.step();
  CHECK(a.is_leaf());
  CHECK(a.requires_grad());
  CHECK(a._version() == version + 1);
}

TEST_CASE("a parameter listed twice counts once, and belongs to one group") {
  const Tensor a = parameter();
  optim::SGD sgd({a, a}, 0.1);
  CHECK(sgd.size() == 1);
  CHECK(message_of<ValueError>([&] { sgd.add_parameters({a}); }) ==
        "[optimizer] a parameter belongs to one group only; got one of group 0 again");
}

TEST_CASE("optimizers refuse parameters that they cannot train") {
  const Tensor a = parameter();
  CHECK(message_of<ValueError>([&] { optim::SGD({a * 2}, 0.1); }) ==
        "[optimizer] a parameter must be a leaf; got the result of an operation");
  CHECK(message_of<ValueError>([] { optim::SGD({Tensor()}, 0.1); }) ==
        "[optimizer] a parameter must be defined; got an undefined tensor");
  CHECK(message_of<ValueError>([] { optim::SGD({zeros({1}, kInt64)}, 0.1); }) ==
        "[optimizer] a parameter must be floating point; got i64");
}

TEST_CASE("optimizers refuse options that make no sense") {
  using namespace optim;
  const std::vector<Tensor> p = {parameter()};
  CHECK(message_of<ValueError>([&] { SGD(p, -1.0); }) ==
        "[optimizer] the learning rate must not be negative; got -1");
  CHECK(message_of<ValueError>([&] { SGD(p, SGDOptions(1).momentum(-0.5)); }) ==
        "[optimizer] the momentum must not be negative; got -0.5");
  CHECK(message_of<ValueError>([&] { SGD(p, SGDOptions(1).weight_decay(-2)); }) ==
        "[optimizer] the weight decay must not be negative; got -2");
  CHECK(message_of<ValueError>([&] { SGD(p, SGDOptions(1).nesterov(true)); }) ==
        "[optimizer] nesterov needs momentum; got 0");
  CHECK(message_of<ValueError>([&] {
          SGD(p, SGDOptions(1).momentum(0.5).dampening(0.25).nesterov(true));
        }) == "[optimizer] nesterov needs a dampening of 0; got 0.25");
  CHECK(message_of<ValueError>([&] { Adam(p, AdamOptions().eps(-1)); }) ==
        "[optimizer] eps must not be negative; got -1");
  CHECK(message_of<ValueError>([&] {
          AdamW(p, AdamWOptions().betas({0.5, 1}));
        }) == "[optimizer] betas must be in [0, 1); got 1");
  std::vector<OptimizerParamGroup> groups;
  groups.emplace_back(p, std::make_unique<AdamOptions>());
  CHECK(message_of<TypeError>([&] { SGD(groups, 0.1); }) ==
        "[optimizer] a group needs options of this optimizer; got those of another");
  CHECK(message_of([&] { OptimizerParamGroup(p).options(); }) ==
        "[optimizer] the group has no options yet; got none");
  CHECK(message_of([] { SGD(std::vector<OptimizerParamGroup>(), 0.1).parameters(); }) ==
        "[optimizer] has no parameters; got no group");
}

TEST_CASE("an optimizer refuses the archive of another") {
  const Tensor a = parameter();
  optim::SGD one({a}, 0.1);
  serialize::OutputArchive saved;
  one.save(saved);
  optim::SGD two({parameter(), parameter()}, 0.1);
  serialize::InputArchive archive(saved.tensors());
  CHECK(message_of<ValueError>([&] { two.load(archive); }) ==
        "[load] group 0 of the optimizer has 2 parameters; got 1");
  two.add_parameters({parameter()});
  CHECK(message_of<ValueError>([&] { two.load(archive); }) ==
        "[load] the optimizer has 2 groups; got 1");
  optim::Adam adam({parameter()});
  CHECK(message_of<ValueError>([&] { adam.load(archive); }) ==
        "[load] a number is missing; got none named 'param_groups.0.beta1'");
}
