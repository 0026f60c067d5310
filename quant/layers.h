// Layers that run on integers: what convert() makes. Everything that says what their integers stand
// for is a buffer, saved with the model: scales are f32 and zero points i32 [], a byte q stands for
// (q - zero_point) * scale.
#pragma once
#include <sinter/nn/cloneable.h>
#include <sinter/nn/module_holder.h>
#include <sinter/nn/options/conv.h>
#include <sinter/nn/options/pooling.h>
#include <sinter/ops/quantized.h>

#include <cstdint>

namespace sinter::quant {

// What the bytes of one tensor stand for.
struct ByteParams {
  QuantParams params;
  DType dtype = kUInt8;
  friend bool operator==(const ByteParams&, const ByteParams&) = default;
};

// The scale and zero point of one tensor, as two buffers.
struct ParamBuffers {
  Tensor scale;       // f32 []
  Tensor zero_point;  // i32 []

  // Registers <prefix>scale and <prefix>zero_point.
  void register_in(nn::Module& module, const std::string& prefix);
  void set(const QuantParams& params);
  QuantParams get() const;
};

// f32 -> bytes. ONNX: QuantizeLinear.
class QuantizeImpl : public nn::Cloneable<QuantizeImpl> {
 public:
  explicit QuantizeImpl(DType dtype_, const QuantParams& params = {});
  void reset() override { output.register_in(*this, ""); }
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);

  DType dtype;
  ParamBuffers output;  // buffers scale, zero_point
};
SINTER_MODULE(Quantize);

// Bytes -> f32. ONNX: DequantizeLinear.
class DeQuantizeImpl : public nn::Cloneable<DeQuantizeImpl> {
 public:
  explicit DeQuantizeImpl(const QuantParams& params = {});
  void reset() override { input.register_in(*this, ""); }
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);

  ParamBuffers input;  // buffers scale, zero_point
};
SINTER_MODULE(DeQuantize);

// What follows the sums of a convolution or linear layer. dtype f32: real numbers leave it, and
// the output's scale is not used.
struct QOutputOptions {
  DType dtype = kUInt8;
  bool relu = false;
};

struct QConv2dOptions {
  nn::Conv2dOptions conv;  // padding given in numbers
  QOutputOptions output;
};

// Bytes -> bytes or f32. Buffers: weight i8 [O, C / groups, KH, KW], weight_scale f32 [O], bias i32
// [O] in units of input_scale * weight_scale, input_scale, input_zero_point, output_scale,
// output_zero_point. Weights have zero point 0.
class QConv2dImpl : public nn::Cloneable<QConv2dImpl> {
 public:
  explicit QConv2dImpl(const QConv2dOptions& options_);
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);

  QConv2dOptions options;
  Tensor weight;
  Tensor weight_scale;
  Tensor bias;
  ParamBuffers input;
  ParamBuffers output;
};
SINTER_MODULE(QConv2d);

struct QLinearOptions {
  std::int64_t in_features;
  std::int64_t out_features;
  QOutputOptions output;
};

// The same with weight i8 [out, in].
class QLinearImpl : public nn::Cloneable<QLinearImpl> {
 public:
  explicit QLinearImpl(const QLinearOptions& options_);
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);

  QLinearOptions options;
  Tensor weight;
  Tensor weight_scale;
  Tensor bias;
  ParamBuffers input;
  ParamBuffers output;
};
SINTER_MODULE(QLinear);

// a + b, with relu nothing below zero. Buffers: a_scale, a_zero_point, b_scale, b_zero_point,
// output_scale, output_zero_point.
class QAddImpl : public nn::Cloneable<QAddImpl> {
 public:
  explicit QAddImpl(const QOutputOptions& options_);
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& a, const Tensor& b);

  QOutputOptions options;
  ParamBuffers a;
  ParamBuffers b;
  ParamBuffers output;
};
SINTER_MODULE(QAdd);

// Buffers: input_scale, input_zero_point, output_scale, output_zero_point.
class QAvgPool2dImpl : public nn::Cloneable<QAvgPool2dImpl> {
 public:
  explicit QAvgPool2dImpl(const nn::AvgPool2dOptions& options_);
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);

  nn::AvgPool2dOptions options;
  ParamBuffers input;
  ParamBuffers output;
};
SINTER_MODULE(QAvgPool2d);

// The mean of each plane: [N, C, H, W] -> [N, C, 1, 1]. The same buffers.
class QGlobalAvgPool2dImpl : public nn::Cloneable<QGlobalAvgPool2dImpl> {
 public:
  QGlobalAvgPool2dImpl();
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& x);

  ParamBuffers input;
  ParamBuffers output;
};
SINTER_MODULE(QGlobalAvgPool2d);

}  // namespace sinter::quant
