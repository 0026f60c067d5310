#include <sinter/nn/models/blocks_internal.h>
#include <sinter/nn/models/lenet.h>
#include <sinter/ops/activation.h>
#include <sinter/ops/pool.h>

namespace sinter::nn::models {

namespace {

Conv2d conv5x5(std::int64_t in, std::int64_t out) { return detail::conv(in, out, {.kernel = 5}); }

// What is left of an image after two poolings by 2.
std::int64_t pooled_features(const LeNetOptions& o) {
  SINTER_CHECK_AS(ValueError, o.image_size() >= 4, "[lenet] image_size must be at least 4; got ",
                  o.image_size());
  const std::int64_t side = o.image_size() / 4;
  return checked_mul("lenet", o.channels()[1], checked_mul("lenet", side, side));
}

}  // namespace

LeNetImpl::LeNetImpl(const LeNetOptions& options_)
    : options(options_),
      conv1(register_module("conv1", conv5x5(options.in_channels(), options.channels()[0]))),
      bn1(register_module("bn1", BatchNorm2d(options.channels()[0]))),
      conv2(register_module("conv2", conv5x5(options.channels()[0], options.channels()[1]))),
      bn2(register_module("bn2", BatchNorm2d(options.channels()[1]))),
      fc1(register_module("fc1", Linear(pooled_features(options), options.hidden_features()[0]))),
      fc2(register_module("fc2",
                          Linear(options.hidden_features()[0], options.hidden_features()[1]))),
      fc3(register_module("fc3", Linear(options.hidden_features()[1], options.num_classes()))) {}

Tensor LeNetImpl::forward(const Tensor& images) {
  Tensor x = max_pool2d(relu(bn1(conv1(images))), 2);
  x = max_pool2d(relu(bn2(conv2(x))), 2);
  x = relu(fc1(x.flatten(1)));
  return fc3(relu(fc2(x)));
}

}  // namespace sinter::nn::models
