// Pieces of graphs as text.
#pragma once
#include <sinter/graph/node.h>

#include <string>

namespace sinter::graph {

std::string describe_meta(const TensorMeta& meta);  // "f32[8, 16]"
std::string describe_arg(const Arg& arg);
std::string describe_value(const ops::AttrValue& value);

}  // namespace sinter::graph
