// Models train on the device as they do on the CPU.
#include <sinter/sinter.h>

#include <catch2/catch.hpp>
#include <functional>

#include "compare.h"

namespace sinter {
namespace {

namespace F = nn::functional;

constexpr int kSteps = 3;
// Sums in another order, over three steps of training in f32.
constexpr double kTolerance = 2e-4;

struct LeNetImpl : nn::Module {
  LeNetImpl()
      : conv1(register_module("conv1", nn::Conv2d(nn::Conv2dOptions(1, 4, 5).padding(2)))),
        conv2(register_module("conv2", nn::Conv2d(nn::Conv2dOptions(4, 8, 3)))),
        fc1(register_module("fc1", nn::Linear(8 * 2 * 2, 16))),
        fc2(register_module("fc2", nn::Linear(16, 5))) {}
  Tensor forward(const Tensor& x) {
    Tensor y = max_pool2d(relu(conv1(x)), 2);
    y = max_pool2d(relu(conv2(y)), 2);
    return fc2(relu(fc1(y.flatten(1))));
  }
  nn::Conv2d conv1, conv2;
  nn::Linear fc1, fc2;
};
SINTER_MODULE(LeNet);

// One block of a causal language model, from tokens to logits. Keys have no bias: softmax does not
// see it, so that its gradient is rounding alone, which Adam would blow up.
struct GptImpl : nn::Module {
  static constexpr std::int64_t kVocabulary = 11, kWidth = 16, kHeads = 2, kLength = 6;
  GptImpl()
      : tokens(register_module("tokens", nn::Embedding(kVocabulary, kWidth))),
        places(register_module("places", nn::Embedding(kLength, kWidth))),
        norm1(register_module("norm1", nn::LayerNorm(nn::LayerNormOptions({kWidth})))),
        qkv(register_module("qkv", nn::Linear(nn::LinearOptions(kWidth, 3 * kWidth).bias(false)))),
        projection(register_module("projection", nn::Linear(kWidth, kWidth))),
        norm2(register_module("norm2", nn::LayerNorm(nn::LayerNormOptions({kWidth})))),
        up(register_module("up", nn::Linear(kWidth, 4 * kWidth))),
        down(register_module("down", nn::Linear(4 * kWidth, kWidth))),
        head(register_module("head", nn::Linear(kWidth, kVocabulary))) {}
  Tensor attend(const Tensor& x) {
    const std::int64_t n = x.size(0), length = x.size(1);
    const auto parts = qkv(x).chunk(3, 2);
    const auto heads = [&](const Tensor& t) {
      return t.reshape({n, length, kHeads, kWidth / kHeads}).transpose(1, 2);
    };
    const Tensor y = scaled_dot_product_attention(heads(parts[0]), heads(parts[1]), heads(parts[2]),
                                                  {}, 0, true);
    return projection(y.transpose(1, 2).reshape({n, length, kWidth}));
  }
  Tensor forward(const Tensor& index) {
    const Tensor at = arange(index.size(1), TensorOptions(kInt64).device(index.device()));
    Tensor x = tokens(index) + places(at);
    x = x + attend(norm1(x));
    x = x + down(gelu(up(norm2(x))));
    return head(x).reshape({-1, kVocabulary});
  }
  nn::Embedding tokens, places;
  nn::LayerNorm norm1;
  nn::Linear qkv, projection;
  nn::LayerNorm norm2;
  nn::Linear up, down, head;
};
SINTER_MODULE(Gpt);

struct Trained {
  std::vector<Tensor> parameters;
  std::vector<double> losses;
};

template <class Net, class Optimizer>
Trained trained(Device device, const Tensor& x, const Tensor& target,
                const std::function<Optimizer(std::vector<Tensor>)>& make) {
  manual_seed(5);
  Net net;
  net->to(device);
  Optimizer optimizer = make(net->parameters());
  const Tensor input = x.to(device), wanted = target.to(device);
  Trained out;
  for (int step = 0; step < kSteps; ++step) {
    optimizer.zero_grad();
    const Tensor loss = F::cross_entropy(net(input), wanted);
    loss.backward();
    optimizer.step();
    out.losses.push_back(static_cast<double>(loss.template item<float>()));
  }
  for (const Tensor& p : net->parameters()) out.parameters.push_back(p.detach());
  return out;
}

void compare(const Trained& device, const Trained& host) {
  CHECK(host.losses.back() < host.losses.front());
  for (std::size_t k = 0; k < host.losses.size(); ++k) {
    CHECK(device.losses[k] == Approx(host.losses[k]).epsilon(kTolerance));
  }
  testing::compare_devices(device.parameters, host.parameters, kTolerance);
  for (const Tensor& p : device.parameters) CHECK(p.is_cuda());
}

}  // namespace

TEST_CASE("a small convolutional net trains on the device as on the CPU") {
  manual_seed(1);
  const Tensor x = randn({3, 1, 12, 12}), target = tensor({0, 3, 2});
  const std::function<optim::SGD(std::vector<Tensor>)> sgd = [](std::vector<Tensor> parameters) {
    return optim::SGD(std::move(parameters), optim::SGDOptions(0.05).momentum(0.9));
  };
  compare(trained<LeNet, optim::SGD>(kCUDA, x, target.to(kInt64), sgd),
          trained<LeNet, optim::SGD>(kCPU, x, target.to(kInt64), sgd));
}

TEST_CASE("a block of a language model trains on the device as on the CPU") {
  const Tensor index = tensor({{1, 4, 2, 9, 0, 3}, {7, 7, 5, 1, 10, 2}}).to(kInt64);
  const Tensor target = tensor({4, 2, 9, 0, 3, 8, 7, 5, 1, 10, 2, 6}).to(kInt64);
  const std::function<optim::AdamW(std::vector<Tensor>)> adam = [](std::vector<Tensor> parameters) {
    return optim::AdamW(std::move(parameters), optim::AdamWOptions(1e-2));
  };
  compare(trained<Gpt, optim::AdamW>(kCUDA, index, target, adam),
          trained<Gpt, optim::AdamW>(kCPU, index, target, adam));
}

}  // namespace sinter
