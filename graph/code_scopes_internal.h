// The program of a graph, split into calls of modules.
#pragma once
#include <sinter/graph/graph.h>

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace sinter::graph {

// One call of a module that was traced through: what becomes its forward().
struct Scope {
  // A node, or the call of a module below.
  struct Item {
    Node* node = nullptr;
    std::unique_ptr<Scope> call = nullptr;
  };
  std::string path;  // of the module; the whole program's is empty
  std::vector<Item> items;
  std::vector<Value> inputs;   // what it uses from outside
  std::vector<Value> results;  // what is used of it outside
  bool uses_batch = false;
};

// Whether path is that module, or lies below it.
bool is_below(std::string_view path, std::string_view module);

// The scopes of a graph: nodes that follow each other and come from one module are a call of it.
// Modules in written_out have none: what they do is part of the module above.
Scope split_scopes(const Graph& graph, const std::set<std::string>& written_out);

}  // namespace sinter::graph
