// Attributes of the matrix products.
#pragma once
#include <sinter/ops/attrs.h>

namespace sinter::ops {

// beta * input + alpha * (a b).
struct AddmmAttrs {
  Scalar beta = 1;
  Scalar alpha = 1;
  static constexpr auto fields =
      std::tuple{Field{"beta", &AddmmAttrs::beta}, Field{"alpha", &AddmmAttrs::alpha}};
};

}  // namespace sinter::ops
