// Attributes of losses.
#pragma once
#include <sinter/ops/attrs.h>
#include <sinter/ops/loss.h>

namespace sinter::ops {

struct NllLossAttrs {
  Reduction reduction = Reduction::mean;
  std::int64_t ignore_index = -100;
  static constexpr auto fields = std::tuple{Field{"reduction", &NllLossAttrs::reduction},
                                            Field{"ignore_index", &NllLossAttrs::ignore_index}};
};
// sizes: of the log-probabilities.
struct NllLossBackwardAttrs {
  Dims sizes;
  Reduction reduction = Reduction::mean;
  std::int64_t ignore_index = -100;
  static constexpr auto fields =
      std::tuple{Field{"sizes", &NllLossBackwardAttrs::sizes},
                 Field{"reduction", &NllLossBackwardAttrs::reduction},
                 Field{"ignore_index", &NllLossBackwardAttrs::ignore_index}};
};

}  // namespace sinter::ops
