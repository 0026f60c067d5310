// MobileNet v2 (Sandler et al., "MobileNetV2: inverted residuals and linear bottlenecks", 2018),
// with torchvision's names of parameters and initial values, so that its weights load.
#pragma once
#include <sinter/nn/arg.h>
#include <sinter/nn/containers/sequential.h>

#include <cstdint>
#include <vector>

namespace sinter::nn::models {

// One block. stride is 1 or 2; expand_ratio is the paper's t.
struct InvertedResidualOptions {
  InvertedResidualOptions(std::int64_t in_channels, std::int64_t out_channels)
      : in_channels_(in_channels), out_channels_(out_channels) {}
  SINTER_ARG(std::int64_t, in_channels);
  SINTER_ARG(std::int64_t, out_channels);
  SINTER_ARG(std::int64_t, stride) = 1;
  SINTER_ARG(std::int64_t, expand_ratio) = 6;
};

// A 1x1 convolution to in_channels * expand_ratio channels (left out where that is 1), a depthwise
// 3x3 convolution with the stride, both with batch norm and ReLU6, and a 1x1 convolution with batch
// norm alone. x is added where it has the shape of the result.
// [N, in_channels, H, W] -> [N, out_channels, H / stride, W / stride], halves rounded up.
//
// The constructor throws ValueError `[inverted_residual] ...` for another stride or an expand_ratio
// that is not positive.
class InvertedResidualImpl : public Module {
 public:
  explicit InvertedResidualImpl(const InvertedResidualOptions& options_);
  Tensor forward(const Tensor& x);

  InvertedResidualOptions options;
  Sequential conv;
};
SINTER_MODULE(InvertedResidual);

// A row of the paper's table 2: blocks of the same width, of which the first has the stride.
struct InvertedResidualStage {
  std::int64_t expand_ratio;  // t
  std::int64_t channels;      // c, before the width multiplier
  std::int64_t blocks;        // n
  std::int64_t stride;        // s
};

// MobileNetV2(MobileNetV2Options(0.5).num_classes(10)) is half as wide as the paper's.
struct MobileNetV2Options {
  using stages_t = std::vector<InvertedResidualStage>;
  MobileNetV2Options(double width_mult = 1.0) : width_mult_(width_mult) {}  // NOLINT
  // All channels are multiplied by it, those of the last convolution only where it is above 1, and
  // rounded to a multiple of round_nearest, up where more than a tenth would be lost.
  SINTER_ARG(double, width_mult);
  SINTER_ARG(std::int64_t, round_nearest) = 8;
  SINTER_ARG(std::int64_t, in_channels) = 3;
  SINTER_ARG(std::int64_t, num_classes) = 1000;
  // 1 for small images, such as those of CIFAR.
  SINTER_ARG(std::int64_t, stem_stride) = 2;
  // The probability of zeroing a feature before the linear layer in training.
  SINTER_ARG(double, dropout) = 0.2;
  SINTER_ARG(stages_t, stages) = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                                  {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
};

// Images [N, in_channels, H, W] -> scores [N, num_classes]: "features" (a 3x3 convolution with
// batch norm and ReLU6, the blocks, and a 1x1 convolution of 1280 channels likewise), the mean over
// all positions, and "classifier" (dropout and a linear layer). Convolutions start normal as in He
// et al. (2015), with fan out, the linear layer normal(0, 0.01), its bias as zeros.
//
// The constructor throws ValueError `[mobilenet_v2] ...` for a width_mult that is not positive or
// above 1000, a round_nearest outside 1 to 1000, and unless stages have positive channels, at most
// 2^32, and blocks.
class MobileNetV2Impl : public Module {
 public:
  explicit MobileNetV2Impl(MobileNetV2Options options_ = {});
  Tensor forward(const Tensor& images);

  MobileNetV2Options options;
  Sequential features;
  Sequential classifier;

 private:
  void reset_parameters();
};
SINTER_MODULE(MobileNetV2);

// torchvision's model of that name, of 3.5 million parameters.
MobileNetV2 mobilenet_v2(std::int64_t num_classes = 1000, double width_mult = 1.0);

}  // namespace sinter::nn::models
