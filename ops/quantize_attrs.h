// Attributes of quantization and of the ops that compute on quantized bytes.
#pragma once
#include <sinter/ops/attrs.h>

namespace sinter::ops {

// axis: the dimension along which each slice has a scale of its own; none: one scale for all.
struct FakeQuantizeAttrs {
  std::int64_t quant_min = 0;
  std::int64_t quant_max = 255;
  std::optional<std::int64_t> axis;
  static constexpr auto fields = std::tuple{Field{"quant_min", &FakeQuantizeAttrs::quant_min},
                                            Field{"quant_max", &FakeQuantizeAttrs::quant_max},
                                            Field{"axis", &FakeQuantizeAttrs::axis}};
};

struct QuantizeAttrs {
  DType dtype = kUInt8;
  std::optional<std::int64_t> axis;
  static constexpr auto fields =
      std::tuple{Field{"dtype", &QuantizeAttrs::dtype}, Field{"axis", &QuantizeAttrs::axis}};
};

struct DequantizeAttrs {
  std::optional<std::int64_t> axis;
  static constexpr auto fields = std::tuple{Field{"axis", &DequantizeAttrs::axis}};
};

// Of choose_qparams: the integers to use; symmetric: the zero point is 0.
struct ChooseQParamsAttrs {
  std::int64_t quant_min = 0;
  std::int64_t quant_max = 255;
  bool symmetric = false;
  static constexpr auto fields = std::tuple{Field{"quant_min", &ChooseQParamsAttrs::quant_min},
                                            Field{"quant_max", &ChooseQParamsAttrs::quant_max},
                                            Field{"symmetric", &ChooseQParamsAttrs::symmetric}};
};

// A real number stands for (byte - zero_point) * scale.
struct ByteLinearAttrs {
  double input_scale = 1;
  std::int64_t input_zero_point = 0;
  double output_scale = 1;
  std::int64_t output_zero_point = 0;
  DType dtype = kUInt8;
  bool relu = false;
  static constexpr auto fields =
      std::tuple{Field{"input_scale", &ByteLinearAttrs::input_scale},
                 Field{"input_zero_point", &ByteLinearAttrs::input_zero_point},
                 Field{"output_scale", &ByteLinearAttrs::output_scale},
                 Field{"output_zero_point", &ByteLinearAttrs::output_zero_point},
                 Field{"dtype", &ByteLinearAttrs::dtype},
                 Field{"relu", &ByteLinearAttrs::relu}};
};

// Strides, paddings and dilations as in ConvAttrs.
struct ByteConvAttrs {
  Dims stride;
  Dims padding;
  Dims dilation;
  std::int64_t groups = 1;
  double input_scale = 1;
  std::int64_t input_zero_point = 0;
  double output_scale = 1;
  std::int64_t output_zero_point = 0;
  DType dtype = kUInt8;
  bool relu = false;
  static constexpr auto fields =
      std::tuple{Field{"stride", &ByteConvAttrs::stride, "strides"},
                 Field{"padding", &ByteConvAttrs::padding, "pads"},
                 Field{"dilation", &ByteConvAttrs::dilation, "dilations"},
                 Field{"groups", &ByteConvAttrs::groups, "group"},
                 Field{"input_scale", &ByteConvAttrs::input_scale},
                 Field{"input_zero_point", &ByteConvAttrs::input_zero_point},
                 Field{"output_scale", &ByteConvAttrs::output_scale},
                 Field{"output_zero_point", &ByteConvAttrs::output_zero_point},
                 Field{"dtype", &ByteConvAttrs::dtype},
                 Field{"relu", &ByteConvAttrs::relu}};
};

struct ByteAddAttrs {
  double a_scale = 1;
  std::int64_t a_zero_point = 0;
  double b_scale = 1;
  std::int64_t b_zero_point = 0;
  double output_scale = 1;
  std::int64_t output_zero_point = 0;
  bool relu = false;
  static constexpr auto fields =
      std::tuple{Field{"a_scale", &ByteAddAttrs::a_scale},
                 Field{"a_zero_point", &ByteAddAttrs::a_zero_point},
                 Field{"b_scale", &ByteAddAttrs::b_scale},
                 Field{"b_zero_point", &ByteAddAttrs::b_zero_point},
                 Field{"output_scale", &ByteAddAttrs::output_scale},
                 Field{"output_zero_point", &ByteAddAttrs::output_zero_point},
                 Field{"relu", &ByteAddAttrs::relu}};
};

struct ByteAvgPoolAttrs {
  Dims kernel;
  Dims stride;
  Dims padding;
  bool ceil_mode = false;
  bool count_include_pad = true;
  double input_scale = 1;
  std::int64_t input_zero_point = 0;
  double output_scale = 1;
  std::int64_t output_zero_point = 0;
  static constexpr auto fields =
      std::tuple{Field{"kernel_size", &ByteAvgPoolAttrs::kernel, "kernel_shape"},
                 Field{"stride", &ByteAvgPoolAttrs::stride, "strides"},
                 Field{"padding", &ByteAvgPoolAttrs::padding, "pads"},
                 Field{"ceil_mode", &ByteAvgPoolAttrs::ceil_mode},
                 Field{"count_include_pad", &ByteAvgPoolAttrs::count_include_pad},
                 Field{"input_scale", &ByteAvgPoolAttrs::input_scale},
                 Field{"input_zero_point", &ByteAvgPoolAttrs::input_zero_point},
                 Field{"output_scale", &ByteAvgPoolAttrs::output_scale},
                 Field{"output_zero_point", &ByteAvgPoolAttrs::output_zero_point}};
};

struct ByteGlobalPoolAttrs {
  double input_scale = 1;
  std::int64_t input_zero_point = 0;
  double output_scale = 1;
  std::int64_t output_zero_point = 0;
  static constexpr auto fields =
      std::tuple{Field{"input_scale", &ByteGlobalPoolAttrs::input_scale},
                 Field{"input_zero_point", &ByteGlobalPoolAttrs::input_zero_point},
                 Field{"output_scale", &ByteGlobalPoolAttrs::output_scale},
                 Field{"output_zero_point", &ByteGlobalPoolAttrs::output_zero_point}};
};

}  // namespace sinter::ops
