// Every op of Sinter, in one explicit table.
#pragma once
#include <sinter/ops/op_def.h>

#include <span>
#include <string_view>

namespace sinter::ops {

// All registered ops, in the order of their families.
std::span<const OpDef* const> all_ops();
// The op of that name, or nullptr.
const OpDef* find_op(std::string_view name);

// The families. Each is a table in the file of the same name.
using OpTable = std::span<const OpDef* const>;
OpTable pointwise_ops();
OpTable view_ops();
OpTable copy_ops();
OpTable creation_ops();
OpTable random_ops();
OpTable shape_ops();
OpTable reduce_ops();
OpTable matmul_ops();
OpTable index_ops();
OpTable scatter_ops();
OpTable sort_ops();
OpTable softmax_ops();
OpTable loss_ops();
OpTable conv_ops();
OpTable pool_ops();
OpTable quantize_ops();
OpTable quantized_ops();
OpTable batch_norm_ops();
OpTable norm_ops();
OpTable attention_ops();
OpTable optimizer_ops();

}  // namespace sinter::ops
