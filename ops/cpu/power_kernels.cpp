#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sinter/ops/cpu/power_kernels.cpp"
// clang-format off: foreach_target.h must come first
#include <hwy/foreach_target.h>
#include <sinter/ops/cpu/tile-inl.h>
// clang-format on
#include <sinter/ops/cpu/tile_tables.h>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::HWY_NAMESPACE {
#define SINTER_FORMULA HWY_INLINE
#include <sinter/ops/formulas/arithmetic-inl.h>
#include <sinter/ops/formulas/backward-inl.h>
#undef SINTER_FORMULA
const TileRow* power_table() { return make_table(PowerFormulas{}); }
const TileRow* arithmetic_backward_table() {
  return make_table(BackwardList<ArithmeticDerivatives>{});
}
}  // namespace sinter::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::ops {
HWY_EXPORT(power_table);
HWY_EXPORT(arithmetic_backward_table);
const TileRow* power_rows() {
  static const TileRow* const rows = HWY_DYNAMIC_DISPATCH(power_table)();
  return rows;
}
const TileRow* arithmetic_backward_rows() {
  static const TileRow* const rows = HWY_DYNAMIC_DISPATCH(arithmetic_backward_table)();
  return rows;
}
}  // namespace sinter::ops
#endif
