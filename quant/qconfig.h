// QConfig: how a target wants models quantized.
#pragma once
#include <sinter/quant/fake_quantize.h>

#include <string>

namespace sinter::quant {

// Where a target wants activations quantized.
struct PlacementRules {
  // Of an addition quantize only the operand that is no convolution's result, so that the
  // convolution's kernel can add the other one to its sums.
  bool residual_operand_only = false;
  // A convolution runs on integers only where its result is quantized too.
  bool convolution_outputs = true;
};

// The schemes and observers of activations and weights, and where activations are quantized. What
// to quantize for must be known before training, since it changes what is trained.
struct QConfig {
  std::string name;
  QScheme activation;
  QScheme weight;
  ObserverOptions training_observer;     // of activations, in prepare_qat
  ObserverOptions calibration_observer;  // of activations, in prepare_ptq
  PlacementRules rules;

  // TensorRT: i8 around zero; convolution, batch norm, ReLU and the residual addition are left
  // together.
  static QConfig tensorrt();
  // ONNX Runtime on x86: u8 activations with a zero point, both operands and the result of every
  // addition quantized.
  static QConfig ort_x86();
};

}  // namespace sinter::quant
