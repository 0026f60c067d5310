// Calls of ops as C++ expressions.
#pragma once
#include <sinter/graph/node.h>
#include <sinter/ops/spelling.h>

#include <cstdint>
#include <optional>
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

// A public function that makes the call of an op node.
struct ChosenSpelling {
  const ops::Spelling* spelling;
  std::vector<std::uint32_t> results;  // which of the node's results it returns
  bool tuple;
};
// The first of the op's that makes just this call, tried on fake tensors; nullopt where none does.
std::optional<ChosenSpelling> choose_spelling(const Node& node);

// The call of an op node on arguments that are written so, by name (graph::call) where no function
// makes it. batch is how the batch size is written, in attributes that grow with it.
CallCode call_code(const Node& node, const std::vector<std::string>& arguments,
                   const std::string& batch);

}  // namespace sinter::graph
