// Attributes of softmax.
#pragma once
#include <sinter/ops/attrs.h>

namespace sinter::ops {

// dim counts from 0.
struct SoftmaxAttrs {
  std::int64_t dim = 0;
  static constexpr auto fields = std::tuple{Field{"dim", &SoftmaxAttrs::dim, "axis"}};
};

}  // namespace sinter::ops
