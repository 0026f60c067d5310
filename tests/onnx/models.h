// The models that the tests write as ONNX files.
#pragma once
#include <sinter/graph/trace.h>
#include <sinter/nn/models/models.h>
#include <sinter/quant/quant.h>
#include <sinter/sinter.h>

#include <string>
#include <vector>

namespace sinter::testing {

struct OnnxCase {
  std::string name;
  graph::GraphModule module;
  std::vector<Tensor> inputs;
};

// Running statistics as after some training, so that batch norm does something.
inline void stir_statistics(nn::Module& module) {
  const NoGradGuard no_grad;
  for (auto& buffer : module.named_buffers()) {
    Tensor values = *buffer;
    if (buffer.key().ends_with("running_mean")) values.normal_(0, 0.5);
    if (buffer.key().ends_with("running_var")) values.uniform_(0.5, 2);
  }
}

template <class M>
OnnxCase onnx_case(const std::string& name, M model, const Tensor& input) {
  stir_statistics(*model);
  model->eval();
  const Tensor example = input.narrow(0, 0, 2);
  return {name, graph::trace(model, {example}), {input}};
}

inline std::vector<OnnxCase> float_cases() {
  using namespace nn::models;
  manual_seed(7);
  std::vector<OnnxCase> out;
  out.push_back(onnx_case("lenet", LeNet(), randn({5, 1, 8, 8})));
  out.push_back(onnx_case("resnet", small_resnet(3, 10, {8, 16}, {1, 1}), randn({3, 3, 8, 8})));
  out.push_back(onnx_case("shufflenet", small_shufflenet(), randn({3, 3, 16, 16})));
  const GPTOptions options = GPTOptions(50, 16).layers(2).heads(2).width(16);
  out.push_back(onnx_case("gpt", GPT(options), randint(50, {3, 12})));
  return out;
}

// Converted to integers for ONNX Runtime, and what they were converted from.
template <class M>
void add_int8_case(std::vector<OnnxCase>& out, const std::string& name, M model,
                   const Tensor& input) {
  stir_statistics(*model);
  model->eval();
  auto prepared = quant::prepare_ptq(model, {input.narrow(0, 0, 2)}, quant::QConfig::ort_x86());
  quant::calibrate(prepared, {input});
  out.push_back({"int8_" + name, quant::convert(prepared), {input}});
}

inline std::vector<OnnxCase> int8_cases() {
  using namespace nn::models;
  manual_seed(11);
  std::vector<OnnxCase> out;
  add_int8_case(out, "lenet", LeNet(), randn({32, 1, 8, 8}));
  add_int8_case(out, "resnet", small_resnet(3, 10, {8, 16}, {1, 1}), randn({32, 3, 8, 8}));
  add_int8_case(out, "shufflenet", small_shufflenet(), randn({32, 3, 16, 16}));
  add_int8_case(out, "sequences", nn::Sequential(nn::Linear(8, 16), nn::ReLU(), nn::Linear(16, 4)),
                randn({32, 5, 8}));
  return out;
}

// Quantized and dequantized again, with ties: scales are powers of two, zero points odd.
struct RoundTripImpl : nn::Module {
  RoundTripImpl()
      : scale(register_buffer("scale", tensor(0.25, kFloat32))),
        zero(register_buffer("zero", tensor(37, kInt32))),
        scales(register_buffer("scales", tensor({0.5, 0.25, 0.125, 1.0}, kFloat32))),
        zeros(register_buffer("zeros", tensor({1, -3, 0, 127}, kInt32))) {}
  Tensor forward(const Tensor& x) {
    const Tensor whole = fake_quantize_per_tensor_affine(x, scale, zero, 0, 255);
    return cat({whole, fake_quantize_per_channel_affine(x, scales, zeros, 1, -128, 127)}, 0);
  }
  Tensor scale, zero, scales, zeros;
};
SINTER_MODULE(RoundTrip);

inline OnnxCase fake_quantize_case() {
  const Tensor sixteenths = arange(-4096, 4096, kFloat32) / 16;
  const Tensor input = cat({sixteenths, randn({8192}) * 20}, 0).view({8, 4, 512});
  return onnx_case("exact_fake_quantize", RoundTrip(), input);
}

// Prepared for training, as it computes in evaluation.
inline OnnxCase qat_case() {
  manual_seed(13);
  auto model = nn::models::small_resnet(3, 10, {8, 16}, {1, 1});
  stir_statistics(*model);
  model->eval();
  const Tensor input = randn({32, 3, 8, 8});
  auto prepared = quant::prepare_ptq(model, {input.narrow(0, 0, 2)}, quant::QConfig::ort_x86());
  quant::calibrate(prepared, {input});
  return {"qat_resnet", prepared, {input}};
}

inline std::vector<OnnxCase> all_cases() {
  std::vector<OnnxCase> out = float_cases();
  for (auto& test : int8_cases()) out.push_back(std::move(test));
  out.push_back(fake_quantize_case());
  out.push_back(qat_case());
  return out;
}

}  // namespace sinter::testing
