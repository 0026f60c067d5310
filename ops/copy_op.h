// Which op copies.
#pragma once
#include <sinter/ops/op_def.h>

namespace sinter::ops {

// Whether the result of an op has the elements of its input, in memory of its own and nothing else.
bool is_copy(const OpDef& op);

}  // namespace sinter::ops
