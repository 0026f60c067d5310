#include <sinter/autograd/graph_index_internal.h>

#include <bit>

namespace sinter::autograd {

namespace {
constexpr std::size_t kFirstSlots = 64;
constexpr std::size_t kKeptSlots = 1U << 16;
}  // namespace

void GraphIndex::clear() {
  if (slots_.size() > kKeptSlots) {
    *this = GraphIndex();
    return;
  }
  // A table much larger than this pass needed would be cleared in vain again and again.
  if (slots_.size() > kFirstSlots && slots_.size() > 16 * entries_.size()) {
    slots_.resize(slots_.size() / 2);
  }
  slots_.assign(slots_.size(), Slot{nullptr, 0});
  entries_.clear();
  targets_.clear();
  postorder_.clear();
  stack_.clear();
  num_grads_ = 0;
}

std::size_t GraphIndex::slot_of(const Node* node) const {
  const std::size_t mask = slots_.size() - 1;
  const auto key = reinterpret_cast<std::uintptr_t>(node) >> 6;
  const int shift = 64 - std::countr_zero(slots_.size());
  std::size_t slot = (key * 0x9E3779B97F4A7C15ULL) >> shift;
  while (slots_[slot].node != nullptr && slots_[slot].node != node) slot = (slot + 1) & mask;
  return slot;
}

void GraphIndex::grow() {
  std::vector<Slot> old(slots_.empty() ? kFirstSlots : slots_.size() * 2, Slot{nullptr, 0});
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.node != nullptr) slots_[slot_of(slot.node)] = slot;
  }
}

std::uint32_t GraphIndex::find(const Node* node) const {
  if (slots_.empty()) return kNone;
  const Slot& slot = slots_[slot_of(node)];
  return slot.node == nullptr ? kNone : slot.index;
}

// Puts a node that is new on the stack.
std::uint32_t GraphIndex::insert(Node* node) {
  if (2 * (entries_.size() + 1) > slots_.size()) grow();
  Slot& slot = slots_[slot_of(node)];
  if (slot.node != nullptr) return slot.index;
  const auto index = static_cast<std::uint32_t>(entries_.size());
  slot = {node, index};
  entries_.push_back({node, 0, static_cast<std::uint32_t>(targets_.size()), num_grads_});
  targets_.resize(targets_.size() + node->num_outputs(), kNone);
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
