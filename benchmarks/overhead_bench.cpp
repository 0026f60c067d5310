// What a call costs beside its arithmetic: tiny tensors and a tiny net. The same source is built on
// libtorch, by compare.py, with PEER_LIBTORCH defined.
#include "api.h"
#include "timing.h"

namespace {

namespace nn = api::nn;
using benchmarks::nanoseconds_per_call;
using benchmarks::report;

void bench_ops() {
  const api::NoGradGuard no_grad;
  api::Tensor a = api::ones({8});
  const api::Tensor b = api::ones({8});
  report("a + b, 8 floats", nanoseconds_per_call([&] { return a + b; }), "ns");
  report("a.add_(b)", nanoseconds_per_call([&] { a.add_(b); }), "ns");
  report("a.view({2, 4})", nanoseconds_per_call([&] { return a.view({2, 4}); }), "ns");
}

void bench_recording() {
  const api::Tensor w = api::ones({8}, api::requires_grad());
  const api::Tensor b = api::ones({8});
  report("w + b, recorded", nanoseconds_per_call([&] { return w + b; }), "ns");
  report("(w * b).sum().backward()", nanoseconds_per_call([&] { (w * b).sum().backward(); }), "ns");
}

// A net, a batch and an optimizer, of which every round has its own.
struct Training {
  nn::Sequential net{nn::Linear(16, 16), nn::ReLU(), nn::Linear(16, 16), nn::ReLU(),
                     nn::Linear(16, 1)};
  api::optim::Adam optimizer{net->parameters(), api::optim::AdamOptions(1e-3)};
  api::Tensor x = api::randn({8, 16});
  api::Tensor y = api::randn({8, 1});

  api::Tensor step(const api::Tensor& input, const api::Tensor& target) {
    optimizer.zero_grad();
    api::Tensor loss = nn::functional::mse_loss(net->forward(input), target);
    loss.backward();
    optimizer.step();
    return loss;
  }
};

void bench_mlp() {
  Training t;
  report("MLP 16-16-16-1, batch 8, Adam step", nanoseconds_per_call([&] { t.step(t.x, t.y); }),
         "ns");
  const api::NoGradGuard no_grad;
  report("the same MLP, inference", nanoseconds_per_call([&] { return t.net->forward(t.x); }),
         "ns");
}

#ifndef PEER_LIBTORCH
void bench_compiled() {
  Training t;
  auto step = api::graph::compile_step(
      [&](const api::Tensor& x, const api::Tensor& y) { return t.step(x, y); });
  report("the same Adam step, compiled", nanoseconds_per_call([&] { step(t.x, t.y); }), "ns");
  auto forward = api::graph::compile(t.net);
  const api::NoGradGuard no_grad;
  report("the same inference, compiled", nanoseconds_per_call([&] { return forward(t.x); }), "ns");
}
#endif

}  // namespace

int main() {
  api::manual_seed(0);
  bench_ops();
  bench_recording();
  bench_mlp();
#ifndef PEER_LIBTORCH
  bench_compiled();
#endif
}
