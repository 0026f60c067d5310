#include "models.h"

namespace nn = sinter::nn;
using sinter::Tensor;

namespace digits {

namespace {

nn::Sequential block(std::int64_t in, std::int64_t out) {
  return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(in, out, 3).padding(1).bias(false)),
                        nn::BatchNorm2d(out), nn::ReLU());
}

// Three convolutions with batch norm, and a linear layer.
nn::Sequential make_convnet() {
  nn::Sequential features(block(1, 16), block(16, 32), nn::MaxPool2d(2), block(32, 64),
                          nn::MaxPool2d(2));
  nn::Sequential classifier(nn::Flatten(), nn::Dropout(0.25), nn::Linear(64 * 2 * 2, 10));
  return nn::Sequential({{"features", features}, {"classifier", classifier}});
}

nn::Sequential make_lenet() { return nn::Sequential({{"net", nn::models::LeNet()}}); }

nn::Sequential make_resnet() {
  return nn::Sequential({{"net", nn::models::small_resnet(1, 10, {16, 32}, {1, 1})}});
}

nn::Sequential make_shufflenet() {
  return nn::Sequential({{"net", nn::models::small_shufflenet(1, 10)}});
}

// Reads an image as 64 words, its pixels' 17 levels of grey. The digit is the word that follows.
struct PixelReaderImpl : nn::Module {
  static constexpr std::int64_t kLevels = 17;

  PixelReaderImpl()
      : gpt(register_module(
            "gpt", nn::models::GPT(
                       nn::models::GPTOptions(kLevels + 10, 64).layers(2).heads(4).width(32)))) {}

  Tensor forward(const Tensor& images) {
    const Tensor words = (images * (kLevels - 1)).to(sinter::kInt64).flatten(1);
    return gpt(words).select(1, -1).slice(1, kLevels, kLevels + 10);
  }

  nn::models::GPT gpt;
};
SINTER_MODULE(PixelReader);

nn::Sequential make_gpt() { return nn::Sequential({{"net", PixelReader()}}); }

constexpr Model kModels[] = {{"convnet", make_convnet, 12, 98, 90},
                             {"lenet", make_lenet, 12, 96, 80},
                             {"resnet", make_resnet, 12, 97, 80},
                             {"shufflenet", make_shufflenet, 20, 94, 60},
                             {"gpt", make_gpt, 30, 85, 10}};

}  // namespace

std::span<const Model> all_models() { return kModels; }

}  // namespace digits
