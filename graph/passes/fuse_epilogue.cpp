#include <sinter/graph/passes/pass.h>
#include <sinter/graph/rewrite_limit.h>
#include <sinter/ops/epilogue.h>

namespace sinter::graph {

namespace {

// A convolution whose result this ReLU alone reads, and passes on as it lies.
Node* producer_of(const Node& relu) {
  Node* node = relu.arg(0).node();
  if (node == nullptr || node->op() == nullptr || !ops::takes_relu(*node->op())) return nullptr;
  if (node->num_uses() != 1 || std::get<bool>(node->attributes().get("relu"))) return nullptr;
  const TensorMeta& from = node->result().meta;
  const TensorMeta& to = relu.result().meta;
  return from.sizes == to.sizes && from.strides == to.strides && from.dtype == to.dtype ? node
                                                                                        : nullptr;
}

}  // namespace

std::size_t FuseEpilogue::run(Graph& graph) {
  std::size_t fused = 0;
  for (Node* node : graph.nodes()) {
    if (node->op() == nullptr || node->in_place() || !ops::is_relu(*node->op())) continue;
    Node* producer = producer_of(*node);
    if (producer == nullptr || !allow_rewrite(name(), node->name())) continue;
    Attributes attributes = producer->attributes();
    attributes.set("relu", true);
    producer->set_attributes(std::move(attributes));
    producer->provenance().pass = name();
    producer->provenance().originals = {producer->name(), node->name()};
    node->replace_all_uses_with(producer);
    graph.erase(node);
    ++fused;
  }
  return fused;
}

}  // namespace sinter::graph
