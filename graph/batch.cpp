#include <sinter/core/error.h>
#include <sinter/graph/batch.h>
#include <sinter/graph/graph.h>

#include <optional>

namespace sinter::graph {

namespace {

using Item = Attributes::Item;
using List = std::vector<std::int64_t>;

// How a number grows with the batch, given its value for two of them; nullopt: not in proportion.
std::optional<std::int64_t> growth(std::int64_t a, std::int64_t b, std::int64_t batch_a,
                                   std::int64_t batch_b) {
  if (batch_a == 0 || a % batch_a != 0) return std::nullopt;
  const std::int64_t per_item = a / batch_a;
  return per_item * batch_b == b ? std::optional(per_item) : std::nullopt;
}

struct Pair {
  const Graph& graph;
  const Graph& other;
};

bool compare_number(std::int64_t a, std::int64_t b, const Pair& pair, BatchItem item,
                    std::vector<BatchItem>& out) {
  if (a == b) return true;
  const auto per_item = growth(a, b, pair.graph.batch(), pair.other.batch());
  if (!per_item) return false;
  item.per_item = *per_item;
  out.push_back(std::move(item));
  return true;
}

bool compare_items(const Item& a, const Item& b, const Pair& pair, std::vector<BatchItem>& out) {
  if (a.value == b.value) return true;
  if (a.value.index() != b.value.index()) return false;
  if (const auto* x = std::get_if<std::int64_t>(&a.value)) {
    return compare_number(*x, std::get<std::int64_t>(b.value), pair, {a.name}, out);
  }
  const auto* x = std::get_if<List>(&a.value);
  if (x == nullptr) return false;
  const auto& y = std::get<List>(b.value);
  if (x->size() != y.size()) return false;
  for (std::size_t i = 0; i < x->size(); ++i) {
    if (!compare_number((*x)[i], y[i], pair, {a.name, i}, out)) return false;
  }
  return true;
}

bool compare_nodes(const Node& a, const Node& b, const Pair& pair, std::vector<BatchItem>& out) {
  if (a.kind() != b.kind() || a.target() != b.target() || a.num_args() != b.num_args() ||
      a.in_place() != b.in_place()) {
    return false;
  }
  if (!a.is(Kind::op) || a.uses_rng()) return true;
  const std::vector<Item> x = a.attributes().items();
  const std::vector<Item> y = b.attributes().items();
  for (std::size_t i = 0; i < x.size(); ++i) {
    if (!compare_items(x[i], y[i], pair, out)) return false;
  }
  return true;
}

}  // namespace

bool mark_batch_items(Graph& graph, const Graph& other) {
  const Pair pair{graph, other};
  std::vector<std::vector<BatchItem>> found;
  const Node* theirs = other.first();
  for (Node* node : graph.nodes()) {
    if (theirs == nullptr) return false;
    if (!compare_nodes(*node, *theirs, pair, found.emplace_back())) return false;
    theirs = theirs->next();
  }
  if (theirs != nullptr) return false;
  std::size_t next = 0;
  for (Node* node : graph.nodes()) node->set_batch_items(std::move(found[next++]));
  return true;
}

Attributes attributes_for_batch(const Node& node, std::int64_t batch) {
  Attributes out = node.attributes();
  if (batch < 0) return out;
  for (const BatchItem& item : node.batch_items()) {
    ops::AttrValue value = out.get(item.attribute);
    if (auto* list = std::get_if<List>(&value)) {
      list->at(item.index) = item.per_item * batch;
    } else {
      value = item.per_item * batch;
    }
    out.set(item.attribute, value);
  }
  return out;
}

std::int64_t Graph::changed_batch(const std::vector<Tensor>& inputs) const {
  if (batch_ < 0) return -1;
  for (const Tensor& input : inputs) {
    if (!input.defined() || input.dim() == 0) continue;
    const std::int64_t batch = input.size(0);
    return batch == batch_ ? -1 : batch;
  }
  return -1;
}

}  // namespace sinter::graph
