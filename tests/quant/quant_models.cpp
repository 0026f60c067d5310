#include "quant_models.h"

namespace sinter::testing {

namespace {
nn::Conv2d conv(std::int64_t in, std::int64_t out, std::int64_t kernel, bool bias = false) {
  return nn::Conv2d(nn::Conv2dOptions(in, out, kernel).padding(kernel / 2).bias(bias));
}
}  // namespace

SmallNetImpl::SmallNetImpl() {
  stem = register_module("stem", conv(1, 8, 3));
  stem_norm = register_module("stem_norm", nn::BatchNorm2d(8));
  first = register_module("first", conv(8, 8, 3, true));
  first_norm = register_module("first_norm", nn::BatchNorm2d(8));
  second = register_module("second", conv(8, 8, 3));
  second_norm = register_module("second_norm", nn::BatchNorm2d(8));
  left = register_module("left", conv(8, 8, 1, true));
  right = register_module("right", nn::Conv2d(nn::Conv2dOptions(8, 8, 3).padding(1).groups(8)));
  fc = register_module("fc", nn::Linear(16, 10));
}

Tensor SmallNetImpl::forward(const Tensor& image) {
  Tensor x = max_pool2d(relu(stem_norm(stem(image))), 2);
  const Tensor branch = second_norm(second(relu(first_norm(first(x)))));
  x = relu(branch + x);
  x = cat({left(x), relu(right(x))}, 1);
  x = x.view({x.size(0), 2, 8, x.size(2), x.size(3)}).transpose(1, 2).flatten(1, 2);
  return fc(adaptive_avg_pool2d(x, 1).flatten(1));
}

void unsettle(nn::Module& module) {
  const NoGradGuard no_grad;
  manual_seed(11);
  for (const auto& below : module.modules(false)) {
    auto* norm = below->as<nn::BatchNorm2d>();
    if (norm == nullptr) continue;
    norm->weight.uniform_(0.5, 1.5);
    norm->bias.uniform_(-0.5, 0.5);
    norm->running_mean.uniform_(-0.3, 0.3);
    norm->running_var.uniform_(0.5, 2);
  }
}

}  // namespace sinter::testing
