// Graphs as JSON, and graph modules as files.
#pragma once
#include <sinter/graph/graph_module.h>

#include <string>

namespace sinter::graph {

// The graph of a module as JSON, version 1: for each node its kind, name, target, arguments,
// attributes by name, results (dtype, sizes, strides, class of memory), what grows with the batch,
// effects, the line and the module it comes from, and the pass that made it. Numbers are written so
// that they are read back bit for bit.
std::string to_json(const GraphModuleImpl& module);
// A module that runs the graph in text with the parameters, buffers and submodules of another one:
// the module that was captured, or a graph module. Nodes are restored as they were, nothing is
// traced. Throws ValueError `[from_json] ...` for text that is not such JSON, of another version,
// or whose graph breaks a rule of lint() with these modules.
GraphModule from_json(const std::string& text, nn::Module& module);

// Writes a graph module to one file: its tensors, by their names in state_dict(), in the
// safetensors format, and in that format's metadata the graph and the tree of modules. Any reader
// of safetensors can read the tensors. Modules that the graph calls must be of a class in
// leaf_classes.h; throws ValueError for others, and for modules that share single parameters with
// others, IOError when the file cannot be written.
void save(const GraphModuleImpl& module, const std::string& path);
inline void save(const GraphModule& module, const std::string& path) { save(*module, path); }
// Reads such a file. The program need not know the classes that the module was made of. Throws
// IOError `[load] ...` for a file that is not one, or is damaged.
GraphModule load(const std::string& path);

}  // namespace sinter::graph
