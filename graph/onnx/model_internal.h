// The messages of an ONNX file, and their tensors.
#pragma once
#include <sinter/core/tensor.h>

// protoc's code is not held to this project's warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wshadow"
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "model.pb.h"
#pragma GCC diagnostic pop

#include <cstdint>
#include <string>
#include <string_view>

namespace sinter::onnx {

// The numbers that the format gives to kinds of attributes.
enum AttributeKind : int {
  kFloatAttribute = 1,
  kIntAttribute = 2,
  kStringAttribute = 3,
  kTensorAttribute = 4,
  kFloatsAttribute = 6,
  kIntsAttribute = 7,
};

// The format's number of a dtype.
int onnx_dtype(DType dtype);
// Throws NotImplementedError for a dtype that Sinter lacks.
DType dtype_of(int onnx_dtype);

// A name from a file, in quotes, cut and without control characters: fit for a message.
std::string shown(std::string_view name);

// The elements of a tensor, which lie in the message itself.
void write_tensor(const Tensor& tensor, proto::Tensor& message);
// Throws IOError where sizes and data do not agree, or the data is elsewhere.
Tensor read_tensor(const proto::Tensor& message);

}  // namespace sinter::onnx
