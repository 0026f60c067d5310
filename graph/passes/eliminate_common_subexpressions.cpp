#include <sinter/graph/passes/memory_versions_internal.h>
#include <sinter/graph/passes/pass.h>
#include <sinter/graph/rewrite_limit.h>

#include <bit>
#include <vector>

namespace sinter::graph {

namespace {

bool same_number(const Scalar& a, const Scalar& b) {
  // By category and bits: 0 and -0, 1 and 1.0 are not the same.
  if (a.dtype() != b.dtype()) return false;
  if (!a.is_floating_point()) return a.to_int() == b.to_int();
  return std::bit_cast<std::uint64_t>(a.to_double()) == std::bit_cast<std::uint64_t>(b.to_double());
}

bool same_arg(const Arg& a, const Arg& b) {
  if (a.is_none() || b.is_none()) return a.is_none() && b.is_none();
  if (a.is_value() && b.is_value()) return a.value() == b.value();
  return a.is_number() && b.is_number() && same_number(a.number(), b.number());
}

bool same_call(const Node& a, const Node& b) {
  if (a.op() != b.op() || a.num_args() != b.num_args()) return false;
  for (std::size_t i = 0; i < a.num_args(); ++i) {
    if (!same_arg(a.arg(i), b.arg(i))) return false;
  }
  return a.attributes() == b.attributes();
}

struct Seen {
  Node* node;
  std::size_t position;
};

}  // namespace

std::size_t EliminateCommonSubexpressions::run(Graph& graph) {
  const auto written = written_classes(graph);
  std::unordered_set<const Node*> returned;
  for (const Value value : graph.results()) returned.insert(value.node);
  const auto eligible = [&](const Node& node) {
    if (!node.is(Kind::op) || !node.is_pure() || returned.contains(&node)) return false;
    for (const Result& result : node.results()) {
      if (written.contains(result.alias_class)) return false;
    }
    return true;
  };
  std::unordered_map<const ops::OpDef*, std::vector<Seen>> seen;
  MemoryVersions versions;
  std::size_t position = 0;
  std::size_t merged = 0;
  for (Node* node : graph.nodes()) {
    ++position;
    if (eligible(*node)) {
      auto& calls = seen[node->op()];
      const std::size_t newest = versions.last_write_to_args(*node);
      Node* same = nullptr;
      for (const Seen& call : calls) {
        if (call.position > newest && same_call(*call.node, *node)) same = call.node;
      }
      if (same != nullptr && allow_rewrite(name(), node->name())) {
        node->replace_all_uses_with(same);
        graph.erase(node);
        ++merged;
        // An erased node writes nothing; its place still counts.
        versions.skip();
        continue;
      }
      calls.push_back({node, position});
    }
    versions.pass(*node);
  }
  if (merged != 0) renew_alias_classes(graph);
  return merged;
}

}  // namespace sinter::graph
