#include <sinter/ops/pointwise_def_internal.h>

#include <vector>

namespace sinter::ops {

OpTable pointwise_ops() {
  static const std::vector<const OpDef*> table = [] {
    std::vector<const OpDef*> all;
    for (const OpTable part : {arithmetic_ops(), power_ops(), bounds_ops(), comparison_ops(),
                               elementary_ops(), activation_ops()}) {
      all.insert(all.end(), part.begin(), part.end());
    }
    return all;
  }();
  return table;
}

}  // namespace sinter::ops
