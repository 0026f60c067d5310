// The multi-layer perceptron.
#pragma once
#include <sinter/nn/arg.h>
#include <sinter/nn/containers/sequential.h>

#include <cstdint>
#include <vector>

namespace sinter::nn::models {

// mlp(MLPOptions(784, {512, 512, 10})): how many features the input has, and how many each linear
// layer gives.
struct MLPOptions {
  MLPOptions(std::int64_t in_features, std::vector<std::int64_t> features)
      : in_features_(in_features), features_(std::move(features)) {}
  SINTER_ARG(std::int64_t, in_features);
  SINTER_ARG(std::vector<std::int64_t>, features);
  SINTER_ARG(bool, bias) = true;
  // The probability of zeroing elements in training, after each layer and so of the scores too.
  SINTER_ARG(double, dropout) = 0.0;
};

// Linear layers with ReLU between them: [..., in_features] -> [..., features.back()]. As
// torchvision's MLP it is a Sequential of linear layers ("0", "3", "6", ...), ReLU and dropout.
// Throws ValueError `[mlp] ...` without features; layers throw for sizes that are not positive.
Sequential mlp(const MLPOptions& options);

}  // namespace sinter::nn::models
