// The loops of each file of formulas, for this machine's best SIMD target.
#pragma once
#include <sinter/ops/pointwise_op.h>

namespace sinter::ops {

const TileRow* arithmetic_rows();
const TileRow* power_rows();
const TileRow* comparison_rows();
const TileRow* elementary_rows();
const TileRow* activation_rows();
const TileRow* arithmetic_backward_rows();
const TileRow* elementary_backward_rows();
const TileRow* activation_backward_rows();

}  // namespace sinter::ops
