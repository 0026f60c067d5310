// Attributes of the optimizers' updates.
#pragma once
#include <sinter/ops/attrs.h>

namespace sinter::ops {

struct SgdAttrs {
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
  bool first = false;
  static constexpr auto fields =
      std::tuple{Field{"momentum", &SgdAttrs::momentum}, Field{"dampening", &SgdAttrs::dampening},
                 Field{"weight_decay", &SgdAttrs::weight_decay},
                 Field{"nesterov", &SgdAttrs::nesterov}, Field{"first", &SgdAttrs::first}};
};

struct AdamAttrs {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  bool decoupled = false;
  static constexpr auto fields =
      std::tuple{Field{"beta1", &AdamAttrs::beta1}, Field{"beta2", &AdamAttrs::beta2},
                 Field{"eps", &AdamAttrs::eps}, Field{"weight_decay", &AdamAttrs::weight_decay},
                 Field{"decoupled", &AdamAttrs::decoupled}};
};

}  // namespace sinter::ops
