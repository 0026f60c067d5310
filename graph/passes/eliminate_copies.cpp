#include <sinter/graph/passes/memory_versions_internal.h>
#include <sinter/graph/passes/pass.h>
#include <sinter/graph/rewrite_limit.h>
#include <sinter/ops/copy_op.h>

namespace sinter::graph {

namespace {

// How many results lie in each class of memory.
std::unordered_map<std::uint32_t, std::size_t> count_owners(const Graph& graph) {
  std::unordered_map<std::uint32_t, std::size_t> out;
  for (const Node* node : graph.nodes()) {
    for (const Result& result : node->results()) ++out[result.alias_class];
  }
  return out;
}

bool is_made_here(const Node& node) { return node.is(Kind::op) || node.is(Kind::graph); }

}  // namespace

std::size_t EliminateCopies::run(Graph& graph) {
  const auto owners = count_owners(graph);
  std::size_t removed = 0;
  for (Node* node : graph.nodes()) {
    if (node->op() == nullptr || !ops::is_copy(*node->op()) || !node->is_pure()) continue;
    const Value source = node->arg(0).value();
    const bool alone = is_made_here(*source.node) && source.node->num_uses(source.index) == 1 &&
                       owners.at(MemoryVersions::class_of(source)) == 1;
    const TensorMeta& from = source.meta();
    const TensorMeta& to = node->result().meta;
    if (!alone || !from.same_layout(to) || from.free_layout != to.free_layout) continue;
    if (!allow_rewrite(name(), node->name())) continue;
    node->replace_uses(node->value(), source);
    graph.erase(node);
    ++removed;
  }
  if (removed != 0) renew_alias_classes(graph);
  return removed;
}

}  // namespace sinter::graph
