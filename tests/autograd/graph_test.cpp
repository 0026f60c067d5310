// Large graphs, and graphs on several threads.
#include "autograd_testing.h"

#include <atomic>
#include <thread>

namespace autograd = sinter::autograd;
using namespace sinter;
using namespace sinter::testing;

namespace {

template <class F>
void on_threads(int count, F&& fn) {
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i) threads.emplace_back([&fn, i] { fn(i); });
  for (std::thread& thread : threads) thread.join();
}

}  // namespace

TEST_CASE("a chain of a million nodes runs backward and is freed") {
  const Tensor w = leaf({1});
  Tensor y = w * 1;
  for (int i = 0; i < 1'000'000; ++i) y = y + w;
  y.backward();
  CHECK(elements(w.grad()) == Numbers{1'000'001});
  y.reset();
}

TEST_CASE("a chain of saved tensors is freed without recursion") {
  const Tensor w = leaf({1});
  Tensor y = w * 1;
  for (int i = 0; i < 200'000; ++i) y = y * w;
  y.reset();
}

TEST_CASE("a chain of in-place calls is freed without recursion") {
  const Tensor w = leaf({1});
  Tensor y = w * 1;
  for (int i = 0; i < 100'000; ++i) y.add_(w);
  y.backward();
  CHECK(elements(w.grad()) == Numbers{100'001});
}

TEST_CASE("a chain of gradients of gradients is freed without recursion") {
  const Tensor w = leaf({1});
  Tensor y = w * w;
  for (int i = 0; i < 50'000; ++i) y = y * w;
  autograd::grad({y}, {w}, {}, true, true);
}

TEST_CASE("a node that many paths lead to runs once") {
  const Tensor w = leaf({1});
  Tensor y = w * 1;
  for (int i = 0; i < 60; ++i) y = y + y;  // 2^60 paths
  y.backward();
  CHECK(elements(w.grad()) == Numbers{0x1p60});
}

TEST_CASE("a result without cycles frees its memory at once") {
  const Tensor w = leaf({1, 2});
  const auto bytes = [] { return cpu_allocator::stats().current_bytes; };
  const auto before = bytes();
  {
    Tensor x = w * 1;
    const Tensor y = x.exp();  // saves its output
    const Tensor z = x * y;    // saves both
    x.add_(z);                 // x now depends on what saved x
    Tensor v = x.view({2, 1});
    v.mul_(y.view({2, 1}));  // and on its own view
  }
  CHECK(bytes() == before);
}

TEST_CASE("gradients are bitwise the same in every run") {
  Numbers first;
  for (int run = 0; run < 5; ++run) {
    const Tensor w = leaf({0.1, 0.2, 0.3}, kFloat32);
    Tensor y = w * 1;
    for (int i = 0; i < 20; ++i) y = y * w + w.exp() * y + w;
    y.sum().backward();
    if (run == 0) first = elements(w.grad());
    CHECK(elements(w.grad()) == first);
  }
}

TEST_CASE("independent graphs run backward on several threads") {
  std::vector<Numbers> grads(8);
  on_threads(8, [&](int i) {
    for (int run = 0; run < 50; ++run) {
      const Tensor w = leaf({1.0 + i, 2});
      Tensor y = w * w;
      for (int k = 0; k < 5; ++k) y = y + w * y.detach();
      y.sum().backward();
      grads[static_cast<std::size_t>(i)] = elements(w.grad());
    }
  });
  for (int i = 0; i < 8; ++i) CHECK(grads[static_cast<std::size_t>(i)].size() == 2);
}

TEST_CASE("graphs on several threads may share their leaves") {
  const Tensor w = leaf({1, 2, 3});
  const Tensor v = w.view({3, 1});  // and a view of one
  on_threads(4, [&](int) {
    for (int run = 0; run < 100; ++run) ((w * w).sum() + v.sum()).backward();
  });
  CHECK(elements(w.grad()) == Numbers{400 * 3, 400 * 5, 400 * 7});
}

TEST_CASE("one retained graph may run on several threads") {
  const Tensor w = leaf({1, 2, 3});
  const Tensor y = (w * w).sum();
  on_threads(4, [&](int) {
    for (int run = 0; run < 50; ++run) y.backward({}, true);
  });
  CHECK(elements(w.grad()) == Numbers{400, 800, 1200});
  std::atomic<int> refused{0};
  on_threads(4, [&](int) {
    try {
      y.backward();
    } catch (const Error&) {
      ++refused;
    }
  });
  CHECK(refused <= 3);
  CHECK_THROWS_AS(y.backward(), Error);
}

TEST_CASE("a graph may be made on one thread and run on another") {
  const Tensor w = leaf({3});
  Tensor y;
  on_threads(1, [&](int) { y = w * w * w; });
  on_threads(1, [&](int) { y.backward(); });
  CHECK(elements(w.grad()) == Numbers{27});
}

TEST_CASE("the grad mode belongs to a thread") {
  const Tensor w = leaf({3});
  const NoGradGuard no_grad;
  on_threads(1, [&](int) {
    CHECK(GradMode::is_enabled());
    CHECK((w * w).requires_grad());
  });
  CHECK_FALSE((w * w).requires_grad());
}

TEST_CASE("an error in a pass leaves the engine usable") {
  const Tensor w = leaf({2});
  const Tensor y = w * w;
  y.register_hook([](const Tensor&) -> Tensor { throw std::runtime_error("no"); });
  CHECK_THROWS_AS((y * w).backward(), std::runtime_error);
  CHECK(GradMode::is_enabled());
  (w * w).backward();
  CHECK(elements(w.grad()) == Numbers{4});
}
