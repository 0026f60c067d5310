// Attributes of sorting.
#pragma once
#include <sinter/ops/attrs.h>

namespace sinter::ops {

// dim counts from 0.
struct SortAttrs {
  std::int64_t dim = 0;
  bool descending = false;
  static constexpr auto fields = std::tuple{Field{"dim", &SortAttrs::dim, "axis"},
                                            Field{"descending", &SortAttrs::descending}};
};
struct TopkAttrs {
  std::int64_t k = 1;
  std::int64_t dim = 0;
  bool largest = true;
  static constexpr auto fields =
      std::tuple{Field{"k", &TopkAttrs::k}, Field{"dim", &TopkAttrs::dim, "axis"},
                 Field{"largest", &TopkAttrs::largest}};
};

}  // namespace sinter::ops
