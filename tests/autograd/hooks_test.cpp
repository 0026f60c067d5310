#include "autograd_testing.h"

namespace autograd = sinter::autograd;
using namespace sinter;
using namespace sinter::testing;

TEST_CASE("a hook sees the gradient, and replaces it when it returns one") {
  const Tensor w = leaf({2});
  const Tensor y = w * 3;
  Numbers seen;
  y.register_hook([&](const Tensor& g) { seen = elements(g); });
  y.register_hook([](const Tensor& g) { return g * 10; });
  (y * y).backward();
  CHECK(seen == Numbers{12});
  CHECK(elements(w.grad()) == Numbers{360});
}

TEST_CASE("hooks run in the order of their registration and can be removed") {
  const Tensor w = leaf({1});
  const Tensor y = w * 1;
  std::string order;
  y.register_hook([&](const Tensor&) { order += "a"; });
  const unsigned b = y.register_hook([&](const Tensor&) { order += "b"; });
  y.register_hook([&](const Tensor&) { order += "c"; });
  y.backward({}, true);
  CHECK(order == "abc");
  y.remove_hook(b);
  y.backward({}, true);
  CHECK(order == "abcac");
  y.remove_hook(b);
  CHECK(message_of<IndexError>([&] { y.remove_hook(3); }) ==
        "[remove_hook] the number must be one of 3 that register_hook returned; got 3");
}

TEST_CASE("a hook on a leaf changes what is accumulated, once per pass") {
  const Tensor w = leaf({2});
  int calls = 0;
  w.register_hook([&](const Tensor& g) {
    ++calls;
    return g * 2;
  });
  (w * w).backward();
  (w * w).backward();
  CHECK(calls == 2);
  CHECK(elements(w.grad()) == Numbers{16});
  CHECK(elements(autograd::grad({w * w}, {w})[0]) == Numbers{8});
}

TEST_CASE("a hook must keep shape and dtype") {
  const Tensor w = leaf({2, 3});
  const Tensor y = w * 1;
  y.register_hook([](const Tensor& g) { return g.sum(); });
  CHECK(message_of([&] { y.sum().backward(); }) ==
        "[register_hook] a hook must return a gradient of the same shape and dtype; got f64 [] for "
        "f64 [2]");
}

TEST_CASE("hooks need a tensor that requires grad") {
  const Tensor t = values({1});
  CHECK(message_of([&] { t.register_hook([](const Tensor&) {}); }) ==
        "[register_hook] only tensors that require grad have gradients; got f64 [1] that does not");
  CHECK(message_of([&] { t.retain_grad(); }) ==
        "[retain_grad] only tensors that require grad have gradients; got f64 [1] that does not");
}

TEST_CASE("retain_grad keeps the gradient of a tensor inside of the graph, after its hooks") {
  const Tensor w = leaf({2});
  const Tensor y = w * w;
  y.register_hook([](const Tensor& g) { return g * 2; });
  y.retain_grad();
  y.retain_grad();
  CHECK(y.retains_grad());
  (y * 5).backward({}, true);
  CHECK(elements(y.grad()) == Numbers{10});
  (y * 5).backward();
  CHECK(elements(y.grad()) == Numbers{20});
  CHECK_FALSE((w * w).retains_grad());
}

TEST_CASE(
    "after an in-place call, old hooks see the old value's gradient and retain_grad the new") {
  const Tensor a = leaf({1, 1, 1});
  Tensor y = a * 1;
  y.retain_grad();
  Numbers seen;
  y.register_hook([&](const Tensor& g) { seen = elements(g); });
  y.mul_(3);
  y.sum().backward();
  CHECK(elements(y.grad()) == Numbers{1, 1, 1});
  CHECK(seen == Numbers{3, 3, 3});
  CHECK(elements(a.grad()) == Numbers{3, 3, 3});
}

TEST_CASE("a hook may run another backward pass, and remove itself") {
  const Tensor w = leaf({2});
  const Tensor other = leaf({5});
  const Tensor y = w * w;
  unsigned number = 0;
  int calls = 0;
  number = y.register_hook([&](const Tensor& g) {
    ++calls;
    const EnableGradGuard recorded;
    (other * other).backward();
    y.remove_hook(number);
    return g * 10;
  });
  y.backward({}, true);
  y.backward();
  CHECK(calls == 1);
  CHECK(elements(other.grad()) == Numbers{10});
  CHECK(elements(w.grad()) == Numbers{44});
}

TEST_CASE("a hook may own what it calls") {
  const Tensor w = leaf({2});
  auto factor = std::make_unique<double>(4);
  w.register_hook([factor = std::move(factor)](const Tensor& g) { return g * *factor; });
  (w * 1).backward();
  CHECK(elements(w.grad()) == Numbers{4});
}
