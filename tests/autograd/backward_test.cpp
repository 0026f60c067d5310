#include "autograd_testing.h"

namespace autograd = sinter::autograd;
using namespace sinter;
using namespace sinter::testing;

TEST_CASE("the gradient of a sum of products is the other factor") {
  const Tensor w = leaf({1, 2, 3});
  const Tensor b = leaf({4, 5, 6});
  (w * b).sum().backward();
  CHECK(elements(w.grad()) == Numbers{4, 5, 6});
  CHECK(elements(b.grad()) == Numbers{1, 2, 3});
}

TEST_CASE("gradients of several passes add up in the leaf") {
  const Tensor w = leaf({2});
  for (int i = 0; i < 3; ++i) (w * w).backward();
  CHECK(elements(w.grad()) == Numbers{12});
  w.mutable_grad().reset();
  CHECK_FALSE(w.grad().defined());
}

TEST_CASE("a tensor used several times gets the sum of its gradients") {
  const Tensor w = leaf({3});
  const Tensor y = w * w;
  (y * w + y).backward();
  CHECK(elements(w.grad()) == Numbers{3 * 9 + 2 * 3});
}

TEST_CASE("a gradient that two tensors share is not summed in place") {
  const Tensor a = leaf({1, 2});
  const Tensor b = leaf({3, 4});
  // add passes one gradient on to both inputs; a gets a second one.
  const Tensor y = (a + b) + a * 10;
  y.backward(values({1, 1}));
  CHECK(elements(a.grad()) == Numbers{11, 11});
  CHECK(elements(b.grad()) == Numbers{1, 1});
  CHECK_FALSE(a.grad().is_same(b.grad()));
  a.mutable_grad().zero_();
  CHECK(elements(b.grad()) == Numbers{1, 1});
}

TEST_CASE("the gradient given to backward is not kept as a leaf's gradient") {
  const Tensor w = leaf({1, 2});
  const Tensor g = values({5, 6});
  (w + 0).backward(g);
  (w + 0).backward(g);
  CHECK(elements(w.grad()) == Numbers{10, 12});
  CHECK(elements(g) == Numbers{5, 6});
}

TEST_CASE("a constant gets no gradient and what depends on it alone is not recorded") {
  const Tensor w = leaf({3});
  const Tensor c = values({2});
  const Tensor y = w * c;
  CHECK(y.requires_grad());
  CHECK_FALSE((c * c).requires_grad());
  y.backward();
  CHECK_FALSE(c.grad().defined());
  CHECK(elements(w.grad()) == Numbers{2});
}

TEST_CASE("a node is named as PyTorch names it and leads to the accumulators") {
  const Tensor w = leaf({3});
  const Tensor y = w * values({2});
  REQUIRE(y.grad_fn());
  CHECK(y.grad_fn()->name() == "MulBackward0");
  CHECK(y.grad_fn()->next_edges().size() == 2);
  CHECK(y.grad_fn()->next_edge(0).function->name() == "AccumulateGrad");
  CHECK_FALSE(y.grad_fn()->next_edge(1).is_valid());
  CHECK_FALSE(y.is_leaf());
  CHECK(w.is_leaf());
  CHECK_FALSE(w.grad_fn());
  CHECK(autograd::backward_name("log_softmax") == "LogSoftmaxBackward0");
}

TEST_CASE("the graph is freed by backward unless it is retained") {
  const Tensor w = leaf({2});
  const Tensor y = w * w;
  y.backward({}, true);
  y.backward();
  CHECK(elements(w.grad()) == Numbers{8});
  CHECK(message_of([&] { y.backward(); }) ==
        "[backward] the graph was already freed; call backward with retain_graph=true to go "
        "through it again; got a second pass through MulBackward0");
}

TEST_CASE("a graph without saved tensors may be used again") {
  const Tensor w = leaf({2});
  const Tensor y = w + w;
  y.backward();
  y.backward();
  CHECK(elements(w.grad()) == Numbers{4});
}

TEST_CASE("the gradient can be left out for one element only") {
  const Tensor w = leaf({1, 2, 3, 4, 5, 6});
  const Tensor y = (w * w).view({2, 3});
  CHECK(message_of([&] { y.backward(); }) ==
        "[backward] gradient can be left out only for one-element tensors; got [2, 3]");
  CHECK(message_of([&] {
          y.backward(values({1, 2}));
        }) == "[backward] gradient 0 must have the shape of its tensor; got [2] for [2, 3]");
  CHECK(message_of([&] {
          y.backward(ones({2, 3}, kInt64));
        }) == "[backward] gradient 0 must be floating point; got i64");
}

TEST_CASE("backward needs a tensor that requires grad") {
  CHECK(message_of([] { values({1}).backward(); }) ==
        "[backward] tensor 0 does not require grad and has no grad_fn; got f64 [1]");
  CHECK(message_of([] { autograd::backward({Tensor()}); }) ==
        "[backward] tensor 0 must be defined; got an undefined tensor");
  const Tensor w = leaf({1});
  CHECK(message_of([&] {
          autograd::backward({w, w}, {values({1})});
        }) == "[backward] there must be one gradient per tensor; got 1 for 2");
}

TEST_CASE("backward of a leaf adds the gradient to itself") {
  const Tensor w = leaf({2});
  w.backward();
  CHECK(elements(w.grad()) == Numbers{1});
}

TEST_CASE("several roots run in one pass") {
  const Tensor w = leaf({2});
  const Tensor y = w * w;
  const Tensor z = y * w;
  autograd::backward({z, y}, {values({1}), values({10})});
  CHECK(elements(w.grad()) == Numbers{3 * 4 + 10 * 4});
}

TEST_CASE("grad returns gradients and leaves the leaves alone") {
  const Tensor a = leaf({2, 3});
  const Tensor b = leaf({4, 5});
  const Tensor y = (a * b).sum();
  const auto grads = autograd::grad({y}, {b, a}, {}, true);
  CHECK(elements(grads[0]) == Numbers{2, 3});
  CHECK(elements(grads[1]) == Numbers{4, 5});
  CHECK_FALSE(a.grad().defined());
  CHECK_FALSE(b.grad().defined());
}

TEST_CASE("grad stops at a tensor inside of the graph") {
  const Tensor w = leaf({3});
  const Tensor y = w * w;
  const Tensor z = y * y;
  CHECK(elements(autograd::grad({z}, {y}, {}, true)[0]) == Numbers{18});
  CHECK(elements(autograd::grad({z}, {y, w})[1]) == Numbers{4 * 27});
}

TEST_CASE("grad of an unused input is an error, or undefined when that is allowed") {
  const Tensor a = leaf({2});
  const Tensor b = leaf({4});
  const Tensor y = a * a;
  CHECK(message_of([&] {
          autograd::grad({y}, {a, b}, {}, true);
        }) ==
        "[grad] input 1 was not used in the graph of the outputs; pass allow_unused=true to get an "
        "undefined gradient for it; got f64 [1]");
  const auto grads = autograd::grad({y}, {a, b}, {}, false, false, true);
  CHECK(elements(grads[0]) == Numbers{4});
  CHECK_FALSE(grads[1].defined());
}

TEST_CASE("grad needs inputs that require grad") {
  const Tensor a = leaf({2});
  const Tensor y = a * a;
  CHECK(message_of([&] {
          autograd::grad({y}, {values({1})});
        }).starts_with("[grad] input 0 does not require grad; got "));
  CHECK(message_of([&] { autograd::grad({y}, {Tensor()}); }) ==
        "[grad] input 0 does not require grad; got an undefined tensor");
  CHECK(message_of([&] { autograd::grad({y}, {}); }) ==
        "[grad] there must be at least one input; got none");
}

TEST_CASE("backward restricted to inputs leaves other leaves alone") {
  const Tensor a = leaf({2});
  const Tensor b = leaf({3});
  const Tensor c = a * b;
  const Tensor y = c * c;
  y.backward({}, true, false, std::vector<Tensor>{a});
  CHECK(elements(a.grad()) == Numbers{2 * 6 * 3});
  CHECK_FALSE(b.grad().defined());
  // As in PyTorch, a tensor inside of the graph gets its gradient then.
  y.backward({}, false, false, std::vector<Tensor>{c});
  CHECK(elements(c.grad()) == Numbers{12});
  CHECK_FALSE(b.grad().defined());
}

TEST_CASE("gradients of gradients") {
  const Tensor w = leaf({2, 3});
  const Tensor y = (w * w * w).sum();
  const Tensor first = autograd::grad({y}, {w}, {}, true, true)[0];
  CHECK(elements(first) == Numbers{12, 27});
  const Tensor second = autograd::grad({first.sum()}, {w}, {}, true, true)[0];
  CHECK(elements(second) == Numbers{12, 18});
  const Tensor third = autograd::grad({second.sum()}, {w})[0];
  CHECK(elements(third) == Numbers{6, 6});
}

TEST_CASE("create_graph makes the gradient of a leaf differentiable") {
  const Tensor w = leaf({3});
  (w * w * w).backward({}, std::nullopt, true);
  CHECK(w.grad().requires_grad());
  const Tensor first = w.grad();
  w.mutable_grad().reset();
  first.backward();
  CHECK(elements(w.grad()) == Numbers{18});
}

TEST_CASE("second gradients through a saved output") {
  const Tensor w = leaf({0.5});
  const Tensor y = w.exp();
  const Tensor first = autograd::grad({y * y}, {w}, {}, true, true)[0];
  const Tensor second = autograd::grad({first}, {w})[0];
  CHECK(close(elements(second), {4 * std::exp(1.0)}));
}

TEST_CASE("gradients are converted to the dtype of what they belong to") {
  const Tensor w = leaf({1, 2}, kFloat32);
  const Tensor y = w * values({3, 4});
  CHECK(y.dtype() == kFloat64);
  y.sum().backward();
  CHECK(w.grad().dtype() == kFloat32);
  CHECK(elements(w.grad()) == Numbers{3, 4});
}

TEST_CASE("broadcast inputs get gradients of their own shape") {
  const Tensor row = leaf({1, 2, 3});
  const Tensor column = leaf({10, 20});
  (row * column.view({2, 1})).sum().backward();
  CHECK(elements(row.grad()) == Numbers{30, 30, 30});
  CHECK(elements(column.grad()) == Numbers{6, 6});
}

TEST_CASE("an output of integers requires no grad") {
  const Tensor w = leaf({3, 1, 2});
  const auto [largest, where] = w.max(0);
  CHECK(largest.requires_grad());
  CHECK_FALSE(where.requires_grad());
  (largest * 5).backward();
  CHECK(elements(w.grad()) == Numbers{5, 0, 0});
  CHECK_FALSE(w.argmax().requires_grad());
  CHECK_FALSE((w > 1.5).requires_grad());
}

TEST_CASE("the gradient of a contiguous leaf is contiguous") {
  const Tensor w = leaf({1, 2, 3, 4, 5, 6}).detach().view({2, 3}).set_requires_grad(true);
  const Tensor g = values({1, 2, 3, 4, 5, 6}).view({3, 2});
  w.t().backward(g);
  CHECK(w.grad().is_contiguous());
  CHECK_FALSE(w.grad().is_view());
  CHECK(elements(w.grad()) == Numbers{1, 3, 5, 2, 4, 6});
}

TEST_CASE("an empty tensor has an empty gradient") {
  const Tensor w = leaf({});
  (w * w).sum().backward();
  REQUIRE(w.grad().defined());
  CHECK(w.grad().numel() == 0);
}

TEST_CASE("a leaf that is gone does not keep backward from running") {
  const Tensor a = leaf({2});
  Tensor y;
  {
    const Tensor b = leaf({3});
    y = a * b;
  }
  y.backward();
  CHECK(elements(a.grad()) == Numbers{3});
}
