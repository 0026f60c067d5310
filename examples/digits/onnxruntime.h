// ONNX Runtime, another implementation of the exported files.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "training.h"

namespace digits {

// Runs the files on the images by a command (see run_onnx.py), in as many threads as Sinter has.
// Images and scores go through .npy files beside the first file. nullopt where the command says
// that ONNX Runtime is not installed; throws sinter::Error where it fails otherwise.
std::optional<std::vector<Inference>> run_in_onnxruntime(const std::string& command,
                                                         const std::vector<std::string>& files,
                                                         const sinter::Tensor& images);

}  // namespace digits
