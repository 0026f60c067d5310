// Small models and an input for each, for tests that hold for any graph.
#pragma once
#include <sinter/graph/trace.h>
#include <sinter/nn/models/models.h>
#include <sinter/sinter.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sinter::testing {

struct ModelCase {
  std::string name;
  Tensor input;
  std::shared_ptr<nn::Module> module;
  std::function<graph::GraphModule(const Tensor&)> trace;
  std::function<Tensor(const Tensor&)> run;
};

template <class Holder>
ModelCase model_case(const std::string& name, Holder model, const Tensor& input) {
  return {name, input, model.ptr(), [model](const Tensor& x) { return graph::trace(model, {x}); },
          [model](const Tensor& x) mutable { return model(x); }};
}

inline std::vector<ModelCase> model_cases() {
  manual_seed(3);
  using nn::models::GPT;
  using nn::models::GPTOptions;
  using nn::models::LeNet;
  std::vector<ModelCase> out;
  out.push_back(model_case("lenet", LeNet(), randn({2, 1, 8, 8})));
  out.push_back(
      model_case("resnet", nn::models::small_resnet(1, 10, {4, 8}, {1, 1}), randn({2, 1, 8, 8})));
  out.push_back(model_case("shufflenet", nn::models::small_shufflenet(1, 10), randn({2, 1, 8, 8})));
  const auto options = GPTOptions(11, 6).layers(2).heads(2).width(8).dropout(0.25);
  out.push_back(model_case("gpt", GPT(options), randint(0, 11, {2, 5}, kInt64)));
  return out;
}

}  // namespace sinter::testing
