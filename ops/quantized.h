// Convolution, linear layers, addition and pooling on quantized bytes.
//
// A byte q of dtype u8 or i8 stands for the real number (q - zero_point) * scale. Sums are exact in
// i32 (they wrap beyond it); results are scaled in f32 and rounded to nearest, ties to even, so
// that they are bit for bit those of ONNX Runtime's QLinear operators. x lies in memory in any way;
// results on planes lie channels_last until someone looks at their strides. All throw TypeError for
// other dtypes, and ValueError for shapes that do not fit, scales that are not positive f32 numbers
// and zero points outside of the dtype.
#pragma once
#include <sinter/core/tensor.h>

namespace sinter {

// What bytes stand for.
struct QuantParams {
  double scale = 1;
  std::int64_t zero_point = 0;
  friend bool operator==(const QuantParams&, const QuantParams&) = default;
};

// A quantized weight with one scale for each output channel. Zero points are 0.
struct QuantizedWeight {
  Tensor values;     // i8 [O, ...]
  Tensor scales;     // f32 [O]
  Tensor bias = {};  // i32 [O], in units of input scale * weight scale; may be undefined
};

// What becomes of the sums: bytes, or with dtype f32 the real numbers themselves (params are not
// used then). relu: nothing below zero.
struct QuantizedOutput {
  QuantParams params;
  DType dtype = kUInt8;
  bool relu = false;
};

// As the arguments of conv2d: one value, or one for rows and one for columns.
struct QuantizedConvGeometry {
  Dims stride{1};
  Dims padding{0};
  Dims dilation{1};
  std::int64_t groups = 1;
};

// acc = bias + sum over taps of (x - x's zero point) * weight;
// y = clamp(round(f32(acc) * ((sx * sw[o]) / sy)) + y's zero point); as f32: acc * (sx * sw[o]).
// x [N, C, H, W], weight [O, C / groups, KH, KW]. ONNX: QLinearConv.
Tensor quantized_conv2d(const Tensor& x, const QuantParams& x_params, const QuantizedWeight& weight,
                        const QuantizedOutput& output, const QuantizedConvGeometry& geometry = {});

// The same for x [..., in] and weight [out, in] -> [..., out]. ONNX: QGemm, QLinearMatMul.
Tensor quantized_linear(const Tensor& x, const QuantParams& x_params, const QuantizedWeight& weight,
                        const QuantizedOutput& output);

// y = clamp(round(fma(a, ra, fma(b, rb, zy - (ra * za + rb * zb))))) with ra = sa / sy, rb = sb /
// sy in f32. a, b and the result have one dtype and the same sizes. ONNX Runtime: QLinearAdd.
Tensor quantized_add(const Tensor& a, const QuantParams& a_params, const Tensor& b,
                     const QuantParams& b_params, const QuantizedOutput& output);

// As the arguments of avg_pool2d; an empty stride is that of the kernel.
struct QuantizedPoolGeometry {
  Dims kernel{1};
  Dims stride = {};
  Dims padding{0};
  bool ceil_mode = false;
  bool count_include_pad = true;
};

// y = clamp(round(f32(sum of (x - zx)) * ((sx / sy) / k)) + zy), k elements in the window. The
// result has x's dtype. ONNX Runtime: QLinearAveragePool, which sums in f32, so that ties may round
// otherwise there.
Tensor quantized_avg_pool2d(const Tensor& x, const QuantParams& x_params,
                            const QuantParams& y_params, const QuantizedPoolGeometry& geometry);
// The same over whole planes: [N, C, H, W] -> [N, C, 1, 1]. ONNX Runtime: QLinearGlobalAveragePool.
Tensor quantized_global_avg_pool2d(const Tensor& x, const QuantParams& x_params,
                                   const QuantParams& y_params);

}  // namespace sinter
