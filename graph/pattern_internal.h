// Finding a small graph in a large one.
#pragma once
#include <sinter/graph/graph.h>

#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace sinter::graph {

// What the nodes and inputs of a pattern stand for.
struct Match {
  std::unordered_map<const Node*, Node*> nodes;
  std::unordered_map<const Node*, Value> inputs;
  std::vector<Value> results;

  bool holds(const Node* node) const;
  // The matched nodes in the order of the graph.
  std::vector<Node*> in_order() const;
  // What a pattern's inputs stand for, in order.
  std::vector<Value> arguments(const Graph& pattern) const;
};

// Matches of pattern whose first result is anchor's. The nodes in taken are no part of any.
std::optional<Match> match_at(const Graph& pattern, Node& anchor,
                              const std::unordered_set<const Node*>& taken);
// Whether pattern, captured with the metadata of a match, has the same attributes and arguments.
bool matches_exactly(const Graph& pattern, const Match& match, const std::vector<Value>& arguments);
// The shape of a graph, without attributes: two patterns of one outline match at the same places.
std::string outline(const Graph& graph);

// Whether replacing the match leaves alone what the rest of the graph computes, with a replacement
// that aliases and writes like this graph.
bool is_safe(const Match& match, const Graph& pattern, const Graph& replacement);

}  // namespace sinter::graph
