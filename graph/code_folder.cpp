#include <sinter/core/error.h>
#include <sinter/core/file.h>
#include <sinter/core/safetensors.h>
#include <sinter/graph/code_internal.h>
#include <sinter/graph/code_text_internal.h>
#include <sinter/graph/json.h>
#include <sinter/graph/json_internal.h>

#include <filesystem>

namespace sinter::graph {

namespace {

constexpr const char* kCMake =
    R"(# Written by sinter::graph. Configure with -DCMAKE_PREFIX_PATH=<where Sinter is installed>.
cmake_minimum_required(VERSION 3.25)
project(model LANGUAGES CXX)
find_package(sinter REQUIRED)
add_executable(model main.cpp)
target_link_libraries(model PRIVATE sinter::sinter)
)";

constexpr const char* kMain =
    R"(// Written by sinter::graph: runs the model on zeros. Takes the path of its weights.
#include <sinter/graph/generated.h>

#include <iostream>

#include "model.h"

namespace {

void print(const sinter::Tensor& result) { std::cout << result << '\n'; }
void print(const std::vector<sinter::Tensor>& results) {
  for (const sinter::Tensor& result : results) print(result);
}

}  // namespace

int main(int argc, char** argv) {
  generated::@TYPE@ model;
  sinter::graph::load_weights(*model, argc > 1 ? argv[1] : "weights.safetensors");
  const sinter::NoGradGuard no_grad;
  print(model(@INPUTS@));
}
)";

void replace(std::string& text, const std::string& mark, const std::string& with) {
  text.replace(text.find(mark), mark.size(), with);
}

std::string main_code(const std::string& type, const Graph& graph) {
  std::vector<std::string> inputs;
  for (const Node* input : graph.inputs()) {
    const TensorMeta& meta = input->result().meta;
    inputs.push_back("sinter::zeros(" + code_text(ops::AttrValue(IntArrayRef(meta.sizes).vec())) +
                     ", " + code_dtype(meta.dtype) + ")");
  }
  std::string out = kMain;
  replace(out, "@TYPE@", type);
  replace(out, "@INPUTS@", join(inputs));
  return out;
}

void write_file(const std::filesystem::path& path, const std::string& text) {
  AtomicFile file(path.string());
  file.write(text.data(), text.size());
  file.commit();
}

}  // namespace

void GraphModuleImpl::to_folder(const std::string& path) const {
  const ModuleSource source = source_of(*this);
  const std::filesystem::path folder = path;
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  SINTER_CHECK_AS(IOError, !error, "[to_folder] ", path, " must be a folder; got ",
                  error.message());
  safetensors::save((folder / "weights.safetensors").string(), stored_tensors(*this));
  write_file(folder / "graph.json", to_json(*this));
  write_file(folder / "model.h", source.text);
  write_file(folder / "main.cpp", main_code(source.type, *graph_));
  write_file(folder / "CMakeLists.txt", kCMake);
}

}  // namespace sinter::graph
