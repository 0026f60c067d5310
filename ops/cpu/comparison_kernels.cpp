#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sinter/ops/cpu/comparison_kernels.cpp"
// clang-format off: foreach_target.h must come first
#include <hwy/foreach_target.h>
#include <sinter/ops/cpu/tile-inl.h>
// clang-format on
#include <sinter/ops/cpu/tile_tables.h>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::HWY_NAMESPACE {
#define SINTER_FORMULA HWY_INLINE
#include <sinter/ops/formulas/comparison-inl.h>
#undef SINTER_FORMULA
const TileRow* comparison_table() { return make_table(ComparisonFormulas{}); }
}  // namespace sinter::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::ops {
HWY_EXPORT(comparison_table);
const TileRow* comparison_rows() {
  static const TileRow* const rows = HWY_DYNAMIC_DISPATCH(comparison_table)();
  return rows;
}
}  // namespace sinter::ops
#endif
