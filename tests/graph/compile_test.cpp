#include <sinter/core/allocator.h>
#include <sinter/graph/compile.h>
#include <sinter/sinter.h>

#include <catch2/catch.hpp>

using namespace sinter;
namespace F = sinter::nn::functional;

namespace {

struct NetImpl : nn::Module {
  NetImpl()
      : conv(register_module("conv", nn::Conv2d(nn::Conv2dOptions(1, 8, 3).padding(1)))),
        bn(register_module("bn", nn::BatchNorm2d(8))),
        conv2(register_module("conv2", nn::Conv2d(nn::Conv2dOptions(8, 8, 3).padding(1)))),
        fc(register_module("fc", nn::Linear(8 * 4 * 4, 10))) {}
  Tensor forward(const Tensor& x) {
    Tensor y = relu(bn(conv(x)));
    y = y + conv2(y) * 0.5;
    y.mul_(2);
    y = F::dropout(y, F::DropoutFuncOptions().p(0.25).training(is_training()));
    return fc(max_pool2d(y, 2).flatten(1));
  }
  nn::Conv2d conv;
  nn::BatchNorm2d bn;
  nn::Conv2d conv2;
  nn::Linear fc;
};
SINTER_MODULE(Net);

template <class Optimizer>
struct Trainer {
  Net net;
  Optimizer optimizer;
  template <class Options>
  explicit Trainer(const Options& options) : optimizer(net->parameters(), options) {}
  Tensor step(const Tensor& x, const Tensor& y) {
    optimizer.zero_grad();
    const Tensor loss = F::cross_entropy(net(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  }
};

void check_same(nn::Module& a, nn::Module& b) {
  const auto x = a.state_dict();
  const auto y = b.state_dict();
  for (const auto& item : x) {
    INFO(item.key());
    CHECK(item->equal(y[item.key()]));
  }
  const auto p = a.named_parameters();
  const auto q = b.named_parameters();
  for (const auto& item : p) {
    INFO("gradient of " << item.key());
    CHECK(item->grad().equal(q[item.key()].grad()));
  }
}

template <class Optimizer, class Options>
void train_ten_steps(const Options& options) {
  manual_seed(1);
  Trainer<Optimizer> eager(options);
  manual_seed(1);
  Trainer<Optimizer> compiled(options);
  auto step =
      graph::compile_step([&](const Tensor& x, const Tensor& y) { return compiled.step(x, y); });
  const Tensor x = randn({10, 16, 1, 8, 8});
  const Tensor y = randint(10, {10, 16});
  manual_seed(3);
  std::vector<Tensor> losses;
  for (int i = 0; i < 10; ++i) losses.push_back(eager.step(x[i], y[i]).detach());
  const auto state = default_generator().get_state();
  manual_seed(3);
  for (int i = 0; i < 10; ++i) {
    INFO("step " << i);
    CHECK(step(x[i], y[i]).equal(losses[static_cast<std::size_t>(i)]));
  }
  CHECK(default_generator().get_state().offset == state.offset);
  check_same(*eager.net, *compiled.net);
  const graph::CompileReport report = step.report();
  INFO(report.reason);
  CHECK(report.captures == 1);
  CHECK(report.allocations == 0);
}

}  // namespace

TEST_CASE("a compiled module gives the bits of the eager one") {
  manual_seed(1);
  Net net;
  net->eval();
  const NoGradGuard no_grad;
  auto compiled = graph::compile(net);
  for (int i = 0; i < 3; ++i) {
    const Tensor x = randn({2, 1, 8, 8});
    CHECK(compiled(x).equal(net(x)));
  }
  const graph::CompileReport report = compiled.report();
  CHECK(report.captures == 1);
  CHECK(report.allocations == 0);
}

TEST_CASE("ten compiled steps of SGD with momentum give the bits of eager ones") {
  train_ten_steps<optim::SGD>(optim::SGDOptions(0.1).momentum(0.9).weight_decay(1e-4));
}

TEST_CASE("ten compiled steps of Adam give the bits of eager ones") {
  train_ten_steps<optim::Adam>(optim::AdamOptions(1e-2));
}

TEST_CASE("a compiled step follows the learning rate") {
  manual_seed(1);
  Trainer<optim::SGD> eager(optim::SGDOptions(0.1));
  manual_seed(1);
  Trainer<optim::SGD> compiled(optim::SGDOptions(0.1));
  auto step =
      graph::compile_step([&](const Tensor& x, const Tensor& y) { return compiled.step(x, y); });
  const Tensor x = randn({4, 1, 8, 8});
  const Tensor y = randint(10, {4});
  for (int i = 0; i < 5; ++i) {
    for (auto* trainer : {&eager, &compiled}) {
      trainer->optimizer.param_groups()[0].options().set_lr(0.1 / (i + 1));
    }
    manual_seed(7);
    const Tensor expected = eager.step(x, y);
    manual_seed(7);
    CHECK(step(x, y).equal(expected));
  }
  check_same(*eager.net, *compiled.net);
  CHECK(step.report().captures == 1);
}

TEST_CASE("a step is captured anew for other inputs and modes, and says why") {
  Trainer<optim::SGD> trainer(optim::SGDOptions(0.1));
  auto step =
      graph::compile_step([&](const Tensor& x, const Tensor& y) { return trainer.step(x, y); });
  const auto run = [&](std::int64_t batch) {
    step(randn({batch, 1, 8, 8}), randint(10, {batch}));
    return step.report();
  };
  CHECK(run(4).reason == "the first call runs eagerly");
  CHECK(run(4).reason == "first capture");
  CHECK(run(3).reason == "input 0 has sizes [3, 1, 8, 8], not [4, 1, 8, 8]");
  CHECK(run(4).captures == 2);
  trainer.net->eval();
  CHECK(run(4).reason.find("is in evaluation mode") != std::string::npos);
  trainer.net->train();
  CHECK(run(4).captures == 3);
  CHECK(step.report().programs == 3);
}

TEST_CASE("what a step makes from C++ values is refused") {
  Tensor total = zeros({2});
  auto step = graph::compile_step([&](const Tensor& x) {
    const NoGradGuard no_grad;
    total.add_(x * tensor({1.0F, 2.0F}));
    return total * 1;
  });
  step(ones({2}));
  CHECK_THROWS_WITH(step(ones({2})),
                    Catch::StartsWith("[compile_step] a tensor was made inside the call"));
}

TEST_CASE("a write through a view finds the memory that a result took over") {
  // What is written lies where the product, which nobody reads any more, lay.
  struct WriterImpl : nn::Module {
    Tensor forward(const Tensor& x) {
      const Tensor product = x.matmul(x);
      Tensor y = product * 2;
      y.select(0, 0).mul_(3);
      return y.sum(0);
    }
  };
  const NoGradGuard no_grad;
  nn::ModuleHolder<WriterImpl> module(std::make_shared<WriterImpl>());
  auto compiled = graph::compile(module);
  const Tensor x = randn({40, 40});
  CHECK(compiled(x).equal(module(x)));
  CHECK(compiled(x).equal(module(x)));
}

TEST_CASE("programs for several batches share their arena and the gradients") {
  Trainer<optim::SGD> t(optim::SGDOptions(0.1));
  auto step = graph::compile_step([&](const Tensor& x, const Tensor& y) { return t.step(x, y); });
  const auto run = [&](std::int64_t batch) {
    step(randn({batch, 1, 8, 8}), randint(10, {batch}));
    return t.net->fc->weight.grad().data_ptr();
  };
  run(32);
  void* const gradient = run(32);
  const std::int64_t before = cpu_allocator::stats().current_bytes;
  const auto arena = static_cast<std::int64_t>(step.report().memory.arena);
  CHECK(run(16) == gradient);
  CHECK(run(32) == gradient);
  CHECK(step.report().programs == 2);
  CHECK(cpu_allocator::stats().current_bytes - before < arena / 4);
}
