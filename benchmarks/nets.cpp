#include "nets.h"

#include <sinter/nn/models/models.h>

#include <array>

namespace benchmarks {

namespace {

namespace nn = sinter::nn;
namespace models = sinter::nn::models;
using sinter::Tensor;

Tensor classes(sinter::IntArrayRef sizes, std::int64_t count) {
  return sinter::randint(0, count, sizes, sinter::TensorOptions().dtype(sinter::kInt64));
}
Batch photos(std::int64_t n) { return {sinter::randn({n, 3, 224, 224}), classes({n}, 1000)}; }
Batch digits(std::int64_t n) { return {sinter::randn({n, 1, 28, 28}), classes({n}, 10)}; }
Batch vectors(std::int64_t n) { return {sinter::randn({n, 784}), classes({n}, 10)}; }
Batch texts(std::int64_t n) { return {classes({n, 256}, 256), classes({n * 256}, 256)}; }

nn::Sequential lenet() {
  const auto options = models::LeNetOptions().image_size(28).channels({32, 64});
  return nn::Sequential(models::LeNet(options));
}
nn::Sequential gpt() {
  return nn::Sequential(models::GPT(models::GPTOptions(256, 256).layers(6).heads(8).width(256)));
}

constexpr std::array kNets = {
    Net{"mlp",
        [] {
          return models::mlp(models::MLPOptions(784, {512, 512, 10}));
        },
        vectors},
    Net{"lenet", lenet, digits},
    Net{"resnet18", [] { return nn::Sequential(models::resnet18()); }, photos},
    Net{"resnet50", [] { return nn::Sequential(models::resnet50()); }, photos},
    Net{"shufflenet_v1", [] { return nn::Sequential(models::ShuffleNet()); }, photos},
    Net{"shufflenet_v2", [] { return nn::Sequential(models::shufflenet_v2_x1_0()); }, photos},
    Net{"mobilenet_v2", [] { return nn::Sequential(models::mobilenet_v2()); }, photos},
    Net{"gpt", gpt, texts, /*adam=*/true},
};

std::unique_ptr<sinter::optim::Optimizer> make_optimizer(const Net& net,
                                                         const nn::Sequential& module) {
  namespace optim = sinter::optim;
  if (net.adam) return std::make_unique<optim::AdamW>(module->parameters(), 1e-4);
  return std::make_unique<optim::SGD>(module->parameters(), optim::SGDOptions(1e-3).momentum(0.9));
}

}  // namespace

std::span<const Net> nets() { return kNets; }

const Net& net_named(const std::string& name) {
  std::string known;
  for (const Net& net : kNets) {
    if (name == net.name) return net;
    known += std::string(" ") + net.name;
  }
  sinter::fail<sinter::ValueError>("[bench] there is no net ", name, "; there are:", known);
}

Training::Training(const Net& spec) : net(spec.make()), optimizer(make_optimizer(spec, net)) {}

Tensor Training::step(const Tensor& input, const Tensor& target) {
  optimizer->zero_grad();
  Tensor loss = nn::functional::cross_entropy(net->forward(input).flatten(0, -2), target);
  loss.backward();
  optimizer->step();
  return loss;
}

std::int64_t parameter_count(const nn::Sequential& module) {
  std::int64_t count = 0;
  for (const Tensor& parameter : module->parameters()) count += parameter.numel();
  return count;
}

}  // namespace benchmarks
