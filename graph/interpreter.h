// Interpreter: runs a graph node by node, with the eager ops and modules.
#pragma once
#include <sinter/graph/draws.h>
#include <sinter/graph/graph.h>

#include <unordered_map>
#include <vector>

namespace sinter::graph {

// Runs a graph. Each kind of node has a virtual function, so that a class derived from it can watch
// or replace what is computed. Gradients are recorded as for any eager code. Values are let go
// after their last use.
//
//   struct Printer : Interpreter {
//     using Interpreter::Interpreter;
//     std::vector<Tensor> run_node(Node& node) override {
//       auto results = Interpreter::run_node(node);
//       std::cout << node.name() << results[0].sizes() << "\n";
//       return results;
//     }
//   };
class Interpreter {
 public:
  // The graph must outlive the interpreter.
  explicit Interpreter(const Graph& graph);
  virtual ~Interpreter() = default;

  // The graph's results for these inputs, one per input node. Throws ValueError for another number
  // of inputs, and what the ops throw.
  std::vector<Tensor> run(const std::vector<Tensor>& inputs);

 protected:
  // Runs one node; the default calls the function of its kind.
  virtual std::vector<Tensor> run_node(Node& node);
  virtual Tensor call_attr(Node& node);
  virtual std::vector<Tensor> call_op(Node& node, const std::vector<Tensor>& inputs);
  virtual std::vector<Tensor> call_module(Node& node, const std::vector<Tensor>& inputs);
  virtual std::vector<Tensor> call_region(Node& node, const std::vector<Tensor>& inputs);

  // The arguments of a node as tensors: undefined for one that is not given, a wrapped number for a
  // number.
  std::vector<Tensor> arguments(const Node& node) const;
  // What a value is now. Throws IndexError when it has not been computed, or was let go.
  const Tensor& value(Value value) const;
  const Graph& graph() const { return graph_; }

 private:
  const Graph& graph_;
  std::vector<Tensor> inputs_;
  std::size_t next_input_ = 0;
  Draws draws_;
  std::int64_t batch_ = -1;  // where it is not the one the graph was captured with
  std::unordered_map<const Node*, std::vector<Tensor>> values_;
  std::unordered_map<const Node*, std::vector<const Node*>> last_uses_;
};

}  // namespace sinter::graph
