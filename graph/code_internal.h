// A graph module as C++.
#pragma once
#include <sinter/graph/graph_module.h>

#include <string>

namespace sinter::graph {

struct ModuleSource {
  std::string type;  // of the holder, in namespace generated
  std::string text;
};
ModuleSource source_of(const GraphModuleImpl& module);

}  // namespace sinter::graph
