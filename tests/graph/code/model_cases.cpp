#include <sinter/nn/models/models.h>

#include "code_case.h"

namespace sinter::testing {

namespace {

// A model as it trains and as it is evaluated, on two batch sizes.
template <class Make>
void add_model(std::vector<CodeCase>& out, const std::string& name, const Make& make,
               const std::vector<std::vector<Tensor>>& inputs) {
  auto training = make();
  out.push_back(module_case(name, training, inputs));
  auto evaluated = make();
  evaluated->eval();
  out.push_back(module_case(name + "_eval", evaluated, inputs));
}

}  // namespace

std::vector<CodeCase> model_code_cases() {
  manual_seed(3);
  using nn::models::GPT;
  using nn::models::GPTOptions;
  std::vector<CodeCase> out;
  const std::vector<std::vector<Tensor>> images = {{randn({2, 1, 8, 8})}, {randn({3, 1, 8, 8})}};
  add_model(
      out, "lenet", [] { return nn::models::LeNet(); }, images);
  add_model(
      out, "resnet",
      [] {
        return nn::models::small_resnet(1, 10, {4, 8}, {1, 1});
      },
      images);
  add_model(
      out, "shufflenet", [] { return nn::models::small_shufflenet(1, 10); }, images);
  const auto options = GPTOptions(11, 6).layers(2).heads(2).width(8).dropout(0.25);
  const std::vector<std::vector<Tensor>> tokens = {{randint(0, 11, {2, 5}, kInt64)},
                                                   {randint(0, 11, {3, 5}, kInt64)}};
  add_model(
      out, "gpt", [&] { return GPT(options); }, tokens);
  return out;
}

}  // namespace sinter::testing
