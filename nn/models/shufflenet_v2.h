// ShuffleNet v2 (Ma et al., "ShuffleNet V2: practical guidelines for efficient CNN architecture
// design", 2018), with torchvision's names of parameters and initial values, so that its weights
// load.
#pragma once
#include <sinter/nn/containers/sequential.h>
#include <sinter/nn/layers/linear.h>

#include <cstdint>
#include <vector>

namespace sinter::nn::models {

// One unit. stride is 1, which needs as many channels out as in, or 2.
struct ShuffleUnitV2Options {
  ShuffleUnitV2Options(std::int64_t in_channels, std::int64_t out_channels)
      : in_channels_(in_channels), out_channels_(out_channels) {}
  SINTER_ARG(std::int64_t, in_channels);
  SINTER_ARG(std::int64_t, out_channels);
  SINTER_ARG(std::int64_t, stride) = 1;
};

// Figure 3 (c) and (d) of the paper. branch2: a 1x1 convolution, batch norm, ReLU, a depthwise 3x3
// convolution with the stride, batch norm, a 1x1 convolution, batch norm, ReLU. With stride 1 it
// sees the second half of the channels, and the first half is left as it is; with stride 2 it sees
// all of them, and so does branch1: a depthwise 3x3 convolution, batch norm, a 1x1 convolution,
// batch norm, ReLU. The two halves are put together and shuffled.
// [N, in_channels, H, W] -> [N, out_channels, H / stride, W / stride], halves rounded up.
//
// The constructor throws ValueError `[shuffle_unit_v2] ...` for another stride, channels that do
// not fit it, or an odd number of channels out.
class ShuffleUnitV2Impl : public Module {
 public:
  explicit ShuffleUnitV2Impl(const ShuffleUnitV2Options& options_);
  Tensor forward(const Tensor& x);

  ShuffleUnitV2Options options;
  Sequential branch1;  // empty with stride 1
  Sequential branch2;
};
SINTER_MODULE(ShuffleUnitV2);

// ShuffleNetV2() is the paper's ShuffleNet v2 1x; ShuffleNetV2Options({48, 96, 192}) are the
// channels of 0.5x.
struct ShuffleNetV2Options {
  ShuffleNetV2Options(std::vector<std::int64_t> stage_channels = {116, 232, 464})  // NOLINT
      : stage_channels_(std::move(stage_channels)) {}
  // Width and number of units of each stage, which begins with a unit of stride 2.
  SINTER_ARG(std::vector<std::int64_t>, stage_channels);
  SINTER_ARG(std::vector<std::int64_t>, stage_units) = {4, 8, 4};
  SINTER_ARG(std::int64_t, in_channels) = 3;
  SINTER_ARG(std::int64_t, num_classes) = 1000;
  // The 3x3 convolution in front, and whether a pooling that halves the image follows it.
  SINTER_ARG(std::int64_t, stem_channels) = 24;
  SINTER_ARG(std::int64_t, stem_stride) = 2;
  SINTER_ARG(bool, stem_pool) = true;
  // The 1x1 convolution after the stages.
  SINTER_ARG(std::int64_t, last_channels) = 1024;
};

// Images [N, in_channels, H, W] -> scores [N, num_classes]: the stem "conv1" (convolution, batch
// norm, ReLU) and its pooling, the stages "stage2", "stage3", ..., a 1x1 convolution with batch
// norm and ReLU named "conv" and the next number ("conv5"), the mean over all positions, and a
// linear layer. As torchvision's, all layers start as they do by themselves.
//
// The constructor throws ValueError `[shufflenet_v2] ...` unless there is at least one stage, and
// each has a width and at least one unit; ShuffleUnitV2 throws for widths that are odd.
class ShuffleNetV2Impl : public Module {
 public:
  explicit ShuffleNetV2Impl(ShuffleNetV2Options options_ = {});
  Tensor forward(const Tensor& images);

  ShuffleNetV2Options options;
  Sequential stem;
  std::vector<Sequential> stages;
  Sequential last;
  Linear fc;

 private:
  void add_stages();
};
SINTER_MODULE(ShuffleNetV2);

// torchvision's models of these names, of 1.4, 2.3, 3.5 and 7.4 million parameters.
ShuffleNetV2 shufflenet_v2_x0_5(std::int64_t num_classes = 1000);
ShuffleNetV2 shufflenet_v2_x1_0(std::int64_t num_classes = 1000);
ShuffleNetV2 shufflenet_v2_x1_5(std::int64_t num_classes = 1000);
ShuffleNetV2 shufflenet_v2_x2_0(std::int64_t num_classes = 1000);

}  // namespace sinter::nn::models
