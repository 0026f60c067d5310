// GraphIndex: the nodes that a backward pass can reach, numbered.
#pragma once
#include <sinter/autograd/node.h>

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

namespace sinter::autograd {

// Numbers nodes in the order of discovery and resolves edges to numbers, so that running the graph
// needs no look-ups. Notes the number in the node itself; for nodes where another pass has done so
// at the moment, in a table. Clearing keeps the memory for the next pass.
class GraphIndex {
 public:
  static constexpr std::uint32_t kNone = ~std::uint32_t{0};
  struct Entry {
    Node* node;
    std::uint32_t dependencies = 0;  // edges that lead here
    std::uint32_t first_target = 0;  // of its edges, in targets
    std::uint32_t first_grad = 0;    // of its inputs, counted over all nodes
  };

  GraphIndex();
  ~GraphIndex() { clear(); }
  GraphIndex(const GraphIndex&) = delete;
  GraphIndex& operator=(const GraphIndex&) = delete;

  // Forgets all nodes, which must still be alive.
  void clear();
  // Adds a node and all that it leads to; returns its number.
  std::uint32_t add(Node* root);
  // The number of a node that was added; kNone for others.
  std::uint32_t find(const Node* node) const;

  std::size_t size() const { return entries_.size(); }
  Entry& operator[](std::uint32_t i) { return entries_[i]; }
  std::uint32_t num_grads() const { return num_grads_; }
  // The numbers that the edges of node i lead to; kNone for an edge that ends.
  std::span<const std::uint32_t> targets(std::uint32_t i) const {
    return {targets_.data() + entries_[i].first_target, entries_[i].node->num_outputs()};
  }
  // All numbers, a node after those it leads to.
  std::span<const std::uint32_t> postorder() const { return postorder_; }

 private:
  struct Visit {
    std::uint32_t index;
    std::uint32_t next_edge;
  };
  std::uint32_t insert(Node* node);

  std::uint64_t tag_;  // of this index in marks
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> targets_;
  std::vector<std::uint32_t> postorder_;
  std::vector<Visit> stack_;
  std::unordered_map<const Node*, std::uint32_t> marked_by_others_;
  std::uint32_t num_grads_ = 0;
};

}  // namespace sinter::autograd
