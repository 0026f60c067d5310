// Runs an ONNX file: onnx_run MODEL.onnx --input a.npy --output y.npy [--compile].
#include "npy.h"

#include <sinter/autograd/grad_mode.h>
#include <sinter/core/error.h>
#include <sinter/graph/compile.h>
#include <sinter/graph/onnx/onnx.h>

#include <CLI/CLI.hpp>
#include <iostream>
#include <string>
#include <vector>

using namespace sinter;

namespace {

struct Arguments {
  std::string model;
  std::vector<std::string> inputs;
  std::vector<std::string> outputs;
  bool compile = false;
  bool print_graph = false;
};

// The program's own message for a wrong number of files.
void check_count(const char* what, std::size_t got, std::size_t wanted) {
  SINTER_CHECK_AS(ValueError, got == wanted, "[onnx_run] the model has ", wanted, " ", what,
                  "; got ", got, " files");
}

std::vector<Tensor> compute(const Arguments& arguments, graph::GraphModule& module,
                            const std::vector<Tensor>& inputs) {
  if (!arguments.compile) return module->run(inputs);
  SINTER_CHECK_AS(NotImplementedError, inputs.size() == 1 && arguments.outputs.size() == 1,
                  "[onnx_run] --compile takes models with one input and one output; got ",
                  inputs.size(), " and ", arguments.outputs.size());
  return {graph::compile(module)(inputs[0])};
}

void run(const Arguments& arguments) {
  const NoGradGuard no_grad;
  std::vector<Tensor> inputs;
  for (const auto& path : arguments.inputs) inputs.push_back(read_npy(path));
  onnx::LoadOptions options;
  if (!inputs.empty() && inputs[0].dim() > 0 && inputs[0].size(0) > 0) {
    options.batch = inputs[0].size(0);
  }
  graph::GraphModule module = onnx::load(arguments.model, options);
  if (arguments.print_graph) std::cout << module->graph();
  check_count("inputs", inputs.size(), module->graph().inputs().size());
  check_count("outputs", arguments.outputs.size(), module->graph().results().size());
  const std::vector<Tensor> outputs = compute(arguments, module, inputs);
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    write_npy(arguments.outputs[i], outputs[i]);
    std::cout << str(arguments.outputs[i], ": ", outputs[i].dtype(), outputs[i].sizes(), "\n");
  }
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Runs an ONNX file on arrays in .npy files.");
  Arguments arguments;
  app.add_option("model", arguments.model, "the ONNX file")->required();
  app.add_option("--input", arguments.inputs, "the inputs, in order")->required();
  app.add_option("--output", arguments.outputs, "where the outputs go, in order")->required();
  app.add_flag("--compile", arguments.compile, "run it as a planned program");
  app.add_flag("--graph", arguments.print_graph, "print the graph");
  CLI11_PARSE(app, argc, argv);
  try {
    run(arguments);
  } catch (const Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  return 0;
}
