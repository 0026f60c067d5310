// forward() of the modules of a graph as C++.
#pragma once
#include <sinter/graph/code_modules_internal.h>
#include <sinter/graph/code_scopes_internal.h>

#include <string>

namespace sinter::graph {

// How a forward() is written: for people, or so that two calls of one module that do the same are
// the same text.
enum class CodeStyle : std::uint8_t { readable, canonical };

// The method of the module that a scope calls. Throws ValueError for what has no C++.
std::string forward_code(const Scope& scope, const Graph& graph, const ModuleTree& modules,
                         CodeStyle style);

}  // namespace sinter::graph
