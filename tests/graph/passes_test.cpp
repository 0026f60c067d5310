// Each pass on a graph made for it: what it changes, and what it must leave alone.
#include <sinter/graph/compile.h>
#include <sinter/graph/interpreter.h>
#include <sinter/graph/passes/pass.h>
#include <sinter/graph/rewrite_limit.h>
#include <sinter/graph/trace.h>
#include <sinter/nn/models/models.h>
#include <sinter/sinter.h>

#include <catch2/catch.hpp>

using namespace sinter;
using graph::GraphModule;
using graph::Kind;

namespace {

std::size_t count_ops(const graph::Graph& graph, std::string_view name) {
  std::size_t count = 0;
  for (const graph::Node* node : graph.nodes()) {
    count += node->is(Kind::op) && node->target() == name ? 1 : 0;
  }
  return count;
}

// Runs a pass on what a function is captured as; the results must stay the same bits.
template <class P, class F>
GraphModule run_pass(F&& function, const std::vector<Tensor>& inputs, std::size_t rewrites) {
  GraphModule module = graph::trace(function, inputs);
  const auto copies = [&] {
    std::vector<Tensor> out;
    for (const Tensor& input : inputs) out.push_back(input.clone());
    return out;
  };
  const std::vector<Tensor> before = module->run(copies());
  CHECK(P().run(module->graph()) == rewrites);
  module->graph().lint();
  INFO(module->graph().str());
  const std::vector<Tensor> after = module->run(copies());
  REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < after.size(); ++i) CHECK(after[i].equal(before[i]));
  return module;
}

}  // namespace

TEST_CASE("dead calls go, writes and random numbers stay") {
  const auto module = run_pass<graph::EliminateDeadCode>(
      [](const Tensor& x) {
        Tensor unused = x.exp() + 1;
        Tensor y = x * 2;
        y.mul_(3);
        return y;
      },
      {randn({3, 4})}, 2);
  CHECK(module->graph().str().find("mul_(") != std::string::npos);
  GraphModule draws = graph::trace(
      [](const Tensor& x) {
        dropout(x, 0.5);
        return x + 1;
      },
      {ones({4})});
  CHECK(graph::EliminateDeadCode().run(draws->graph()) == 0);
}

TEST_CASE("equal calls are computed once") {
  const auto module = run_pass<graph::EliminateCommonSubexpressions>(
      [](const Tensor& x) { return (x * 2).exp() + (x * 2).exp() + x * 2.0; }, {randn({5})}, 2);
  // A floating number is not an integer: it may promote differently.
  CHECK(count_ops(module->graph(), "mul") == 2);
}

TEST_CASE("calls around a write, and random ones, are not equal") {
  run_pass<graph::EliminateCommonSubexpressions>(
      [](const Tensor& x) {
        Tensor y = x * 1;
        const Tensor a = y.view({-1}).sum();
        y.add_(1);
        const Tensor b = y.view({-1}).sum();
        return a + b;
      },
      {randn({2, 3})}, 0);
  GraphModule draws =
      graph::trace([](const Tensor& x) { return dropout(x, 0.5) + dropout(x, 0.5); }, {ones({8})});
  CHECK(graph::EliminateCommonSubexpressions().run(draws->graph()) == 0);
}

TEST_CASE("what depends on constants only is computed once") {
  const auto module = run_pass<graph::FoldConstants>(
      [](const Tensor& x) { return x + arange(4).to(kFloat32).mul(2).exp(); }, {randn({3, 4})}, 4);
  CHECK(count_ops(module->graph(), "exp") == 0);
}

TEST_CASE("in-place calls on memory of the graph's own become functional") {
  const auto own = run_pass<graph::Functionalise>(
      [](const Tensor& x) {
        Tensor y = x * 2;
        y.add_(1).relu_();
        return y;
      },
      {randn({6})}, 2);
  for (const graph::Node* node : own->graph().nodes()) CHECK_FALSE(node->in_place());
  // The caller sees its tensor change; a view's base changes with it; an old view sees the write.
  run_pass<graph::Functionalise>([](Tensor x) { return x.add_(1); }, {randn({6})}, 0);
  run_pass<graph::Functionalise>(
      [](const Tensor& x) {
        Tensor y = x * 2;
        y.select(0, 0).mul_(3);
        return y;
      },
      {randn({3, 2})}, 0);
  run_pass<graph::Functionalise>(
      [](const Tensor& x) {
        Tensor y = x * 2;
        const Tensor row = y.select(0, 0);
        y.mul_(3);
        return row + 1;
      },
      {randn({3, 2})}, 0);
}

TEST_CASE("neighbouring pointwise calls of one shape become regions") {
  const auto module = run_pass<graph::FusePointwise>(
      [](const Tensor& x, const Tensor& y, const Tensor& bias) {
        const Tensor a = relu(x * 2 + bias);
        const Tensor b = where(a > 0.5, a.exp(), y);
        return std::make_tuple(b.sum(1), (b - y) / 3, a.to(kFloat64) + 1.0);
      },
      {randn({33, 70}), randn({33, 70}), randn({70})}, 1);
  CHECK(module->graph().size() < 10);
}

TEST_CASE("fused regions give the eager bits for every dtype and layout") {
  const NoGradGuard no_grad;
  const auto program = [](const Tensor& x, const Tensor& y) {
    const Tensor a = x * y + 1;
    const Tensor b = a.lt(y);
    return std::make_tuple(where(b, a, y) - x, b.logical_not(), (a * a).neg());
  };
  for (const DType dtype : {kFloat32, kFloat64, kFloat16, kBFloat16, kInt32, kUInt8}) {
    for (const auto& make : std::initializer_list<Tensor (*)(const Tensor&)>{
             [](const Tensor& t) { return t; },
             [](const Tensor& t) { return t.t().contiguous().t(); },
             [](const Tensor& t) { return t.slice(0, 0, 70, 2); }}) {
      const Tensor x = make((randn({70, 1031}) * 4).abs().to(dtype));
      const Tensor y = make((randn({70, 1031}) * 4).abs().to(dtype));
      GraphModule module = graph::trace(program, {x, y});
      INFO(dtype << " " << x.strides());
      const std::vector<Tensor> expected = module->run({x, y});
      const auto fused = module->graph().copy();
      CHECK(graph::FusePointwise().run(*fused) >= 1);
      struct HolderImpl : nn::Module {
        std::tuple<Tensor, Tensor, Tensor> forward(const Tensor& a, const Tensor& b) {
          const auto values = run(a, b);
          return values;
        }
        std::tuple<Tensor, Tensor, Tensor> (*run)(const Tensor&, const Tensor&) = nullptr;
      };
      auto holder = std::make_shared<HolderImpl>();
      holder->run = +program;
      auto compiled = graph::compile(nn::ModuleHolder<HolderImpl>(holder));
      const auto [a, b, c] = compiled(x, y);
      CHECK(a.equal(expected[0]));
      CHECK(b.equal(expected[1]));
      CHECK(c.equal(expected[2]));
      CHECK(compiled.report().allocations == 0);
    }
  }
}

TEST_CASE("batch norms are folded into the convolutions before them") {
  const NoGradGuard no_grad;
  manual_seed(3);
  auto net = nn::models::small_resnet(1, 10, {8, 16}, {1, 1});
  for (int i = 0; i < 3; ++i) net(randn({8, 1, 8, 8}));
  net->eval();
  const Tensor x = randn({4, 1, 8, 8});
  GraphModule module = graph::trace(net, {x});
  const std::size_t norms = module->graph().find<nn::BatchNorm2d>().size();
  CHECK(norms == 6);
  CHECK(graph::FoldConvBatchNorm().run(module->graph()) == norms);
  module->graph().lint();
  CHECK(module->graph().find<nn::BatchNorm2d>().empty());
  CHECK(allclose(module(x), net(x), 1e-4, 1e-5));
  net->train();
  GraphModule training = graph::trace(net, {x});
  CHECK(graph::FoldConvBatchNorm().run(training->graph()) == 0);
}

TEST_CASE("a convolution that is called twice keeps its batch norms") {
  struct TwiceImpl : nn::Module {
    TwiceImpl()
        : conv(register_module("conv", nn::Conv2d(nn::Conv2dOptions(2, 2, 3).padding(1)))),
          a(register_module("a", nn::BatchNorm2d(2))),
          b(register_module("b", nn::BatchNorm2d(2))) {}
    Tensor forward(const Tensor& x) { return b(conv(a(conv(x)))); }
    nn::Conv2d conv;
    nn::BatchNorm2d a, b;
  };
  nn::ModuleHolder<TwiceImpl> net(std::make_shared<TwiceImpl>());
  net->eval();
  GraphModule module = graph::trace(net, {randn({1, 2, 4, 4})});
  CHECK(graph::FoldConvBatchNorm().run(module->graph()) == 0);
}

TEST_CASE("fast programs fold and fuse, within the tolerance") {
  const NoGradGuard no_grad;
  manual_seed(3);
  auto net = nn::models::small_resnet(1, 10, {8, 16}, {1, 1});
  for (int i = 0; i < 3; ++i) net(randn({8, 1, 8, 8}));
  net->eval();
  auto exact = graph::compile(net);
  graph::CompileOptions options;
  options.fast = true;
  auto fast = graph::compile(net, options);
  const Tensor x = randn({4, 1, 8, 8});
  CHECK(exact(x).equal(net(x)));
  CHECK(allclose(fast(x), net(x), 1e-4, 1e-5));
  CHECK(fast.graph_text().find("relu=true") != std::string::npos);
  CHECK(fast.report().steps < exact.report().steps);
}

TEST_CASE("every pass asks for each of its rewrites, so that a wrong one can be found by halves") {
  const Tensor constant = arange(6).to(kFloat32);
  const auto function = [&](const Tensor& x) {
    const Tensor unused = x.exp();
    Tensor y = (x.sin() + x.sin()).clone();
    y.mul_(graph::captured_constant(constant) * 2);
    return (y.tanh() * x.cos()).sum();
  };
  const Tensor x = randn({5, 6});
  const Tensor expected = function(x);
  const auto run = [&](std::optional<std::size_t> limit) {
    GraphModule module = graph::trace(function, {x});
    const std::string before = module->graph().str(false);
    graph::set_rewrite_limit(limit);
    const std::size_t made = graph::run_passes(module->graph(), graph::default_passes());
    CHECK(made == graph::rewrites_made());
    graph::set_rewrite_limit(std::nullopt);
    module->graph().lint();
    CHECK(module(x).equal(expected));
    CHECK((module->graph().str(false) == before) == (made == 0));
    return made;
  };
  const std::size_t all = run(std::nullopt);
  CHECK(all >= 6);
  for (std::size_t limit = 0; limit <= all + 1; ++limit) CHECK(run(limit) == std::min(limit, all));
}
