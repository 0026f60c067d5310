// Attributes of pooling: two values each, rows first.
#pragma once
#include <sinter/ops/attrs.h>

namespace sinter::ops {

struct MaxPoolAttrs {
  Dims kernel;
  Dims stride;
  Dims padding;
  Dims dilation;
  bool ceil_mode = false;
  static constexpr auto fields =
      std::tuple{Field{"kernel_size", &MaxPoolAttrs::kernel, "kernel_shape"},
                 Field{"stride", &MaxPoolAttrs::stride, "strides"},
                 Field{"padding", &MaxPoolAttrs::padding, "pads"},
                 Field{"dilation", &MaxPoolAttrs::dilation, "dilations"},
                 Field{"ceil_mode", &MaxPoolAttrs::ceil_mode}};
};

struct AvgPoolAttrs {
  Dims kernel;
  Dims stride;
  Dims padding;
  bool ceil_mode = false;
  bool count_include_pad = true;
  std::optional<std::int64_t> divisor_override;
  static constexpr auto fields =
      std::tuple{Field{"kernel_size", &AvgPoolAttrs::kernel, "kernel_shape"},
                 Field{"stride", &AvgPoolAttrs::stride, "strides"},
                 Field{"padding", &AvgPoolAttrs::padding, "pads"},
                 Field{"ceil_mode", &AvgPoolAttrs::ceil_mode},
                 Field{"count_include_pad", &AvgPoolAttrs::count_include_pad},
                 Field{"divisor_override", &AvgPoolAttrs::divisor_override}};
};

// The gradient of an average pooling of planes of size `input`.
struct AvgPoolBackwardAttrs {
  Dims kernel;
  Dims stride;
  Dims padding;
  bool ceil_mode = false;
  bool count_include_pad = true;
  std::optional<std::int64_t> divisor_override;
  Dims input;
  static constexpr auto fields =
      std::tuple{Field{"kernel_size", &AvgPoolBackwardAttrs::kernel},
                 Field{"stride", &AvgPoolBackwardAttrs::stride},
                 Field{"padding", &AvgPoolBackwardAttrs::padding},
                 Field{"ceil_mode", &AvgPoolBackwardAttrs::ceil_mode},
                 Field{"count_include_pad", &AvgPoolBackwardAttrs::count_include_pad},
                 Field{"divisor_override", &AvgPoolBackwardAttrs::divisor_override},
                 Field{"input_size", &AvgPoolBackwardAttrs::input}};
};

// Rows and columns of the planes: of the output of adaptive pooling, or of the input whose gradient
// is asked for.
struct PlaneAttrs {
  Dims plane;
  static constexpr auto fields = std::tuple{Field{"size", &PlaneAttrs::plane}};
};

}  // namespace sinter::ops
