#include <sinter/graph/passes/pass.h>

namespace sinter::graph {

std::size_t run_passes(Graph& graph, const std::vector<std::unique_ptr<Pass>>& passes) {
  std::size_t rewrites = 0;
  for (const auto& pass : passes) {
    rewrites += pass->run(graph);
#ifndef NDEBUG
    graph.lint();
#endif
  }
  return rewrites;
}

std::vector<std::unique_ptr<Pass>> default_passes() {
  std::vector<std::unique_ptr<Pass>> out;
  out.push_back(std::make_unique<EliminateDeadCode>());
  out.push_back(std::make_unique<Functionalise>());
  out.push_back(std::make_unique<EliminateCopies>());
  out.push_back(std::make_unique<FoldConstants>());
  out.push_back(std::make_unique<EliminateCommonSubexpressions>());
  out.push_back(std::make_unique<EliminateDeadCode>());
  out.push_back(std::make_unique<FusePointwise>());
  return out;
}

std::vector<std::unique_ptr<Pass>> fast_passes() {
  auto out = default_passes();
  out.insert(out.end() - 1, std::make_unique<FuseEpilogue>());
  return out;
}

void renew_alias_classes(Graph& graph) {
  for (Node* node : graph.nodes()) {
    std::vector<Result> results = node->results();
    for (std::size_t i = 0; i < results.size(); ++i) {
      if (i == 0 && node->aliases_input()) {
        const Value source = node->arg(0).value();
        results[0].alias_class = source.node->result(source.index).alias_class;
      } else if (node->is(Kind::op) || node->is(Kind::graph)) {
        results[i].alias_class = graph.new_alias_class();
      }
    }
    node->set_results(std::move(results));
  }
}

}  // namespace sinter::graph
