// Attributes of indexing ops.
#pragma once
#include <sinter/ops/attrs.h>

namespace sinter::ops {

struct IndexPutAttrs {
  bool accumulate = false;
  static constexpr auto fields = std::tuple{Field{"accumulate", &IndexPutAttrs::accumulate}};
};
// dim counts from 0.
struct IndexDimAttrs {
  std::int64_t dim = 0;
  static constexpr auto fields = std::tuple{Field{"dim", &IndexDimAttrs::dim, "axis"}};
};
struct IndexAddAttrs {
  std::int64_t dim = 0;
  Scalar alpha = 1;
  static constexpr auto fields =
      std::tuple{Field{"dim", &IndexAddAttrs::dim}, Field{"alpha", &IndexAddAttrs::alpha}};
};
struct MaskedFillAttrs {
  Scalar value = 0;
  static constexpr auto fields = std::tuple{Field{"value", &MaskedFillAttrs::value}};
};
// padding_idx -1: none.
struct EmbeddingAttrs {
  std::int64_t padding_idx = -1;
  static constexpr auto fields = std::tuple{Field{"padding_idx", &EmbeddingAttrs::padding_idx}};
};
struct EmbeddingBackwardAttrs {
  std::int64_t num_weights = 0;
  std::int64_t padding_idx = -1;
  static constexpr auto fields =
      std::tuple{Field{"num_weights", &EmbeddingBackwardAttrs::num_weights},
                 Field{"padding_idx", &EmbeddingBackwardAttrs::padding_idx}};
};
struct ScatterValueAttrs {
  std::int64_t dim = 0;
  Scalar value = 0;
  static constexpr auto fields =
      std::tuple{Field{"dim", &ScatterValueAttrs::dim}, Field{"value", &ScatterValueAttrs::value}};
};

}  // namespace sinter::ops
