// Pictures of graphs.
#pragma once
#include <sinter/graph/graph.h>

#include <string>

namespace sinter::graph {

// Draws the graph (see Graph::to_dot) as an SVG file with GraphViz' program dot. Throws Error
// `[save_svg] ...` where that is not installed or fails, IOError when no file can be written.
void save_svg(const Graph& graph, const std::string& path);

}  // namespace sinter::graph
