#include <sinter/core/error.h>
#include <sinter/graph/module_call_internal.h>
#include <sinter/nn/module_call.h>

namespace sinter::graph {

bool is_callable(const nn::Module& module) {
  const nn::detail::ModuleOps* ops = nn::detail::recorded_ops(module);
  return ops != nullptr && ops->forward != nullptr;
}

std::vector<Tensor> call_module(nn::Module& module, const std::vector<Tensor>& inputs) {
  const nn::detail::ModuleOps* ops = nn::detail::recorded_ops(module);
  SINTER_CHECK_AS(TypeError, ops != nullptr && ops->forward != nullptr,
                  "[call_module] the class must be known and have one forward(); got ",
                  module.name());
  if (ops->tensor_forward != nullptr && inputs.size() == 1) {
    return {ops->tensor_forward(module, inputs[0])};
  }
  std::vector<nn::AnyValue> arguments;
  for (const Tensor& input : inputs) arguments.emplace_back(input);
  nn::AnyValue result = ops->forward(module, arguments);
  const auto* tensor = result.try_get<Tensor>();
  SINTER_CHECK_AS(TypeError, tensor != nullptr,
                  "[call_module] forward() must return a tensor; got another type from ",
                  module.name());
  return {*tensor};
}

}  // namespace sinter::graph
