// Calls of modules whose class is not known.
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/nn/module.h>

#include <vector>

namespace sinter::graph {

// Whether call_module can call it: forward() takes tensors, each by value or const reference, and
// returns a tensor.
bool is_callable(const nn::Module& module);
// Calls forward(), hooks included. Throws TypeError where forward() wants something else.
std::vector<Tensor> call_module(nn::Module& module, const std::vector<Tensor>& inputs);

}  // namespace sinter::graph
