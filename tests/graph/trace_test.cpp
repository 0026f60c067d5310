#include <sinter/graph/graph_module.h>
#include <sinter/graph/interpreter.h>
#include <sinter/graph/trace.h>
#include <sinter/sinter.h>

#include <catch2/catch.hpp>

using namespace sinter;

namespace {

struct NetImpl : nn::Module {
  NetImpl()
      : conv(register_module("conv", nn::Conv2d(nn::Conv2dOptions(1, 4, 3).padding(1)))),
        bn(register_module("bn", nn::BatchNorm2d(4))),
        fc(register_module("fc", nn::Linear(256, 10))) {
    scale = register_parameter("scale", ones({10}));
  }
  Tensor forward(const Tensor& x) {
    Tensor y = relu(bn(conv(x)));
    y.mul_(2);
    return fc(dropout(y, 0.5, is_training()).flatten(1)) * scale + 1.5;
  }
  nn::Conv2d conv;
  nn::BatchNorm2d bn;
  nn::Linear fc;
  Tensor scale;
};
SINTER_MODULE(Net);

}  // namespace

TEST_CASE("a call that draws nothing takes no numbers from those that follow") {
  const auto function = [](const Tensor& x) {
    return std::tuple(sinter::rand({0}), sinter::rand_like(x), sinter::rand_like(x));
  };
  const Tensor x = ones({4});
  auto module = graph::trace(function, {x});
  manual_seed(1);
  const auto [nothing, a, b] = function(x);
  manual_seed(1);
  const std::vector<Tensor> got = module->run({x});
  CHECK(got[1].equal(a));
  CHECK(got[2].equal(b));
}

TEST_CASE("a module becomes a graph that computes the same") {
  manual_seed(1);
  Net net;
  manual_seed(1);
  Net twin;
  const Tensor x = randn({2, 1, 8, 8});
  const auto before = default_generator().get_state();
  graph::GraphModule gm = graph::trace(net, {x});
  INFO(gm->graph().str());
  gm->graph().lint();
  CHECK(default_generator().get_state().offset == before.offset);
  CHECK(net->bn->num_batches_tracked.item<int>() == 0);
  manual_seed(2);
  const Tensor expected = twin(x);
  manual_seed(2);
  const Tensor got = gm(x);
  CHECK(got.equal(expected));
  CHECK(net->bn->running_mean.equal(twin->bn->running_mean));
  CHECK(net->bn->num_batches_tracked.item<int>() == 1);
  CHECK(gm->graph().find<nn::BatchNorm2d>().size() == 1);
  const auto keys = net->state_dict();
  const auto graph_keys = gm->state_dict();
  REQUIRE(graph_keys.size() == keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) CHECK(graph_keys[i].key() == keys[i].key());
}

TEST_CASE("a graph runs with any batch when the program does") {
  Net net;
  net->eval();
  graph::GraphModule gm = graph::trace(net, {randn({2, 1, 8, 8})});
  CHECK(gm->graph().batch() == 2);
  const Tensor x = randn({5, 1, 8, 8});
  CHECK(gm(x).equal(net(x)));
}

TEST_CASE("a lowered graph has ops only and computes the same") {
  Net net;
  net->eval();
  const Tensor x = randn({2, 1, 8, 8});
  graph::GraphModule gm = graph::trace(net, {x});
  const auto low = graph::lower(*gm, {x});
  low->lint();
  for (const graph::Node* node : low->nodes()) CHECK_FALSE(node->is(graph::Kind::module));
  CHECK(graph::Interpreter(*low).run({x})[0].equal(net(x)));
}

TEST_CASE("reading a value while capturing names the line") {
  const auto branch = [](const Tensor& x) { return x.sum().item<float>() > 0 ? x : -x; };
  CHECK_THROWS_WITH(graph::trace(branch, {ones({2})}),
                    Catch::StartsWith("[item] a fake tensor has no elements; got sizes []: values "
                                      "are not known while a graph is captured; it was read at "
                                      "trace_test.cpp:") &&
                        Catch::Contains("the result of sum (trace_test.cpp:") &&
                        Catch::EndsWith("graph::captured_constant()"));
}

TEST_CASE("a tensor that nobody declared is refused, or made a constant") {
  const Tensor hidden = full({2}, 3);
  const auto use = [&](const Tensor& x) { return x + hidden; };
  CHECK_THROWS_WITH(
      graph::trace(use, {ones({2})}),
      Catch::Contains("[trace] a tensor that is neither an argument nor a parameter"));
  const auto declare = [&](const Tensor& x) { return x + graph::captured_constant(hidden); };
  graph::GraphModule gm = graph::trace(declare, {ones({2})});
  CHECK(gm(ones({2})).equal(full({2}, 4)));
}

TEST_CASE("lowering may read buffers where it is told to, and only then") {
  struct ScaledImpl : nn::Module {
    ScaledImpl() : factor(register_buffer("factor", tensor(3.0))) {}
    Tensor forward(const Tensor& x) { return x * factor.item(); }
    Tensor factor;
  };
  auto scaled = std::make_shared<ScaledImpl>();
  const Tensor x = randn({2});
  const auto program = [scaled](const Tensor& t) { return scaled->forward(t); };
  CHECK_THROWS_AS(graph::trace(program, {x}, scaled.get()), Error);
  graph::TraceOptions options;
  options.read_values = true;
  CHECK(graph::trace(program, {x}, scaled.get(), options)->forward(x).equal(x * 3));
  CHECK_THROWS_AS(graph::trace(program, {x}, scaled.get()), Error);
}
