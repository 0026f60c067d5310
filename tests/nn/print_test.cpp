// The text of every layer, as libtorch 2.15 prints it with `torch` for `sinter`.
#include <sinter/nn/nn.h>
#include <sinter/ops/activation.h>

#include <catch2/catch.hpp>
#include <sstream>

using namespace sinter;
using namespace sinter::nn;

namespace {
std::string text(const auto& module) {
  std::ostringstream out;
  out << module;
  std::string full = out.str();
  const std::string prefix = "sinter::nn::";
  REQUIRE(full.starts_with(prefix));
  return full.substr(prefix.size());
}
}  // namespace

TEST_CASE("linear layers print as libtorch's do") {
  CHECK(text(Identity()) == "Identity()");
  CHECK(text(Linear(3, 4)) == "Linear(in_features=3, out_features=4, bias=true)");
  CHECK(text(Linear(LinearOptions(3, 4).bias(false))) ==
        "Linear(in_features=3, out_features=4, bias=false)");
  CHECK(text(Flatten()) == "Flatten(start_dim=1, end_dim=-1)");
  CHECK(text(Flatten(FlattenOptions().start_dim(2).end_dim(3))) ==
        "Flatten(start_dim=2, end_dim=3)");
  CHECK(text(Unflatten(UnflattenOptions(1, {2, 3}))) ==
        "Unflatten(dim=1, unflattened_size={2, 3})");
}

TEST_CASE("convolutions print as libtorch's do") {
  CHECK(text(Conv1d(1, 2, 3)) == "Conv1d(1, 2, kernel_size=3, stride=1)");
  CHECK(text(Conv1d(Conv1dOptions(4, 6, 3)
                        .stride(2)
                        .padding(1)
                        .dilation(2)
                        .groups(2)
                        .bias(false)
                        .padding_mode(kCircular))) ==
        "Conv1d(4, 6, kernel_size=3, stride=2, padding=1, dilation=2, groups=2, bias=false, "
        "padding_mode=kCircular)");
  CHECK(text(Conv2d(1, 32, 3)) == "Conv2d(1, 32, kernel_size=[3, 3], stride=[1, 1])");
  CHECK(text(Conv2d(Conv2dOptions(1, 32, 3).padding(1))) ==
        "Conv2d(1, 32, kernel_size=[3, 3], stride=[1, 1], padding=[1, 1])");
  CHECK(text(Conv2d(Conv2dOptions(4, 8, {3, 5})
                        .stride({2, 1})
                        .padding({1, 2})
                        .dilation({2, 1})
                        .groups(4)
                        .bias(false))) ==
        "Conv2d(4, 8, kernel_size=[3, 5], stride=[2, 1], padding=[1, 2], dilation=[2, 1], "
        "groups=4, bias=false)");
  CHECK(text(Conv2d(Conv2dOptions(4, 8, 3).padding(kSame))) ==
        "Conv2d(4, 8, kernel_size=[3, 3], stride=[1, 1], padding='same')");
  CHECK(text(Conv2d(Conv2dOptions(4, 8, 3).padding(kValid))) ==
        "Conv2d(4, 8, kernel_size=[3, 3], stride=[1, 1], padding='valid')");
  CHECK(text(Conv2d(Conv2dOptions(4, 8, 3).padding(1).padding_mode(kReflect))) ==
        "Conv2d(4, 8, kernel_size=[3, 3], stride=[1, 1], padding=[1, 1], padding_mode=kReflect)");
  CHECK(text(ConvTranspose2d(3, 4, 2)) ==
        "ConvTranspose2d(3, 4, kernel_size=[2, 2], stride=[1, 1])");
  CHECK(text(ConvTranspose2d(ConvTranspose2dOptions(4, 4, 3)
                                 .stride(2)
                                 .padding(1)
                                 .output_padding(1)
                                 .groups(2)
                                 .bias(false)
                                 .dilation(2))) ==
        "ConvTranspose2d(4, 4, kernel_size=[3, 3], stride=[2, 2], padding=[1, 1], dilation=[2, "
        "2], output_padding=[1, 1], groups=2, bias=false)");
}

TEST_CASE("norms, dropout and embeddings print as libtorch's do") {
  CHECK(text(BatchNorm1d(5)) ==
        "BatchNorm1d(5, eps=1e-05, momentum=0.1, affine=true, track_running_stats=true)");
  CHECK(text(BatchNorm2d(BatchNorm2dOptions(5)
                             .eps(0.001)
                             .momentum(std::nullopt)
                             .affine(false)
                             .track_running_stats(false))) ==
        "BatchNorm2d(5, eps=0.001, momentum=None, affine=false, track_running_stats=false)");
  CHECK(text(LayerNorm(LayerNormOptions({3, 4}))) ==
        "LayerNorm([3, 4], eps=1e-05, elementwise_affine=true)");
  CHECK(text(LayerNorm(LayerNormOptions({3}).eps(0.1).elementwise_affine(false))) ==
        "LayerNorm([3], eps=0.1, elementwise_affine=false)");
  CHECK(text(GroupNorm(2, 6)) == "GroupNorm(2, 6, eps=1e-05, affine=true)");
  CHECK(text(GroupNorm(GroupNormOptions(2, 6).eps(2e-5).affine(false))) ==
        "GroupNorm(2, 6, eps=2e-05, affine=false)");
  CHECK(text(Dropout()) == "Dropout(p=0.5, inplace=false)");
  CHECK(text(Dropout(DropoutOptions(0.25).inplace(true))) == "Dropout(p=0.25, inplace=true)");
  CHECK(text(Dropout2d(0.1)) == "Dropout2d(p=0.1, inplace=false)");
  CHECK(text(Embedding(10, 2)) == "Embedding(num_embeddings=10, embedding_dim=2)");
  CHECK(text(Embedding(
            EmbeddingOptions(10, 2).padding_idx(3).max_norm(2.5).norm_type(1).scale_grad_by_freq(
                true))) ==
        "Embedding(num_embeddings=10, embedding_dim=2, padding_idx=3, max_norm=2.5, norm_type=1, "
        "scale_grad_by_freq=true)");
}

TEST_CASE("activations print as libtorch's do") {
  CHECK(text(ReLU()) == "ReLU()");
  CHECK(text(ReLU(true)) == "ReLU(inplace=true)");
  CHECK(text(ReLU6()) == "ReLU6()");
  CHECK(text(ReLU6(ReLU6Options().inplace(true))) == "ReLU6(inplace=true)");
  CHECK(text(LeakyReLU()) == "LeakyReLU(negative_slope=0.01)");
  CHECK(text(LeakyReLU(LeakyReLUOptions().negative_slope(0.42).inplace(true))) ==
        "LeakyReLU(negative_slope=0.42, inplace=true)");
  CHECK(text(ELU()) == "ELU(alpha=1)");
  CHECK(text(ELU(ELUOptions().alpha(42.42).inplace(true))) == "ELU(alpha=42.42, inplace=true)");
  CHECK(text(SELU()) == "SELU()");
  CHECK(text(GELU()) == "GELU()");
  CHECK(text(SiLU()) == "SiLU()");
  CHECK(text(Mish()) == "Mish()");
  CHECK(text(Softplus()) == "Softplus(beta=1, threshold=20)");
  CHECK(text(Softplus(SoftplusOptions().beta(0.24).threshold(42.42))) ==
        "Softplus(beta=0.24, threshold=42.42)");
  CHECK(text(Sigmoid()) == "Sigmoid()");
  CHECK(text(Tanh()) == "Tanh()");
  CHECK(text(Hardtanh()) == "Hardtanh(min_val=-1, max_val=1)");
  CHECK(text(Hardtanh(HardtanhOptions().min_val(-42.42).max_val(0.42).inplace(true))) ==
        "Hardtanh(min_val=-42.42, max_val=0.42, inplace=true)");
  CHECK(text(Hardsigmoid()) == "Hardsigmoid()");
  CHECK(text(Hardswish(true)) == "Hardswish(inplace=true)");
  CHECK(text(Softmax(1)) == "Softmax(dim=1)");
  CHECK(text(LogSoftmax(1)) == "LogSoftmax(dim=1)");
}

TEST_CASE("pooling layers print as libtorch's do") {
  CHECK(text(MaxPool2d(2)) ==
        "MaxPool2d(kernel_size=[2, 2], stride=[2, 2], padding=[0, 0], dilation=[1, 1], "
        "ceil_mode=false)");
  CHECK(text(MaxPool2d(
            MaxPool2dOptions({3, 4}).stride({1, 2}).padding(1).dilation(2).ceil_mode(true))) ==
        "MaxPool2d(kernel_size=[3, 4], stride=[1, 2], padding=[1, 1], dilation=[2, 2], "
        "ceil_mode=true)");
  CHECK(text(AvgPool2d(2)) == "AvgPool2d(kernel_size=[2, 2], stride=[2, 2], padding=[0, 0])");
  CHECK(text(AdaptiveAvgPool2d(3)) == "AdaptiveAvgPool2d(output_size=[3, 3])");
  CHECK(text(AdaptiveAvgPool2d(AdaptiveAvgPool2dOptions({5, std::nullopt}))) ==
        "AdaptiveAvgPool2d(output_size=[5, None])");
}

TEST_CASE("losses print as libtorch's do") {
  CHECK(text(CrossEntropyLoss()) == "CrossEntropyLoss()");
  CHECK(text(NLLLoss()) == "NLLLoss()");
  CHECK(text(MSELoss()) == "MSELoss()");
  CHECK(text(L1Loss()) == "L1Loss()");
  CHECK(text(SmoothL1Loss()) == "SmoothL1Loss");
  CHECK(text(BCELoss()) == "BCELoss()");
  CHECK(text(BCEWithLogitsLoss()) == "BCEWithLogitsLoss()");
}

TEST_CASE("a model prints with its layers indented") {
  CHECK(text(Sequential(Linear(1, 2), ReLU(), BatchNorm1d(2))) ==
        "Sequential(\n"
        "  (0): sinter::nn::Linear(in_features=1, out_features=2, bias=true)\n"
        "  (1): sinter::nn::ReLU()\n"
        "  (2): sinter::nn::BatchNorm1d(2, eps=1e-05, momentum=0.1, affine=true, "
        "track_running_stats=true)\n"
        ")");
}
