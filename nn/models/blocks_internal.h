// What convolutional models are made of.
#pragma once
#include <sinter/nn/containers/sequential.h>
#include <sinter/nn/layers/conv.h>
#include <sinter/nn/layers/normalization.h>

#include <cstdint>

namespace sinter::nn::models::detail {

struct ConvShape {
  std::int64_t kernel = 3;
  std::int64_t stride = 1;
  std::int64_t groups = 1;
};

// A convolution that a norm follows: without bias, and padded so that only the stride makes images
// smaller. kernel is odd.
inline Conv2d conv(std::int64_t in, std::int64_t out, const ConvShape& shape = {}) {
  return Conv2d(Conv2dOptions(in, out, shape.kernel)
                    .stride(shape.stride)
                    .padding(shape.kernel / 2)
                    .groups(shape.groups)
                    .bias(false));
}
inline Conv2d conv1x1(std::int64_t in, std::int64_t out, std::int64_t groups = 1) {
  return conv(in, out, {.kernel = 1, .groups = groups});
}
inline Conv2d depthwise(std::int64_t channels, std::int64_t stride) {
  return conv(channels, channels, {.stride = stride, .groups = channels});
}

// The convolution, batch norm and an activation, called "0", "1" and "2".
template <class Activation>
Sequential conv_norm(const Conv2d& convolution) {
  return Sequential(convolution, BatchNorm2d(convolution->options.out_channels()), Activation());
}

// Convolutions start normal as in He et al. (2015), with fan out.
void init_convolutions(const Module& model);

}  // namespace sinter::nn::models::detail
