#include <sinter/graph/rewrite.h>
#include <sinter/graph/rewrite_limit.h>
#include <sinter/graph/transformer.h>
#include <sinter/sinter.h>

#include <catch2/catch.hpp>

using namespace sinter;

namespace {

std::size_t count(const graph::GraphModule& module, const std::string& op) {
  std::size_t out = 0;
  for (const graph::Node* node : module->graph().nodes()) out += node->target() == op ? 1 : 0;
  return out;
}

const auto relu_neg = [](const Tensor& x) { return relu(x).neg(); };
const auto clamped = [](const Tensor& x) { return clamp_max(-x, 0); };

struct ReluToTanh : graph::Transformer {
  using Transformer::Transformer;
  std::vector<Tensor> call_op(graph::Node& node, const std::vector<Tensor>& inputs) override {
    if (node.target() == "relu") return {tanh(inputs[0]) * 2};
    return Transformer::call_op(node, inputs);
  }
};

struct SmallImpl : nn::Module {
  SmallImpl() : fc(register_module("fc", nn::Linear(6, 4))) {}
  Tensor forward(const Tensor& x) { return relu(fc(x.flatten(1))).sum(1); }
  nn::Linear fc;
};
SINTER_MODULE(Small);

}  // namespace

TEST_CASE("a transformer records what replaces a node") {
  Small net;
  const Tensor x = randn({3, 2, 3});
  graph::GraphModule gm = graph::trace(net, {x});
  graph::GraphModule changed = ReluToTanh(*gm).transform();
  changed->graph().lint();
  CHECK(count(changed, "relu") == 0);
  CHECK(count(changed, "tanh") == 1);
  CHECK(count(gm, "relu") == 1);
  CHECK(changed->graph().find<nn::Linear>().size() == 1);
  CHECK(changed->graph().inputs()[0]->name() == "input0");
  const auto expected = [&](const Tensor& in) { return (tanh(net->fc(in.flatten(1))) * 2).sum(1); };
  CHECK(changed(x).equal(expected(x)));
  SECTION("for any batch size, if the old graph did so") {
    CHECK(changed->graph().batch() == 3);
    const Tensor more = randn({5, 2, 3});
    CHECK(changed(more).equal(expected(more)));
  }
  SECTION("and says where it comes from") {
    const graph::Node* old = gm->graph().find("relu");
    const graph::Node* made = changed->graph().find("tanh");
    CHECK(made->provenance().trace == old->provenance().trace);
  }
  SECTION("sharing the parameters") {
    CHECK(changed->state_dict().size() == 2);
    CHECK(changed->graph().find_tensor("fc.weight").is_same(net->fc->weight));
  }
}

TEST_CASE("a transformer that changes nothing gives the same graph") {
  Small net;
  graph::GraphModule gm = graph::trace(net, {randn({3, 2, 3})});
  graph::GraphModule same = graph::Transformer(*gm).transform();
  CHECK(same->graph().str() == gm->graph().str());
}

TEST_CASE("a pattern is replaced wherever it is found") {
  const auto program = [](const Tensor& x, const Tensor& y) {
    const Tensor a = relu(x).neg();
    const Tensor b = relu(y.flatten(1)).neg();
    return a.sum() + b.sum();
  };
  const Tensor x = randn({4});
  const Tensor y = randn({2, 3, 2});
  graph::GraphModule gm = graph::trace(program, {x, y});
  CHECK(graph::replace_pattern(*gm, relu_neg, clamped) == 2);
  INFO(gm->graph().str());
  gm->graph().lint();
  CHECK(count(gm, "relu") == 0);
  CHECK(gm(x, y).equal(program(x, y)));
  const graph::Node* made = gm->graph().find("neg_2");
  REQUIRE(made != nullptr);
  CHECK(made->provenance().pass == "replace_pattern");
  CHECK(made->provenance().originals == std::vector<std::string>{"relu", "neg"});
}

TEST_CASE("patterns match attributes, numbers and the order of operands exactly") {
  const auto program = [](const Tensor& x) {
    return softmax(x, 1) * 2 + softmax(x, 0) * 2 + softmax(x, 1) * 3;
  };
  graph::GraphModule gm = graph::trace(program, {randn({2, 3})});
  const auto pattern = [](const Tensor& x) { return softmax(x, -1) * 2; };
  const auto replacement = [](const Tensor& x) { return exp(log_softmax(x, -1)) * 2; };
  CHECK(graph::replace_pattern(*gm, pattern, replacement) == 1);
  CHECK(count(gm, "softmax") == 2);
  gm->graph().lint();
  const auto subtract = [](const Tensor& a, const Tensor& b) { return a.exp() - b; };
  graph::GraphModule other = graph::trace(
      [](const Tensor& a, const Tensor& b) { return b - a.exp(); }, {randn({2}), randn({2})});
  CHECK(graph::replace_pattern(*other, subtract, subtract) == 0);
}

TEST_CASE("a replacement describes what follows it anew") {
  graph::GraphModule gm = graph::trace([](const Tensor& x) { return relu(x).neg().flatten(1) + 1; },
                                       {randn({2, 3, 4})});
  const auto doubled = [](const Tensor& x) { return x.to(kFloat64).clamp_min(0).neg(); };
  CHECK(graph::replace_pattern(*gm, relu_neg, doubled) == 1);
  gm->graph().lint();
  CHECK(gm->graph().results()[0].meta().dtype == kFloat64);
  const Tensor x = randn({5, 3, 4});
  CHECK(gm(x).equal(doubled(x).flatten(1) + 1));
}

TEST_CASE("a replacement runs with any batch size") {
  graph::GraphModule gm =
      graph::trace([](const Tensor& x) { return relu(x).neg(); }, {randn({2, 6})});
  const auto by_view = [](const Tensor& x) {
    return clamp_max(-x.reshape({x.size(0), 2, 3}), 0).reshape({x.size(0), 6});
  };
  CHECK(graph::replace_pattern(*gm, relu_neg, by_view) == 1);
  CHECK(gm->graph().batch() == 2);
  const Tensor x = randn({7, 6});
  CHECK(gm(x).equal(relu(x).neg()));
}

TEST_CASE("a replacement may bring parameters and constants") {
  Small net;
  const Tensor x = randn({3, 2, 3});
  graph::GraphModule gm = graph::trace(net, {x});
  const Tensor shift = full({4}, 3);
  const auto pattern = [](const Tensor& a) { return relu(a); };
  const auto replacement = [&](const Tensor& a) {
    return relu(a) + net->fc->bias + graph::captured_constant(shift);
  };
  CHECK(graph::replace_pattern(*gm, pattern, replacement) == 1);
  gm->graph().lint();
  const Tensor y = relu(net->fc(x.flatten(1))) + net->fc->bias + shift;
  CHECK(gm(x).equal(y.sum(1)));
  CHECK(gm->state_dict().contains("_constant0"));
}

TEST_CASE("a match is rejected when an inner value is used outside") {
  const auto program = [](const Tensor& x) {
    const Tensor inner = relu(x);
    return inner.neg() + inner;
  };
  graph::GraphModule gm = graph::trace(program, {randn({4})});
  CHECK(graph::replace_pattern(*gm, relu_neg, clamped) == 0);
}

TEST_CASE("a match is rejected when memory it reads is written between its nodes") {
  const auto program = [](const Tensor& x) {
    Tensor copy = x.clone();
    const Tensor a = copy.exp();
    copy.add_(1);
    return a - copy;
  };
  const auto pattern = [](const Tensor& a, const Tensor& b) { return a.exp() - b; };
  graph::GraphModule gm = graph::trace(program, {randn({4})});
  CHECK(graph::replace_pattern(*gm, pattern, pattern) == 0);
  const auto untouched = [](const Tensor& x) {
    Tensor copy = x.clone();
    Tensor other = x.clone();
    const Tensor a = copy.exp();
    other.add_(1);
    return a - other;
  };
  graph::GraphModule fine = graph::trace(untouched, {randn({4})});
  // other is an argument of the match, and is written between exp and the difference.
  CHECK(graph::replace_pattern(*fine, pattern, pattern) == 0);
  const auto elsewhere = [](const Tensor& x) {
    const Tensor copy = x.clone();
    Tensor other = x.clone();
    const Tensor a = copy.exp();
    other.add_(1);
    return (a - copy) + other;
  };
  graph::GraphModule apart = graph::trace(elsewhere, {randn({4})});
  CHECK(graph::replace_pattern(*apart, pattern, pattern) == 1);
  apart->graph().lint();
  const Tensor x = randn({4});
  CHECK(apart(x).equal(elsewhere(x)));
}

TEST_CASE("a match is rejected when its result would share memory that is written later") {
  const auto pattern = [](const Tensor& x) { return x.neg().neg(); };
  const auto identity = [](const Tensor& x) { return x; };
  const auto writing = [](const Tensor& x) {
    const Tensor source = x.clone();
    Tensor y = source.neg().neg();
    y.add_(1);
    return source + y;
  };
  graph::GraphModule gm = graph::trace(writing, {randn({4})});
  CHECK(graph::replace_pattern(*gm, pattern, identity) == 0);
  const auto reading = [](const Tensor& x) {
    const Tensor source = x.clone();
    return source + source.neg().neg();
  };
  graph::GraphModule fine = graph::trace(reading, {randn({4})});
  CHECK(graph::replace_pattern(*fine, pattern, identity) == 1);
  fine->graph().lint();
  const Tensor x = randn({4});
  CHECK(fine(x).equal(reading(x)));
}

TEST_CASE("a match that writes an argument is replaced only by what writes it too") {
  const auto program = [](const Tensor& x) {
    Tensor y = x.clone();
    y.mul_(2).add_(1);
    return y;
  };
  const auto pattern = [](Tensor y) { return y.mul_(2).add_(1); };
  graph::GraphModule gm = graph::trace(program, {randn({4})});
  CHECK(graph::replace_pattern(*gm, pattern, [](Tensor y) { return y * 2 + 1; }) == 0);
  CHECK(graph::replace_pattern(*gm, pattern, [](Tensor y) { return y.copy_(y * 2 + 1); }) == 1);
  gm->graph().lint();
  const Tensor x = randn({4});
  CHECK(gm(x).equal(program(x)));
}

TEST_CASE("a pattern may have several results") {
  const auto program = [](const Tensor& x) {
    const Tensor r = relu(x).neg();
    return r * x.exp();
  };
  const auto pattern = [](const Tensor& x) { return std::vector<Tensor>{relu(x), x.exp()}; };
  const auto swap = [](const Tensor& x) { return std::vector<Tensor>{clamp_min(x, 0), x.exp2()}; };
  const Tensor x = randn({4});
  graph::GraphModule gm = graph::trace(program, {x});
  // The value of relu is used before exp is there.
  CHECK(graph::replace_pattern(*gm, pattern, swap) == 0);
  const auto later = [](const Tensor& a) {
    const Tensor r = relu(a);
    const Tensor e = a.exp();
    return r * e;
  };
  graph::GraphModule fine = graph::trace(later, {x});
  CHECK(graph::replace_pattern(*fine, pattern, swap) == 1);
  fine->graph().lint();
  CHECK(fine(x).equal(clamp_min(x, 0) * x.exp2()));
}

TEST_CASE("SINTER_REWRITE_LIMIT counts single rewrites") {
  const auto program = [](const Tensor& x) { return relu(relu(relu(x).neg()).neg()).neg(); };
  graph::GraphModule gm = graph::trace(program, {randn({4})});
  graph::set_rewrite_limit(2);
  CHECK(graph::replace_pattern(*gm, relu_neg, clamped) == 2);
  CHECK(graph::rewrites_made() == 2);
  CHECK(graph::replace_pattern(*gm, relu_neg, clamped) == 0);
  graph::set_rewrite_limit(std::nullopt);
  CHECK(graph::replace_pattern(*gm, relu_neg, clamped) == 1);
  CHECK(count(gm, "relu") == 0);
}

TEST_CASE("replace_pattern refuses patterns that mean nothing") {
  graph::GraphModule gm = graph::trace([](const Tensor& x) { return relu(x); }, {randn({4})});
  const auto identity = [](const Tensor& x) { return x; };
  const auto two = [](const Tensor& x, const Tensor&) { return relu(x); };
  const auto list = [](const Tensor& x) { return std::vector<Tensor>{x, x}; };
  const auto one = [](const Tensor& x) { return relu(x); };
  CHECK_THROWS_WITH(graph::replace_pattern(*gm, identity, identity),
                    "[replace_pattern] each result of the pattern must come from an op; got a "
                    "pattern of 2 nodes");
  CHECK_THROWS_WITH(graph::replace_pattern(*gm, two, two),
                    "[replace_pattern] the pattern must use all its arguments; got input1, which "
                    "it does not use");
  CHECK_THROWS_WITH(
      graph::replace_pattern(*gm, one, two),
      "[replace_pattern] pattern and replacement must take as many tensors; got 1 and 2");
  CHECK_THROWS_WITH(
      graph::replace_pattern(*gm, one, list),
      "[replace_pattern] the replacement must return as many tensors as the pattern, 1; got 2");
  CHECK_THROWS_WITH(graph::replace_pattern(*gm, one, one, {ones({2}), ones({2})}),
                    "[replace_pattern] there must be an example for each of the 1 arguments; got "
                    "2");
}
