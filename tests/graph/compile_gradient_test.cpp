// Gradients through compiled modules.
#include <sinter/graph/compile.h>
#include <sinter/sinter.h>

#include <catch2/catch.hpp>

using namespace sinter;
namespace F = sinter::nn::functional;

namespace {

struct NetImpl : nn::Module {
  NetImpl()
      : fc1(register_module("fc1", nn::Linear(6, 16))),
        bn(register_module("bn", nn::BatchNorm1d(16))),
        fc2(register_module("fc2", nn::Linear(16, 3))) {}
  Tensor forward(const Tensor& x) {
    const Tensor h =
        F::dropout(relu(bn(fc1(x))), F::DropoutFuncOptions().p(0.25).training(is_training()));
    return fc2(h * sigmoid(h)).tanh();
  }
  nn::Linear fc1;
  nn::BatchNorm1d bn;
  nn::Linear fc2;
};
SINTER_MODULE(Net);

// A module written as a function.
template <class F>
struct CallImpl : nn::Module {
  explicit CallImpl(F f) : function(std::move(f)) {}
  auto forward(const Tensor& x) { return function(x); }
  F function;
};
template <class F>
auto compiled(F function) {
  return graph::compile(nn::ModuleHolder<CallImpl<F>>(std::make_shared<CallImpl<F>>(function)));
}

std::vector<Tensor> gradients_of(Net& net) {
  std::vector<Tensor> out;
  for (const Tensor& parameter : net->parameters()) out.push_back(parameter.grad().clone());
  net->zero_grad();
  return out;
}

void check_equal(const std::vector<Tensor>& a, const std::vector<Tensor>& b) {
  REQUIRE(a.size() == b.size());
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(a[i].equal(b[i]));
}

}  // namespace

TEST_CASE("calls of a compiled module may wait for their backward pass together") {
  Net net;
  net->eval();
  auto fast = graph::compile(net);
  const Tensor a = randn({5, 6});
  const Tensor b = randn({5, 6});
  const auto run = [&](auto& module) {
    const Tensor x = module(a);
    const Tensor y = module(b);
    (x * 2).sum().backward();
    y.square().sum().backward();
    return gradients_of(net);
  };
  check_equal(run(net), run(fast));
  CHECK(fast.report().captures == 1);
  CHECK(fast.report().eager_runs == 0);
}

TEST_CASE("random numbers and buffers of a compiled module are those of the eager one") {
  Net net;
  auto fast = graph::compile(net);
  const Tensor x = randn({5, 6});
  const auto run = [&](auto& module) {
    manual_seed(3);
    net->bn->reset_running_stats();
    for (int i = 0; i < 3; ++i) module(x).sum().backward();
    auto out = gradients_of(net);
    out.push_back(net->bn->running_mean.clone());
    out.push_back(net->bn->running_var.clone());
    out.push_back(rand({4}));
    return out;
  };
  check_equal(run(net), run(fast));
}

TEST_CASE("a compiled module gives gradients to its inputs") {
  const auto function = [](const Tensor& x) { return (x * x).sin().sum(1) + x.select(1, 0); };
  auto module = compiled(function);
  const Tensor x = randn({4, 3}, kFloat64).requires_grad_();
  const Tensor weights = randn({4}, kFloat64);
  const Tensor eager = autograd::grad({function(x)}, {x}, {weights})[0];
  CHECK(autograd::grad({module(x)}, {x}, {weights})[0].equal(eager));
  CHECK(autograd::gradcheck(
      [&](const autograd::variable_list& in) { return autograd::variable_list{module(in[0])}; },
      {x}));
  // Behind other calls, before others, and from a gradient that is not dense.
  const Tensor through = autograd::grad({module(x.exp()).sum()}, {x})[0];
  CHECK(through.equal(autograd::grad({function(x.exp()).sum()}, {x})[0]));
}

TEST_CASE("a graph through a compiled module can be gone through twice when it is kept") {
  auto module = compiled([](const Tensor& x) { return x.exp(); });
  const Tensor x = randn({3}).requires_grad_();
  const Tensor y = module(x).sum();
  const Tensor first = autograd::grad({y}, {x}, {}, true)[0];
  CHECK(autograd::grad({y}, {x})[0].equal(first));
  CHECK_THROWS_WITH(autograd::grad({y}, {x}), Catch::Contains("the graph was already freed"));
}

TEST_CASE("what a compiled module's backward pass reads must not change before it") {
  Net net;
  net->eval();
  auto fast = graph::compile(net);
  const Tensor loss = fast(randn({5, 6})).sum();
  {
    const NoGradGuard no_grad;
    net->fc2->weight.mul_(2);
  }
  CHECK_THROWS_WITH(loss.backward(), Catch::Contains("was changed in place"));
}

TEST_CASE("gradients of gradients through a compiled module are refused") {
  auto module = compiled([](const Tensor& x) { return x.exp(); });
  const Tensor x = randn({3}).requires_grad_();
  CHECK_THROWS_AS(autograd::grad({module(x).sum()}, {x}, {}, true, true), NotImplementedError);
  CHECK_THROWS_WITH(autograd::grad({module(x).sum()}, {x}, {}, true, true),
                    Catch::StartsWith("[compile] a compiled module has no gradients of gradients"));
}

TEST_CASE("frozen parameters of a compiled module get no gradient") {
  Net net;
  net->eval();
  auto fast = graph::compile(net);
  const Tensor x = randn({5, 6});
  fast(x).sum().backward();
  net->zero_grad();
  net->fc1->weight.set_requires_grad(false);
  fast(x).sum().backward();
  CHECK(fast.report().captures == 2);
  CHECK(fast.report().reason == "other parameters require a gradient");
  CHECK_FALSE(net->fc1->weight.grad().defined());
  const Tensor bias = net->fc1->bias.grad().clone();
  net->zero_grad();
  net(x).sum().backward();
  CHECK(net->fc1->bias.grad().equal(bias));
  const NoGradGuard no_grad;
  CHECK_FALSE(fast(x).requires_grad());
  CHECK(fast.report().captures == 3);
}

TEST_CASE("results of a compiled module that have no gradient want none") {
  const auto function = [](const Tensor& x) { return std::pair(x.softmax(1), x.argmax(1)); };
  auto module = compiled(function);
  const Tensor x = randn({4, 3}).requires_grad_();
  const auto [soft, best] = module(x);
  CHECK(soft.requires_grad());
  CHECK_FALSE(best.requires_grad());
  CHECK(best.equal(x.argmax(1)));
  const Tensor w = randn({4, 3});
  CHECK(
      autograd::grad({soft}, {x}, {w})[0].equal(autograd::grad({function(x).first}, {x}, {w})[0]));
}

TEST_CASE("a result of a compiled module without a gradient counts as one of zeros") {
  auto module = compiled([](const Tensor& x) { return std::pair(x * 2, x.exp()); });
  const Tensor x = randn({3}).requires_grad_();
  CHECK(autograd::grad({module(x).first.sum()}, {x})[0].equal(full({3}, 2.0F)));
}

TEST_CASE("a compiled module may return its argument, a view, or what nothing depends on") {
  auto module = compiled([](const Tensor& x) { return std::tuple(x, x.t(), x.detach() * 2); });
  const Tensor x = randn({2, 3}).requires_grad_();
  const auto [same, turned, rest] = module(x);
  CHECK(same.equal(x));
  CHECK(turned.equal(x.t()));
  CHECK_FALSE(rest.requires_grad());
  const Tensor w = randn({3, 2});
  CHECK(autograd::grad({turned, same.sum()}, {x}, {w, Tensor()})[0].equal(w.t() + 1));
}

TEST_CASE("a compiled module with no gradient to give runs as any other") {
  auto module = compiled([](const Tensor& x) { return x.detach().exp(); });
  const Tensor x = randn({3}).requires_grad_();
  const Tensor y = module(x);
  CHECK_FALSE(y.requires_grad());
  CHECK(y.equal(x.exp()));
}

TEST_CASE("a compiled module inside a step that is captured becomes part of the step") {
  Net net;
  auto fast = graph::compile(net);
  optim::SGD optimizer(net->parameters(), optim::SGDOptions(0.1));
  auto step = graph::compile_step([&](const Tensor& x) {
    optimizer.zero_grad();
    const Tensor loss = fast(x).square().mean();
    loss.backward();
    optimizer.step();
    return loss;
  });
  const Tensor x = randn({5, 6});
  const float first = step(x).item<float>();
  for (int i = 0; i < 20; ++i) step(x);
  CHECK(step(x).item<float>() < first);
  CHECK(step.report().captures == 1);
  CHECK(fast.report().captures == 1);  // of the call that ran eagerly
}
