// Attributes of the convolutions.
#pragma once
#include <sinter/ops/attrs.h>

namespace sinter::ops {

// One value for each spatial dimension; padding has those at the start of all dimensions, then
// those at the end. A negative padding at the end leaves elements there unread.
struct ConvAttrs {
  Dims stride;
  Dims padding;
  Dims dilation;
  std::int64_t groups = 1;
  bool relu = false;  // of the result: set by graph passes only, and without gradient
  static constexpr auto fields = std::tuple{
      Field{"stride", &ConvAttrs::stride, "strides"}, Field{"padding", &ConvAttrs::padding, "pads"},
      Field{"dilation", &ConvAttrs::dilation, "dilations"},
      Field{"groups", &ConvAttrs::groups, "group"}, Field{"relu", &ConvAttrs::relu}};
};

struct ConvTransposeAttrs {
  Dims stride;
  Dims padding;
  Dims dilation;
  std::int64_t groups = 1;
  Dims output_padding;
  static constexpr auto fields =
      std::tuple{Field{"stride", &ConvTransposeAttrs::stride, "strides"},
                 Field{"padding", &ConvTransposeAttrs::padding, "pads"},
                 Field{"dilation", &ConvTransposeAttrs::dilation, "dilations"},
                 Field{"groups", &ConvTransposeAttrs::groups, "group"},
                 Field{"output_padding", &ConvTransposeAttrs::output_padding}};
};

// The convolution whose weight gradient is asked for.
struct ConvWeightAttrs {
  Dims stride;
  Dims padding;
  Dims dilation;
  std::int64_t groups = 1;
  Dims weight;  // sizes of the weight
  static constexpr auto fields = std::tuple{
      Field{"stride", &ConvWeightAttrs::stride}, Field{"padding", &ConvWeightAttrs::padding},
      Field{"dilation", &ConvWeightAttrs::dilation}, Field{"groups", &ConvWeightAttrs::groups},
      Field{"weight", &ConvWeightAttrs::weight}};
};

}  // namespace sinter::ops
