// What prepare and convert both do with graph modules.
#pragma once
#include <sinter/graph/graph_module.h>

#include <string>

namespace sinter::quant {

inline constexpr const char* kHolder = "quant";

// A module with a graph of its own over the same tensors and submodules.
graph::GraphModule copy_of(graph::GraphModuleImpl& module);
// The path of what quantization adds for a node, by its name.
inline std::string path_for(const std::string& name) { return std::string(kHolder) + "." + name; }
// Registers the module that those paths lie in, unless it is there.
void ensure_holder(graph::GraphModuleImpl& module);

}  // namespace sinter::quant
