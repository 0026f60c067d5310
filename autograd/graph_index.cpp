#include <sinter/autograd/graph_index_internal.h>

namespace sinter::autograd {

namespace {
constexpr std::size_t kKeptEntries = 1U << 16;
constinit std::atomic<std::uint32_t> last_tag{0};
}  // namespace

GraphIndex::GraphIndex() : tag_(std::uint64_t{++last_tag} << 32) {}

void GraphIndex::clear() {
  for (const Entry& entry : entries_) {
    std::atomic<std::uint64_t>& mark = entry.node->mark_;
    if ((mark.load(std::memory_order_relaxed) & ~std::uint64_t{kNone}) == tag_) {
      mark.store(0, std::memory_order_relaxed);
    }
  }
  if (entries_.size() > kKeptEntries) {
    entries_ = {};
    targets_ = {};
    postorder_ = {};
    stack_ = {};
  }
  entries_.clear();
  targets_.clear();
  postorder_.clear();
  stack_.clear();
  marked_by_others_.clear();
  num_grads_ = 0;
}

std::uint32_t GraphIndex::find(const Node* node) const {
  const std::uint64_t mark = node->mark_.load(std::memory_order_relaxed);
  if ((mark & ~std::uint64_t{kNone}) == tag_) return static_cast<std::uint32_t>(mark);
  if (marked_by_others_.empty()) return kNone;
  const auto found = marked_by_others_.find(node);
  return found == marked_by_others_.end() ? kNone : found->second;
}

// Puts a node that is new on the stack.
std::uint32_t GraphIndex::insert(Node* node) {
  const std::uint32_t known = find(node);
  if (known != kNone) return known;
  const auto index = static_cast<std::uint32_t>(entries_.size());
  std::uint64_t free = 0;
  if (!node->mark_.compare_exchange_strong(free, tag_ | index, std::memory_order_relaxed)) {
    marked_by_others_.emplace(node, index);
  }
  entries_.push_back({node, 0, static_cast<std::uint32_t>(targets_.size()), num_grads_});
  for (std::uint32_t i = node->num_outputs(); i > 0; --i) targets_.push_back(kNone);
  num_grads_ += node->num_inputs();
  stack_.push_back({index, 0});
  return index;
}

std::uint32_t GraphIndex::add(Node* root) {
  const std::uint32_t first = insert(root);
  while (!stack_.empty()) {
    const auto [index, edge_nr] = stack_.back();
    Node* node = entries_[index].node;
    if (edge_nr == node->num_outputs()) {
      postorder_.push_back(index);
      stack_.pop_back();
      continue;
    }
    ++stack_.back().next_edge;
    const Edge& edge = node->next_edge(edge_nr);
    if (!edge.is_valid()) continue;
    const std::uint32_t target = insert(edge.function.get());
    targets_[entries_[index].first_target + edge_nr] = target;
    ++entries_[target].dependencies;
  }
  return first;
}

}  // namespace sinter::autograd
