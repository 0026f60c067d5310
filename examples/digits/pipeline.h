// The whole line that the demo takes a net through.
#pragma once
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "models.h"
#include "read_digits.h"
#include "table.h"

namespace digits {

struct Settings {
  std::filesystem::path folder;  // where files are written
  std::int64_t epochs;           // of float training
  std::int64_t quantized_epochs;
  std::uint64_t seed;
  std::string onnxruntime;  // see run_in_onnxruntime
};

struct Outcome {
  std::vector<Row> rows;
  bool same_parameters;  // of eager and compiled training, bit for bit
};

// Trains a net eagerly, and again as one compiled program; captures it; fine-tunes it for 8-bit
// integers and converts it to them; writes both as ONNX and runs the files in ONNX Runtime. The
// folder then holds model.safetensors, int8.safetensors, model.onnx, int8.onnx, graph.dot,
// graph.svg (where GraphViz is installed), curves.svg, and in cpp/ the net as C++ source.
Outcome run_pipeline(const Model& model, const Settings& settings, const Split& images);

}  // namespace digits
