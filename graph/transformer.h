// Transformer: makes a new graph by running an old one under the recorder.
#pragma once
#include <sinter/graph/graph_module.h>
#include <sinter/graph/interpreter.h>

#include <vector>

namespace sinter::graph {

// Replacements are plain eager code: what a derived class computes in place of a node is recorded
// in its stead. Tensors are fake, as in trace().
//
//   struct ReluToGelu : Transformer {
//     using Transformer::Transformer;
//     std::vector<Tensor> call_op(Node& node, const std::vector<Tensor>& inputs) override {
//       if (node.target() == "relu") return {gelu(inputs[0])};
//       return Transformer::call_op(node, inputs);
//     }
//   };
//   GraphModule changed = ReluToGelu(*module).transform();
class Transformer : public Interpreter {
 public:
  // The module must outlive the transformer.
  explicit Transformer(GraphModuleImpl& module);

  // A new graph in a module of its own, which shares all submodules and tensors with the old one.
  // Nodes made in place of a node say where that one came from. A graph that runs with any batch
  // size is run twice, to find out whether the new one does so too. Throws what trace() throws.
  GraphModule transform();

 protected:
  std::vector<Tensor> run_node(Node& node) override;
  std::vector<Tensor> call_region(Node& node, const std::vector<Tensor>& inputs) override;

 private:
  GraphModuleImpl& module_;
};

}  // namespace sinter::graph
