// Residual networks (He et al., "Deep residual learning for image recognition", 2015), with
// torchvision's names of parameters and initial values, so that its weights load.
#pragma once
#include <sinter/nn/containers/sequential.h>
#include <sinter/nn/layers/conv.h>
#include <sinter/nn/layers/linear.h>
#include <sinter/nn/layers/normalization.h>

#include <cstdint>
#include <vector>

namespace sinter::nn::models {

// One residual block: a block of the given width on in_channels channels, whose first 3x3
// convolution has the stride. groups and width_per_group are those of ResNeXt and wide ResNet, and
// only bottlenecks have them: the 3x3 convolution then has width * width_per_group / 64 * groups
// channels.
struct ResidualBlockOptions {
  ResidualBlockOptions(std::int64_t in_channels, std::int64_t width)
      : in_channels_(in_channels), width_(width) {}
  SINTER_ARG(std::int64_t, in_channels);
  SINTER_ARG(std::int64_t, width);
  SINTER_ARG(std::int64_t, stride) = 1;
  SINTER_ARG(std::int64_t, groups) = 1;
  SINTER_ARG(std::int64_t, width_per_group) = 64;
};

// relu(x + norm(conv3x3(relu(norm(conv3x3(x)))))): [N, in_channels, H, W] ->
// [N, width, H / stride, W / stride]. Where the shapes differ, x goes through a 1x1 convolution
// with batch norm, called downsample. Throws ValueError `[basic_block] ...` for groups or a width
// per group, which it does not have.
class BasicBlockImpl : public Module {
 public:
  static constexpr std::int64_t expansion = 1;
  explicit BasicBlockImpl(const ResidualBlockOptions& options);
  Tensor forward(const Tensor& x);

  Conv2d conv1;
  BatchNorm2d bn1;
  Conv2d conv2;
  BatchNorm2d bn2;
  Sequential downsample;  // empty where x is added as it is
};
SINTER_MODULE(BasicBlock);

// The same with three convolutions: 1x1 to the inner width, 3x3, and 1x1 to width * expansion. The
// stride is in the 3x3 convolution, as in torchvision ("ResNet v1.5").
class BottleneckImpl : public Module {
 public:
  static constexpr std::int64_t expansion = 4;
  explicit BottleneckImpl(const ResidualBlockOptions& options);
  Tensor forward(const Tensor& x);

  Conv2d conv1;
  BatchNorm2d bn1;
  Conv2d conv2;
  BatchNorm2d bn2;
  Conv2d conv3;
  BatchNorm2d bn3;
  Sequential downsample;
};
SINTER_MODULE(Bottleneck);

enum class ResNetBlock : std::uint8_t { basic, bottleneck };

// ResNet(ResNetOptions(ResNetBlock::basic, {2, 2, 2, 2}).num_classes(10)): blocks has the number of
// blocks in each stage.
struct ResNetOptions {
  ResNetOptions(ResNetBlock block, std::vector<std::int64_t> blocks)
      : block_(block), blocks_(std::move(blocks)) {}
  SINTER_ARG(ResNetBlock, block);
  SINTER_ARG(std::vector<std::int64_t>, blocks);
  SINTER_ARG(std::vector<std::int64_t>, widths) = {64, 128, 256, 512};  // one for each stage
  SINTER_ARG(std::int64_t, in_channels) = 3;
  SINTER_ARG(std::int64_t, num_classes) = 1000;
  SINTER_ARG(std::int64_t, groups) = 1;
  SINTER_ARG(std::int64_t, width_per_group) = 64;
  // Starts every block as the identity: its last batch norm has weight 0 (Goyal et al., 2017).
  SINTER_ARG(bool, zero_init_residual) = false;
  // Begins with a 3x3 convolution at full size, as the paper does for CIFAR, instead of a 7x7
  // convolution and a pooling that each halve the image.
  SINTER_ARG(bool, small_images) = false;
};

// Images [N, in_channels, H, W] -> scores [N, num_classes]: the beginning, the stages "layer1",
// "layer2", ... (each but the first halves height and width), the mean over all positions, and a
// linear layer. Convolutions start normal as in He et al. (2015), with fan out.
//
// The constructor throws ValueError `[resnet] ...` unless there is a width for each stage, and at
// least one stage and one block in each.
class ResNetImpl : public Module {
 public:
  explicit ResNetImpl(ResNetOptions options_);
  Tensor forward(const Tensor& images);

  ResNetOptions options;
  Conv2d conv1;
  BatchNorm2d bn1;
  std::vector<Sequential> layers;
  Linear fc;

 private:
  template <class Block>
  void add_stages();
  void reset_parameters();
};
SINTER_MODULE(ResNet);

// torchvision's models of these names, of 11.7, 21.8, 25.6, 44.5 and 60.2 million parameters.
ResNet resnet18(std::int64_t num_classes = 1000);
ResNet resnet34(std::int64_t num_classes = 1000);
ResNet resnet50(std::int64_t num_classes = 1000);
ResNet resnet101(std::int64_t num_classes = 1000);
ResNet resnet152(std::int64_t num_classes = 1000);
// For images of 8 x 8 to 64 x 64: basic blocks and small_images. By default the 20 layers for CIFAR
// of the paper's section 4.2, but for its shortcuts, which here have weights where shapes differ.
ResNet small_resnet(std::int64_t in_channels = 3, std::int64_t num_classes = 10,
                    std::vector<std::int64_t> widths = {16, 32, 64},
                    std::vector<std::int64_t> blocks = {3, 3, 3});

}  // namespace sinter::nn::models
