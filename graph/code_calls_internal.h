// Calls of ops as C++ expressions.
#pragma once
#include <sinter/graph/node.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sinter::graph {

struct CallCode {
  enum class Form : std::uint8_t { nothing, tensor, tuple, vector };
  std::string text;
  Form form = Form::tensor;
  // Which of the node's results each tensor is that the expression gives.
  std::vector<std::uint32_t> results = {};
};

// The call of an op node on arguments that are written so: with its public function where a call of
// that makes the same node, tried on fake tensors, else by name (graph::call). batch is how the
// batch size is written, in attributes that grow with it.
CallCode call_code(const Node& node, const std::vector<std::string>& arguments,
                   const std::string& batch);

}  // namespace sinter::graph
