#include <sinter/ops/cpu/conv_kernels.h>
#include <sinter/ops/cpu/onednn.h>

#include <catch2/catch.hpp>
#include <thread>

#include "samples/reference.h"

namespace sinter::testing {
namespace {

Tensor f32(IntArrayRef sizes, int seed) { return sample_values(sizes, seed).to(kFloat32); }

struct SmallNet {
  Tensor w1 = f32({16, 3, 3, 3}, 1).set_requires_grad(true);
  Tensor b1 = f32({16}, 2).set_requires_grad(true);
  Tensor w2 = f32({24, 16, 3, 3}, 3).set_requires_grad(true);
  Tensor gamma = f32({24}, 4).set_requires_grad(true);
  Tensor beta = f32({24}, 5).set_requires_grad(true);

  Tensor forward(const Tensor& x) const {
    Tensor y = max_pool2d(relu(conv2d(x, w1, b1, 1, 1)), 2);
    y = relu(batch_norm(conv2d(y, w2, {}, 1, 1), gamma, beta, {}, {}, true));
    return adaptive_avg_pool2d(avg_pool2d(y, 2), 1).flatten(1);
  }
  std::vector<Tensor> gradients(const Tensor& x) const {
    return autograd::grad({forward(x).square().sum()}, {w1, b1, w2, gamma, beta});
  }
};

struct WithThreads {
  explicit WithThreads(int threads) : old_(get_num_threads()) { set_num_threads(threads); }
  ~WithThreads() { set_num_threads(old_); }
  int old_;
};

}  // namespace

TEST_CASE("a convolutional net reorders no activation but its input") {
  const SmallNet net;
  const Tensor x = f32({4, 3, 16, 16}, 9);
  const std::int64_t before = ops::cpu::activation_reorders();
  net.forward(x);
  CHECK(ops::cpu::activation_reorders() - before == 1);
  net.forward(in_channels_last(x));
  CHECK(ops::cpu::activation_reorders() - before == 1);
}

TEST_CASE("a backward pass through a convolutional net reorders no activation but its input") {
  const SmallNet net;
  const Tensor x = in_channels_last(f32({4, 3, 16, 16}, 9));
  const std::int64_t before = ops::cpu::activation_reorders();
  net.gradients(x);
  CHECK(ops::cpu::activation_reorders() == before);
}

TEST_CASE("a program that looks at a convolution's output sees PyTorch's layout") {
  const Tensor x = f32({2, 3, 8, 8}, 1), w = f32({5, 3, 3, 3}, 2);
  const Tensor y = conv2d(x, w);
  CHECK(y.impl()->meta.free_layout);
  const Tensor want = conv2d(x, w);
  CHECK(y.strides().equals(contiguous_strides(y.sizes())));
  CHECK(!y.impl()->meta.free_layout);
  CHECK(y.view({2, -1}).sizes().equals({2, 5 * 6 * 6}));
  const float* data = y.const_data_ptr<float>();
  CHECK(data[1] == want[0][0][0][1].item<float>());
  CHECK(conv2d(x, w).flatten(1).equal(y.reshape({2, -1})));
}

TEST_CASE("in deterministic mode gradients do not depend on the number of threads") {
  const bool old = deterministic();
  set_deterministic(true);
  const SmallNet net;
  const Tensor x = f32({13, 3, 20, 20}, 9);
  std::vector<Tensor> want;
  for (const int threads : {1, 2, 3, 4}) {
    const WithThreads guard(threads);
    const std::vector<Tensor> got = net.gradients(x);
    if (want.empty()) want = got;
    for (std::size_t i = 0; i < got.size(); ++i) {
      INFO(threads << " threads, parameter " << i);
      CHECK(to_bytes(got[i]) == to_bytes(want[i]));
    }
  }
  set_deterministic(old);
}

TEST_CASE("an output is the same bits with and without deterministic mode") {
  const SmallNet net;
  const Tensor x = f32({3, 3, 16, 16}, 9);
  const Tensor y = net.forward(x);
  set_deterministic(true);
  CHECK(to_bytes(net.forward(x)) == to_bytes(y));
  set_deterministic(false);
}

TEST_CASE("a weight is packed anew when it changes and forgotten when it dies") {
  namespace onednn = ops::cpu::onednn;
  const NoGradGuard guard;
  const Tensor x = f32({1, 32, 12, 12}, 1);
  Tensor w = f32({32, 32, 3, 3}, 2).clone();
  const Tensor first = conv2d(x, w);
  if (onednn::stats().plans == 0) return;  // built without it
  conv2d(x, w);
  const std::size_t packed = onednn::stats().packed_weights;
  CHECK(packed >= 1);
  const std::size_t reorders = onednn::stats().weight_reorders;
  CHECK(conv2d(x, w).equal(first));
  CHECK(onednn::stats().weight_reorders == reorders);
  w.mul_(2);
  CHECK(allclose(conv2d(x, w), first * 2, 1e-5, 1e-5));
  CHECK(onednn::stats().weight_reorders == reorders + 1);
  w.reset();
  CHECK(onednn::stats().packed_weights == packed - 1);
}

TEST_CASE("a weight written through a raw pointer is never taken from the cache") {
  const NoGradGuard guard;
  const Tensor x = f32({1, 32, 12, 12}, 1);
  const Tensor w = f32({32, 32, 3, 3}, 2).clone();
  float* data = w.data_ptr<float>();
  const Tensor first = conv2d(x, w);
  for (int i = 0; i < 3; ++i) CHECK(conv2d(x, w).equal(first));
  for (std::int64_t i = 0; i < w.numel(); ++i) data[i] *= 2;
  CHECK(allclose(conv2d(x, w), first * 2, 1e-5, 1e-5));
}

TEST_CASE("oneDNN and Sinter's own kernels agree") {
  const Tensor x = f32({3, 8, 15, 14}, 1), w = f32({12, 4, 3, 3}, 2), b = f32({12}, 3);
  const Tensor y = conv2d(x, w, b, 2, 1, 1, 2);
  const Tensor exact =
      conv2d(x.to(kFloat64), w.to(kFloat64), b.to(kFloat64), 2, 1, 1, 2).to(kFloat32);
  CHECK(allclose(y, exact, 1e-5, 1e-5));
}

TEST_CASE("oneDNN gets no weight pass in which it writes past its scratch memory") {
  namespace onednn = ops::cpu::onednn;
  onednn::Convolution conv{.pass = onednn::Pass::weight,
                           .shape = {.n = 2,
                                     .c = 4,
                                     .h = 8,
                                     .w = 8,
                                     .o = 6,
                                     .oh = 4,
                                     .ow = 4,
                                     .kh = 1,
                                     .kw = 1,
                                     .stride_h = 2,
                                     .stride_w = 2,
                                     .pad_top = 0,
                                     .pad_left = 0,
                                     .dilation_h = 1,
                                     .dilation_w = 1,
                                     .groups = 1}};
  CHECK(onednn::plan(conv, {4, 1, 1, 1}) == nullptr);
  const Tensor x = f32({2, 4, 8, 8}, 1);
  const Tensor w = f32({6, 4, 1, 1}, 2).set_requires_grad(true);
  const Tensor exact_w = w.detach().to(kFloat64).set_requires_grad(true);
  conv2d(x, w, {}, 2).square().sum().backward();
  conv2d(x.to(kFloat64), exact_w, {}, 2).square().sum().backward();
  CHECK(allclose(w.grad(), exact_w.grad().to(kFloat32), 1e-5, 1e-5));
}

TEST_CASE("convolutions run from several threads at once") {
  const NoGradGuard guard;
  const Tensor x = f32({2, 8, 9, 9}, 1), w = f32({8, 8, 3, 3}, 2);
  const Tensor want = conv2d(x, w);
  std::vector<Tensor> got(4);
  std::vector<std::thread> threads;
  for (Tensor& y : got) {
    threads.emplace_back([&] {
      const NoGradGuard off;
      for (int i = 0; i < 50; ++i) y = conv2d(x, w);
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const Tensor& y : got) CHECK(y.equal(want));
}

}  // namespace sinter::testing
