#include <sinter/graph/passes/memory_versions_internal.h>
#include <sinter/graph/passes/pass.h>
#include <sinter/graph/rewrite_limit.h>

namespace sinter::graph {

namespace {

// The classes of memory that the program's user can see.
std::unordered_set<std::uint32_t> visible_classes(const Graph& graph) {
  std::unordered_set<std::uint32_t> out;
  for (const Node* node : graph.nodes()) {
    if (!node->is(Kind::input) && !node->is(Kind::attr)) continue;
    for (const Result& result : node->results()) out.insert(result.alias_class);
  }
  return out;
}

// Whether something else than node, before or after it, reads the memory that it writes from there
// on: a view, or the old value itself.
bool seen_by_others(const Graph& graph, const Node& node) {
  const Value self = node.arg(0).value();
  const std::uint32_t memory = MemoryVersions::class_of(self);
  bool after = false;
  std::unordered_set<const Node*> descendants{&node};
  for (const Node* other : graph.nodes()) {
    if (other == &node) {
      after = true;
      continue;
    }
    if (!after) continue;
    bool reads_new = false;
    bool reads_old = false;
    for (const Arg& arg : other->args()) {
      arg.for_each_value([&](Value value) {
        if (MemoryVersions::class_of(value) != memory) return;
        (descendants.contains(value.node) ? reads_new : reads_old) = true;
      });
    }
    if (reads_old) return true;
    if (reads_new && other->aliases_input()) descendants.insert(other);
  }
  return false;
}

}  // namespace

std::size_t Functionalise::run(Graph& graph) {
  const auto visible = visible_classes(graph);  // which renewing leaves as they are
  std::size_t changed = 0;
  for (Node* node : graph.nodes()) {
    if (!node->in_place() || !node->arg(0).is_value()) continue;
    if (visible.contains(MemoryVersions::class_of(node->arg(0).value()))) continue;
    // Written through a view, the base changes too.
    const Node* self = node->arg(0).node();
    if (self->is(Kind::op) && self->op()->view) continue;
    if (seen_by_others(graph, *node)) continue;
    if (!allow_rewrite(name(), node->name()) || !graph.make_functional(node)) continue;
    renew_alias_classes(graph);
    ++changed;
  }
  return changed;
}

}  // namespace sinter::graph
