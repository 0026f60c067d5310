// ShuffleNet v1 (Zhang et al., "ShuffleNet: an extremely efficient convolutional neural network for
// mobile devices", 2017).
#pragma once
#include <sinter/nn/containers/sequential.h>
#include <sinter/nn/layers/conv.h>
#include <sinter/nn/layers/linear.h>
#include <sinter/nn/layers/normalization.h>

#include <cstdint>
#include <vector>

namespace sinter::nn::models {

// Sees the channels of x [N, C, H, W] as a matrix of `groups` rows and transposes it: channel
// i * C / groups + j becomes channel j * groups + i, so that each group of the next convolution
// sees all groups of the last. Throws ValueError `[channel_shuffle] ...` unless groups divide C.
Tensor channel_shuffle(const Tensor& x, std::int64_t groups);

// One unit. stride is 1, which needs as many channels out as in, or 2, which needs more. A unit
// whose input has few channels does without groups in its first convolution.
struct ShuffleUnitOptions {
  ShuffleUnitOptions(std::int64_t in_channels, std::int64_t out_channels)
      : in_channels_(in_channels), out_channels_(out_channels) {}
  SINTER_ARG(std::int64_t, in_channels);
  SINTER_ARG(std::int64_t, out_channels);
  SINTER_ARG(std::int64_t, groups) = 3;
  SINTER_ARG(std::int64_t, stride) = 1;
  SINTER_ARG(bool, group_first) = true;
};

// Figure 2 (b) and (c) of the paper. The branch: a grouped 1x1 convolution to out_channels / 4
// channels, batch norm, ReLU, channel shuffle, a depthwise 3x3 convolution with the stride, batch
// norm, a grouped 1x1 convolution, batch norm. With stride 1 the input is added to it; with stride
// 2 it gives out_channels - in_channels channels, and the input, averaged over 3x3 windows, is put
// before them. Then ReLU. [N, in_channels, H, W] -> [N, out_channels, H / stride, W / stride],
// halves rounded up.
//
// The constructor throws ValueError `[shuffle_unit] ...` for another stride, channels that do not
// fit it, or groups that do not divide in_channels (where group_first), out_channels / 4 and the
// branch's channels.
class ShuffleUnitImpl : public Module {
 public:
  explicit ShuffleUnitImpl(const ShuffleUnitOptions& options_);
  Tensor forward(const Tensor& x);

  ShuffleUnitOptions options;
  Conv2d conv1;
  BatchNorm2d bn1;
  Conv2d conv2;
  BatchNorm2d bn2;
  Conv2d conv3;
  BatchNorm2d bn3;
};
SINTER_MODULE(ShuffleUnit);

// ShuffleNet(ShuffleNetOptions(3).scale(0.5)) is the paper's ShuffleNet 0.5x of 3 groups.
struct ShuffleNetOptions {
  ShuffleNetOptions(std::int64_t groups = 3) : groups_(groups) {}  // NOLINT
  SINTER_ARG(std::int64_t, groups);
  SINTER_ARG(std::int64_t, in_channels) = 3;
  SINTER_ARG(std::int64_t, num_classes) = 1000;
  // The factor s of the paper's "ShuffleNet s x", by which all widths are multiplied. Where it is
  // not 1 they are rounded to what groups divide: the stem's to a multiple of groups, those of
  // stages to one of 4 * groups.
  SINTER_ARG(double, scale) = 1.0;
  // The 3x3 convolution in front, and whether a pooling that halves the image follows it.
  SINTER_ARG(std::int64_t, stem_channels) = 24;
  SINTER_ARG(std::int64_t, stem_stride) = 2;
  SINTER_ARG(bool, stem_pool) = true;
  // Width and number of units of each stage, which begins with a unit of stride 2. Without widths,
  // those of the paper's table 1, for 1, 2, 3, 4 or 8 groups.
  SINTER_ARG(std::vector<std::int64_t>, stage_channels);
  SINTER_ARG(std::vector<std::int64_t>, stage_units) = {4, 8, 4};
};

// Images [N, in_channels, H, W] -> scores [N, num_classes]: the stem (convolution, batch norm, ReLU
// and pooling), the stages "stage2", "stage3", ..., the mean over all positions, and a linear
// layer. Convolutions start normal as in He et al. (2015), with fan out.
//
// The constructor throws ValueError `[shufflenet] ...` for groups that table 1 lacks where
// stage_channels is empty, groups or a scale that are not positive, a scale above 1000, and unless
// each stage has a width and at least one unit; ShuffleUnit throws for widths that do not fit the
// groups.
class ShuffleNetImpl : public Module {
 public:
  explicit ShuffleNetImpl(ShuffleNetOptions options_ = {});
  Tensor forward(const Tensor& images);

  ShuffleNetOptions options;
  Conv2d conv1;
  BatchNorm2d bn1;
  std::vector<Sequential> stages;
  Linear fc;

 private:
  void add_stages(const std::vector<std::int64_t>& widths);
};
SINTER_MODULE(ShuffleNet);

// For images of 8 x 8 to 32 x 32: 2 groups, a stem of 16 channels at full size, and two stages of
// two units, with 32 and 64 channels; 3,722 parameters for 1 channel and 10 classes.
ShuffleNet small_shufflenet(std::int64_t in_channels = 3, std::int64_t num_classes = 10);

}  // namespace sinter::nn::models
