// Quantization: real numbers as small integers, q = clamp(round(x / scale) + zero_point).
//
// round() takes ties to the even neighbour, x / scale is a true division in the precision of x (f32
// for f16 and bf16): the rules of ONNX's QuantizeLinear. scale is a floating tensor and zero_point
// one of i32: of one element for all of x, or of one element for each slice of x along axis. Scales
// must be positive; elements are not checked. All throw ValueError for shapes, axes and ranges that
// do not fit, TypeError for dtypes that do not.
#pragma once
#include <sinter/core/tensor.h>

#include <optional>
#include <utility>

namespace sinter {

// (clamp(round(x / scale) + zero_point, quant_min, quant_max) - zero_point) * scale: the real
// numbers that quantization leaves. NaN stays NaN. As libtorch's, whose reciprocal multiplication
// differs close to ties.
//
// The gradient with respect to x passes where round(x / scale) + zero_point lies in the range, and
// is zero elsewhere ("straight through", masked). The one with respect to scale is that of a
// learned step size (Esser et al., 2020, without its factor): round(x / scale) - x / scale inside
// the range, quant_min - zero_point below, quant_max - zero_point above.
Tensor fake_quantize_per_tensor_affine(const Tensor& self, const Tensor& scale,
                                       const Tensor& zero_point, std::int64_t quant_min,
                                       std::int64_t quant_max);
Tensor fake_quantize_per_tensor_affine(const Tensor& self, double scale, std::int64_t zero_point,
                                       std::int64_t quant_min, std::int64_t quant_max);
// The same with scale [C] and zero_point [C], where C is the size of x along axis.
Tensor fake_quantize_per_channel_affine(const Tensor& self, const Tensor& scale,
                                        const Tensor& zero_point, std::int64_t axis,
                                        std::int64_t quant_min, std::int64_t quant_max);

// x as integers of dtype u8 or i8, saturating at its ends. NaN gives an end of the range. An
// undefined zero_point is 0.
Tensor quantize(const Tensor& x, const Tensor& scale, const Tensor& zero_point, DType dtype,
                std::optional<std::int64_t> axis = std::nullopt);
// (q - zero_point) * scale, for q of u8, i8 or i32, in the dtype of scale.
Tensor dequantize(const Tensor& q, const Tensor& scale, const Tensor& zero_point = {},
                  std::optional<std::int64_t> axis = std::nullopt);

// Which integers stand for real numbers: those in [quant_min, quant_max]; symmetric: 0 for 0.
struct QuantRange {
  std::int64_t quant_min = 0;
  std::int64_t quant_max = 255;
  bool symmetric = false;
};
// Scales (f32) and zero points (i32) for elements between low and high, floating point of the same
// sizes and dtype, which are read as f32; both ends are extended to hold 0. Symmetric: scale =
// max(-low, high) / quant_max. Affine: scale = (high - low) / (quant_max - quant_min), zero point =
// quant_min - round(low / scale), cut to the range. A scale is at least 2^-23. No gradient. Throws
// ValueError for ends that are not finite or upside down, and unless quant_min < quant_max and 0 <
// quant_max.
std::pair<Tensor, Tensor> choose_qparams(const Tensor& low, const Tensor& high,
                                         const QuantRange& range);

}  // namespace sinter
