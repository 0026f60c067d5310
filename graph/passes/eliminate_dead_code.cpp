#include <sinter/graph/passes/pass.h>
#include <sinter/graph/rewrite_limit.h>

namespace sinter::graph {

std::size_t EliminateDeadCode::run(Graph& graph) {
  std::size_t removed = 0;
  for (Node* node = graph.last(); node != nullptr;) {
    Node* const before = node->prev();
    const bool needed = node->num_uses() != 0 || node->is(Kind::output) || node->is(Kind::input) ||
                        !node->is_pure();
    if (!needed && allow_rewrite(name(), node->name())) {
      graph.erase(node);
      ++removed;
    }
    node = before;
  }
  return removed;
}

}  // namespace sinter::graph
