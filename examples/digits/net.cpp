#include "net.h"

namespace nn = sinter::nn;

namespace digits {

namespace {

nn::Sequential block(std::int64_t in, std::int64_t out) {
  return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(in, out, 3).padding(1).bias(false)),
                        nn::BatchNorm2d(out), nn::ReLU());
}

}  // namespace

NetImpl::NetImpl()
    : features(block(1, 16), block(16, 32), nn::MaxPool2d(2), block(32, 64), nn::MaxPool2d(2)),
      classifier(nn::Flatten(), nn::Dropout(0.25), nn::Linear(64 * 2 * 2, 10)) {
  register_module("features", features);
  register_module("classifier", classifier);
}

sinter::Tensor NetImpl::forward(const sinter::Tensor& images) {
  return classifier(features(images));
}

}  // namespace digits
