// ONNX files: graphs out of Sinter and into it.
//
// Both throw NotImplementedError where Sinter was built without protobuf (SINTER_ONNX=OFF).
#pragma once
#include <sinter/graph/graph_module.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace sinter::onnx {

struct SaveOptions {
  // Names of the file's inputs and outputs; those of the graph where there are too few.
  std::vector<std::string> input_names = {};
  std::vector<std::string> output_names = {};
  // The name of the batch size, where the graph runs with any.
  std::string batch_name = "N";
};

// Writes a captured module as an ONNX file of opset 17 and IR version 8: its ops, with parameters
// and buffers as initializers under their paths ("conv1.weight"), bit for bit, and other tensors as
// constants. The module is written in the mode it is in: eval() for inference. Quantized ops become
// float operators between DequantizeLinear and QuantizeLinear, which runtimes fuse to integer
// kernels. The file appears whole or not at all.
//
// Throws NotImplementedError `[onnx] ...` naming op, node and line of the program, for an op that
// opset 17 has no form for, random numbers and writes to memory; ValueError above 2 GiB; IOError.
void save(graph::GraphModule module, const std::string& path, const SaveOptions& options = {});

struct LoadOptions {
  // The batch size to capture with, where the inputs leave theirs open (a name in the place of the
  // first size). The graph then runs with any, unless the file's program depends on it. 0: a small
  // one.
  std::int64_t batch = 0;
  // Other sizes that the file gives names only.
  std::vector<std::pair<std::string, std::int64_t>> sizes = {};
};

// Reads an ONNX file (opset 7 to 21, the operators that save() writes and their usual spellings) as
// a graph of Sinter's ops. Floating initializers become parameters under their names, running
// statistics and others buffers, constants constants.
//
// Throws IOError for what is no ONNX file, is cut short or contradicts itself, and for weights
// kept in other files; NotImplementedError for operators, attributes and dtypes that Sinter has no
// form for; ValueError for a size without a value; and what ops throw for shapes and dtypes that do
// not fit.
graph::GraphModule load(const std::string& path, const LoadOptions& options = {});

}  // namespace sinter::onnx
