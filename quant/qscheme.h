// QScheme: which integers stand for real numbers, and how their scale follows from a range.
#pragma once
#include <sinter/core/tensor.h>

#include <cstdint>
#include <optional>

namespace sinter::quant {

// Real numbers are (q - zero_point) * scale for integers q of dtype (u8 or i8) in [quant_min,
// quant_max]. Symmetric: zero_point is 0. With an axis, each slice along it has a scale of its own.
struct QScheme {
  DType dtype = kUInt8;
  std::int64_t quant_min = 0;
  std::int64_t quant_max = 255;
  bool symmetric = false;
  std::optional<std::int64_t> axis = std::nullopt;

  // u8 [0, 255] with any zero point: activations for ONNX Runtime on x86.
  static QScheme u8_affine() { return {}; }
  // i8 [-128, 127] around zero: activations for TensorRT.
  static QScheme i8_symmetric() { return {kInt8, -128, 127, true}; }
  // i8 [-127, 127] around zero, a scale for each slice along axis: weights.
  static QScheme i8_weight(std::int64_t axis = 0) { return {kInt8, -127, 127, true, axis}; }

  friend bool operator==(const QScheme&, const QScheme&) = default;
};

// Scales (f32) and zero points (i32), both [] or [C].
struct QParams {
  Tensor scale;
  Tensor zero_point;
};

// The parameters for elements in [low, high], [] or [C]: see choose_qparams, which throws for what
// it refuses.
QParams choose_params(const Tensor& low, const Tensor& high, const QScheme& scheme);

// x through quantization and back, with the gradient of fake_quantize_per_tensor_affine or
// fake_quantize_per_channel_affine.
Tensor fake_quantize(const Tensor& x, const QParams& params, const QScheme& scheme);

}  // namespace sinter::quant
