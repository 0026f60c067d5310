// Which ops can do a pointwise op on their results on the way, and which op that is.
#pragma once
#include <sinter/ops/op_def.h>

namespace sinter::ops {

// Whether an op is ReLU: max(x, 0).
bool is_relu(const OpDef& op);
// Whether the attributes of an op have a bool "relu" that makes it return the ReLU of its result.
bool takes_relu(const OpDef& op);

}  // namespace sinter::ops
