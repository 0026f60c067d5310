// When memory is written, for passes that move or merge reads.
#pragma once
#include <sinter/graph/graph.h>

#include <algorithm>
#include <cstddef>
#include <unordered_map>
#include <unordered_set>

namespace sinter::graph {

// Calls fn with each value that the call of an op writes.
template <class F>
void for_each_written(const Node& node, F&& fn) {
  for (std::size_t i = 0; i < node.num_args(); ++i) {
    if (node.writes_arg(i) && node.arg(i).is_value()) fn(node.arg(i).value());
  }
}

// Counts the writes to each class of memory while a pass goes through the nodes in order.
class MemoryVersions {
 public:
  // To be called for each node, in order, after looking at it.
  void pass(const Node& node) {
    ++position_;
    if (!node.has_side_effects()) return;
    if (node.op() == nullptr) {
      everything_ = position_;  // a module or region writes state of its own
      return;
    }
    for_each_written(node, [&](Value value) { written_[class_of(value)] = position_; });
  }
  // The same for a node that is gone.
  void skip() { ++position_; }
  // The position of the last write to what a value is made of.
  std::size_t last_write(Value value) const {
    const auto found = written_.find(class_of(value));
    return found != written_.end() && found->second > everything_ ? found->second : everything_;
  }
  // The newest among a node's arguments.
  std::size_t last_write_to_args(const Node& node) const {
    std::size_t newest = 0;
    for (const Arg& arg : node.args()) {
      arg.for_each_value([&](Value value) { newest = std::max(newest, last_write(value)); });
    }
    return newest;
  }
  static std::uint32_t class_of(Value value) { return value.node->result(value.index).alias_class; }

 private:
  std::size_t position_ = 0;
  std::size_t everything_ = 0;
  std::unordered_map<std::uint32_t, std::size_t> written_;
};

// The classes of memory that some node of the graph writes.
inline std::unordered_set<std::uint32_t> written_classes(const Graph& graph) {
  std::unordered_set<std::uint32_t> out;
  for (const Node* node : graph.nodes()) {
    for_each_written(*node, [&](Value value) { out.insert(MemoryVersions::class_of(value)); });
  }
  return out;
}

}  // namespace sinter::graph
