#include <sinter/autograd/grad_mode.h>
#include <sinter/graph/argument_internal.h>
#include <sinter/graph/interpreter.h>
#include <sinter/graph/passes/memory_versions_internal.h>
#include <sinter/graph/passes/pass.h>
#include <sinter/graph/rewrite_limit.h>

namespace sinter::graph {

namespace {

constexpr std::size_t kMaxGrowth = std::size_t{1} << 20;

// Runs one call whose arguments are constants.
class Evaluator : public Interpreter {
 public:
  using Interpreter::Interpreter;
  std::vector<Tensor> evaluate(Node& node, const std::vector<Tensor>& inputs) {
    return call_op(node, inputs);
  }
};

}  // namespace

std::size_t FoldConstants::run(Graph& graph) {
  const NoGradGuard no_grad;
  const auto written = written_classes(graph);
  const auto is_constant = [&](const Arg& arg) {
    if (!arg.is_value()) return !arg.is_list();
    const Value value = arg.value();
    return value.node->is(Kind::attr) && graph.is_constant(value.node->target()) &&
           !written.contains(MemoryVersions::class_of(value));
  };
  Evaluator evaluator(graph);
  std::size_t folded = 0;
  for (Node* node : graph.nodes()) {
    if (!node->is(Kind::op) || !node->is_pure() || node->num_results() != 1) continue;
    if (written.contains(node->result().alias_class) || !node->batch_items().empty()) continue;
    std::size_t bytes = 0;
    bool constant = true;
    std::vector<Tensor> inputs;
    for (const Arg& arg : node->args()) constant = constant && is_constant(arg);
    if (!constant) continue;
    for (const Arg& arg : node->args()) {
      inputs.push_back(
          tensor_of(arg, [&](Value value) { return graph.find_tensor(value.node->target()); }));
      if (inputs.back().defined()) bytes += inputs.back().impl()->meta.nbytes();
    }
    if (node->result().meta.nbytes() > bytes + kMaxGrowth) continue;
    if (!allow_rewrite(name(), node->name())) continue;
    const Tensor value = evaluator.evaluate(*node, inputs)[0];
    const Graph::InsertionPoint point(graph, node);
    Node* replacement = graph.add_constant(value);
    replacement->provenance() = node->provenance();
    replacement->provenance().pass = name();
    replacement->provenance().originals = {node->name()};
    node->replace_all_uses_with(replacement);
    graph.erase(node);
    ++folded;
  }
  return folded;
}

}  // namespace sinter::graph
