// Results of nodes from those of their arguments.
#pragma once
#include <sinter/graph/node.h>

namespace sinter::graph {

// Describes the results of a node by running it on fake tensors. Throws what the op throws.
void infer_results(Node& node);
// The same without keeping them.
std::vector<Result> inferred_results(const Node& node);

}  // namespace sinter::graph
