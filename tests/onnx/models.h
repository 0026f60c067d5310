// The models that the tests write as ONNX files.
#pragma once
#include <sinter/graph/trace.h>
#include <sinter/nn/models/models.h>
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

inline std::vector<OnnxCase> all_cases() { return float_cases(); }

}  // namespace sinter::testing
