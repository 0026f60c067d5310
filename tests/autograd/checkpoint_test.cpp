#include "autograd_testing.h"

#include <sinter/autograd/checkpoint.h>
#include <sinter/core/allocator.h>
#include <sinter/ops/random.h>

namespace autograd = sinter::autograd;
using namespace sinter;
using namespace sinter::testing;
using autograd::checkpoint;

namespace {

// Zeroes about half of the elements, as dropout does.
Tensor drop(const Tensor& x) {
  return x * (rand(x.sizes(), TensorOptions().dtype(x.dtype())) > 0.5) * 2;
}

}  // namespace

TEST_CASE("a checkpoint gives the same values and gradients") {
  const Tensor w = leaf({0.5, -1, 2});
  const Tensor x = leaf({1, 2, 3});
  int runs = 0;
  const auto block = [&](const Tensor& a, const Tensor& b) {
    ++runs;
    return (a * b).exp() * a;
  };
  const Tensor plain = block(x, w);
  plain.sum().backward();
  const Numbers x_grad = elements(x.grad());
  const Numbers w_grad = elements(w.grad());
  x.mutable_grad().reset();
  w.mutable_grad().reset();

  runs = 0;
  const Tensor y = checkpoint(block, x, w);
  CHECK(elements(y) == elements(plain));
  CHECK(runs == 1);
  y.sum().backward();
  CHECK(runs == 2);
  CHECK(elements(x.grad()) == x_grad);
  CHECK(elements(w.grad()) == w_grad);
}

TEST_CASE("a checkpoint saves the inputs alone") {
  const Tensor x = leaf(Numbers(1000, 1.0));
  const auto block = [](const Tensor& a) { return a.exp().exp().exp().exp().mul(0.5); };
  const auto bytes = [] { return cpu_allocator::stats().current_bytes; };
  const auto before = bytes();
  const Tensor plain = block(x);
  const auto recorded = bytes() - before;
  const Tensor y = checkpoint(block, x);
  const auto checkpointed = bytes() - before - recorded;
  CHECK(recorded >= 5 * 8000);
  CHECK(checkpointed < 2 * 8000);
}

TEST_CASE("dropout in a checkpoint drops the same elements again") {
  manual_seed(3);
  const Tensor x = leaf(Numbers(64, 1.0));
  const Tensor y = checkpoint([](const Tensor& a) { return drop(drop(a).exp()); }, x);
  const PhiloxState after = default_generator().get_state();
  rand({100});
  const PhiloxState later = default_generator().get_state();
  y.sum().backward();
  const PhiloxState end = default_generator().get_state();
  CHECK(end.offset == later.offset);
  CHECK(end.offset != after.offset);
  // y is 2 exp(2) or 2 exp(0) or 0; its gradient is 2 y where both masks kept the element.
  const Numbers value = elements(y);
  const Numbers grad = elements(x.grad());
  int kept = 0;
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool both = value[i] > 3;
    kept += both ? 1 : 0;
    CHECK(grad[i] == Approx(both ? 2 * value[i] : 0));
  }
  CHECK(kept > 4);
}

TEST_CASE("parameters that are no inputs get gradients through a checkpoint") {
  const Tensor w = leaf({2, 3});
  const Tensor x = values({1, 2});  // no input wants a gradient
  const Tensor y = checkpoint([&](const Tensor& a) { return (a * w * w).exp(); }, x);
  CHECK(y.requires_grad());
  const auto grads = autograd::grad({y.sum()}, {w});
  CHECK(close(elements(grads[0]), {4 * std::exp(4), 12 * std::exp(18)}));
}

TEST_CASE("checkpoints nest") {
  const Tensor x = leaf({0.5, 0.25});
  int inner_runs = 0;
  int outer_runs = 0;
  const auto inner = [&](const Tensor& a) {
    ++inner_runs;
    return a.exp() * a;
  };
  const auto outer = [&](const Tensor& a) {
    ++outer_runs;
    const Tensor b = checkpoint(inner, a * 2);
    return checkpoint(inner, b) * b;
  };
  const Tensor plain = outer(x);
  const auto expected = elements(autograd::grad({plain.sum()}, {x})[0]);
  inner_runs = outer_runs = 0;
  const Tensor y = checkpoint(outer, x);
  CHECK(outer_runs == 1);
  CHECK(inner_runs == 2);
  y.sum().backward();
  CHECK(close(elements(x.grad()), expected));
  CHECK(outer_runs == 2);
  CHECK(inner_runs == 6);
}

TEST_CASE("gradients of gradients through a checkpoint") {
  const Tensor x = leaf({0.5, 2});
  const Tensor y = checkpoint([](const Tensor& a) { return a * a * a; }, x);
  const Tensor first = autograd::grad({y.sum()}, {x}, {}, true, true)[0];
  CHECK(close(elements(first), {0.75, 12}));
  CHECK(close(elements(autograd::grad({first.sum()}, {x})[0]), {3, 12}));
}

TEST_CASE("a retained graph runs its checkpoints once and keeps the result") {
  const Tensor x = leaf({2});
  int runs = 0;
  const Tensor y = checkpoint(
      [&](const Tensor& a) {
        ++runs;
        return a * a;
      },
      x);
  y.backward({}, true);
  y.backward();
  CHECK(runs == 2);
  CHECK(elements(x.grad()) == Numbers{8});
  CHECK(message_of([&] { y.backward(); }).starts_with("[backward] the graph was already freed"));
}

TEST_CASE("a checkpoint may return several tensors") {
  const Tensor x = leaf({2});
  const auto [a, b] = checkpoint([](const Tensor& t) { return std::pair(t * t, t.exp()); }, x);
  (a * b).backward();
  CHECK(close(elements(x.grad()), {4 * std::exp(2) + 4 * std::exp(2)}));
}

TEST_CASE("without recording a checkpoint is a call") {
  const Tensor x = leaf({2});
  const NoGradGuard no_grad;
  int runs = 0;
  const Tensor y = checkpoint(
      [&](const Tensor& a) {
        ++runs;
        return a * a;
      },
      x);
  CHECK(runs == 1);
  CHECK_FALSE(y.requires_grad());
}

TEST_CASE("an input of a checkpoint that is changed in place is noticed") {
  const Tensor w = leaf({1, 2});
  Tensor x = w * 1;
  const Tensor y = checkpoint([](const Tensor& a) { return a * a; }, x);
  x.add_(1);
  CHECK(message_of([&] { y.sum().backward(); }) ==
        "[checkpoint] a tensor saved for backward (input 0 of checkpoint, f64 [2]) was changed in "
        "place since: version 1, expected 0");
}

TEST_CASE("a tensor that is changed in place within a checkpoint is noticed") {
  const Tensor x = leaf({1, 2});
  const Tensor y = checkpoint(
      [](const Tensor& a) {
        Tensor b = a.exp();
        b.add_(1);
        return b;
      },
      x);
  CHECK(message_of([&] { y.sum().backward(); }) ==
        "[checkpoint] a tensor saved for backward (f64 [2]) was changed in place since: version 1, "
        "expected 0");
}

TEST_CASE("a function that computes something else the second time is noticed") {
  const Tensor x = leaf({1, 2});
  int runs = 0;
  const auto fewer = [&](const Tensor& a) { return runs++ == 0 ? a.exp().exp() : a.exp(); };
  const Tensor y = checkpoint(fewer, x);
  CHECK(message_of([&] { y.sum().backward(); }) ==
        "[checkpoint] the function must save as many tensors when it runs again; got 1 for 2");
  runs = 0;
  const auto more = [&](const Tensor& a) { return runs++ == 0 ? a.exp() : a.exp().exp(); };
  const Tensor z = checkpoint(more, x);
  CHECK(message_of([&] { z.sum().backward(); }) ==
        "[checkpoint] the function must save as many tensors when it runs again; got more than 1");
  runs = 0;
  const auto other = [&](const Tensor& a) {
    return (runs++ == 0 ? a : a.view({2, 1})).exp().sum();
  };
  const Tensor u = checkpoint(other, x);
  CHECK(
      message_of([&] { u.backward(); }) ==
      "[checkpoint] the function must compute the same tensors when it runs again; got f64 [2, 1] "
      "for f64 [2]");
}
