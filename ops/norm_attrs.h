// Attributes of the normalisations.
#pragma once
#include <sinter/ops/attrs.h>

namespace sinter::ops {

struct BatchNormAttrs {
  double eps = 1e-5;
  static constexpr auto fields = std::tuple{Field{"eps", &BatchNormAttrs::eps, "epsilon"}};
};

// How running statistics follow those of a batch of `count` values per channel.
struct BatchNormUpdateAttrs {
  double momentum = 0.1;
  std::int64_t count = 0;
  static constexpr auto fields = std::tuple{Field{"momentum", &BatchNormUpdateAttrs::momentum},
                                            Field{"count", &BatchNormUpdateAttrs::count}};
};

// layer_norm and rms_norm.
struct LayerNormAttrs {
  Dims normalized_shape;
  double eps = 1e-5;
  static constexpr auto fields =
      std::tuple{Field{"normalized_shape", &LayerNormAttrs::normalized_shape},
                 Field{"eps", &LayerNormAttrs::eps, "epsilon"}};
};

struct GroupNormAttrs {
  std::int64_t groups = 1;
  double eps = 1e-5;
  static constexpr auto fields = std::tuple{Field{"num_groups", &GroupNormAttrs::groups},
                                            Field{"eps", &GroupNormAttrs::eps, "epsilon"}};
};

}  // namespace sinter::ops
