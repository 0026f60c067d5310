// Programs that are written as C++, compiled in a project of their own, and compared.
#pragma once
#include <sinter/graph/trace.h>
#include <sinter/sinter.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace sinter::testing {

struct CodeCase {
  std::string name;
  std::shared_ptr<nn::Module> module;       // what the program uses
  std::vector<std::vector<Tensor>> inputs;  // of each run; those of the first are captured
  std::function<graph::GraphModule(const std::vector<Tensor>&)> trace;
  std::function<std::vector<Tensor>(const std::vector<Tensor>&)> run;
  bool gradients = false;  // of the sum of the results
  bool same_graph = true;  // captured again, the code gives the same graph
};

// A module and how it is called.
template <class Holder>
CodeCase module_case(const std::string& name, Holder model,
                     std::vector<std::vector<Tensor>> inputs) {
  return {name,
          model.ptr(),
          std::move(inputs),
          [model](const std::vector<Tensor>& x) { return graph::trace(model, x); },
          [model](const std::vector<Tensor>& x) { return graph::detail::program_of(model).run(x); },
          model->is_training()};
}

std::vector<CodeCase> model_code_cases();
std::vector<CodeCase> synthetic_code_cases();
// Calls that neither models nor samples make, so that each way to write a call is compiled.
std::vector<CodeCase> spelling_code_cases();
// Every op, by its samples.
std::vector<CodeCase> op_code_cases();

}  // namespace sinter::testing
