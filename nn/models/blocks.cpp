#include <sinter/nn/init.h>
#include <sinter/nn/models/blocks_internal.h>

namespace sinter::nn::models::detail {

void init_convolutions(const Module& model) {
  for (const auto& module : model.modules(false)) {
    if (auto* conv = module->as<Conv2d>()) init::kaiming_normal_(conv->weight, 0, kFanOut, kReLU);
  }
}

}  // namespace sinter::nn::models::detail
