// Writes models as ONNX files with their inputs and Sinter's outputs, for check_models.py.
#include "../../examples/onnx_run/npy.h"
#include "models.h"

#include <sinter/graph/onnx/onnx.h>

#include <iostream>

using namespace sinter;

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: write_models FOLDER\n";
    return 2;
  }
  try {
    const NoGradGuard no_grad;
    const std::string folder = std::string(argv[1]) + "/";
    for (const auto& test : sinter::testing::all_cases()) {
      onnx::save(test.module, folder + test.name + ".onnx");
      for (std::size_t i = 0; i < test.inputs.size(); ++i) {
        write_npy(folder + test.name + ".input" + std::to_string(i) + ".npy", test.inputs[i]);
      }
      const auto outputs = graph::GraphModule(test.module)->run(test.inputs);
      for (std::size_t i = 0; i < outputs.size(); ++i) {
        write_npy(folder + test.name + ".output" + std::to_string(i) + ".npy", outputs[i]);
      }
    }
  } catch (const Error& error) {
    std::cerr << error.what() << "\n";
    return 1;
  }
  return 0;
}
