// Graphs that run with another batch size than they were captured with.
#pragma once
#include <sinter/graph/attributes.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sinter::graph {

class Graph;
class Node;

// An integer among a node's attributes that grows with the batch: the sizes of a view, of zeros().
struct BatchItem {
  std::string attribute;
  std::size_t index = 0;      // in a list
  std::int64_t per_item = 1;  // its value for a batch of one
};

// Finds the attributes that grow with the batch: other is the same program captured with another
// batch size. Returns false, and changes nothing, where the two are not alike, so that the graph
// runs with its own batch size only.
bool mark_batch_items(Graph& graph, const Graph& other);

// The node's attributes, with those that grow with the batch set for that batch; -1 leaves them as
// captured.
Attributes attributes_for_batch(const Node& node, std::int64_t batch);

}  // namespace sinter::graph
