// The nets that the demo can take through the line.
#pragma once
#include <sinter/sinter.h>

#include <span>
#include <string>

namespace digits {

// A net, images [N, 1, 8, 8] -> scores of the digits [N, 10], and what its training takes.
struct Model {
  const char* name;
  sinter::nn::Sequential (*make)();
  std::int64_t epochs;
  double accuracy;        // percent of held-out images that it gets right at least
  double early_accuracy;  // the same after two epochs
};

// convnet, which is the demo's own, and those of sinter::nn::models: lenet, resnet, shufflenet,
// gpt.
std::span<const Model> all_models();

}  // namespace digits
