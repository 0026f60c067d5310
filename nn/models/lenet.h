// LeNet with batch norm.
#pragma once
#include <sinter/nn/layers/conv.h>
#include <sinter/nn/layers/linear.h>
#include <sinter/nn/layers/normalization.h>

#include <array>

namespace sinter::nn::models {

// LeNet(LeNetOptions().image_size(28).in_channels(1)). The handwritten digits of examples/ are
// 8 x 8 x 1, which is where the options start.
struct LeNetOptions {
  using sizes_t = std::array<std::int64_t, 2>;
  SINTER_ARG(std::int64_t, in_channels) = 1;
  SINTER_ARG(std::int64_t, num_classes) = 10;
  SINTER_ARG(std::int64_t, image_size) = 8;          // height and width, at least 4
  SINTER_ARG(sizes_t, channels) = {6, 16};           // of the two convolutions
  SINTER_ARG(sizes_t, hidden_features) = {120, 84};  // of the two linear layers before the last
};

// LeNet-5 (LeCun et al., "Gradient-based learning applied to document recognition", 1998) as it is
// trained today: batch norm and ReLU after each convolution, max pooling instead of subsampling.
// The 5x5 convolutions pad by 2, so that small images are not used up, and have no
// bias, which batch norm would take out again.
//
// Images [N, in_channels, image_size, image_size] -> scores [N, num_classes]. The constructor
// throws ValueError `[lenet] ...` for images smaller than 4 x 4, the layers theirs for sizes that
// are not positive.
class LeNetImpl : public Module {
 public:
  explicit LeNetImpl(const LeNetOptions& options_ = {});
  Tensor forward(const Tensor& images);

  LeNetOptions options;
  Conv2d conv1;
  BatchNorm2d bn1;
  Conv2d conv2;
  BatchNorm2d bn2;
  Linear fc1;
  Linear fc2;
  Linear fc3;
};
SINTER_MODULE(LeNet);

}  // namespace sinter::nn::models
