// A recorded forward and backward pass, cut into a graph each.
#pragma once
#include <sinter/graph/graph.h>

#include <memory>
#include <vector>

namespace sinter::graph {

// Both passes in one graph, which has no output yet.
struct JointGraph {
  std::shared_ptr<Graph> graph = std::make_shared<Graph>();
  std::size_t num_arguments = 0;      // inputs of forward; those after it are gradients of results
  std::size_t num_forward_calls = 0;  // the calls of forward: the first ones
  std::vector<Value> results;         // of forward
  std::vector<Value> gradients;       // results of backward
};

// How many of a graph's nodes compute something.
std::size_t num_calls(const Graph& graph);

class SplitBackward {
 public:
  explicit SplitBackward(JointGraph joint);

  // Arguments to results, and behind them all that backward reads: results of calls, arguments,
  // parameters.
  std::shared_ptr<Graph> forward() const;
  // From that, described as it lies in memory, and the gradients of results to the gradients.
  std::shared_ptr<Graph> backward(const std::vector<TensorMeta>& saved) const;

 private:
  JointGraph joint_;
  std::vector<Value> saved_;
};

}  // namespace sinter::graph
