// Attributes of attention.
#pragma once
#include <sinter/ops/attrs.h>

namespace sinter::ops {

struct AttentionAttrs {
  double scale = 1;
  bool is_causal = false;
  static constexpr auto fields = std::tuple{Field{"scale", &AttentionAttrs::scale},
                                            Field{"is_causal", &AttentionAttrs::is_causal}};
};

}  // namespace sinter::ops
