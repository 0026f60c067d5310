// Attributes of the shape family.
#pragma once
#include <sinter/ops/attrs.h>

namespace sinter::ops {

struct CatAttrs {
  std::int64_t dim = 0;
  static constexpr auto fields = std::tuple{Field{"dim", &CatAttrs::dim, "axis"}};
};
struct FlipAttrs {
  Dims dims;
  static constexpr auto fields = std::tuple{Field{"dims", &FlipAttrs::dims}};
};
// Elements added before and after each dimension; taken away where negative.
struct PadAttrs {
  Dims before;
  Dims after;
  double value = 0;
  static constexpr auto fields =
      std::tuple{Field{"before", &PadAttrs::before}, Field{"after", &PadAttrs::after},
                 Field{"value", &PadAttrs::value}};
};

}  // namespace sinter::ops
