// convert: a model that runs on integers.
#pragma once
#include <sinter/graph/graph_module.h>
#include <sinter/quant/layers.h>

#include <optional>

namespace sinter::quant {

// The integer form of a model of prepare_qat or prepare_ptq, with weights of its own, in evaluation
// mode: Quantize where bytes begin, DeQuantize where real numbers are needed again, and QConv2d,
// QLinear, QAdd, QAvgPool2d and QGlobalAvgPool2d between them. Layers keep the paths of those they
// stand for. What only moves elements about is called on bytes; dropout is gone. Weights are i8 in
// [-127, 127], biases are round(bias / (input scale * weight scale)); a weight's scale is raised
// where its bias would not fit into 2^30.
//
// The result differs from the prepared model by rounding alone: a sum that is a tie, or nearly one,
// may be rounded the other way. Throws ValueError for a model that was not prepared, or that has
// not observed anything.
graph::GraphModule convert(const graph::GraphModule& prepared);

// What the bytes of a value of a converted graph stand for, found at the module that makes them;
// nullopt for a value that is not bytes.
std::optional<ByteParams> byte_params(graph::Value value);

}  // namespace sinter::quant
