// Options of batch, layer and group norm.
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/nn/arg.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace sinter::nn {

// BatchNorm2d(BatchNorm2dOptions(64).eps(1e-3).momentum(0.01)). Without momentum (nullopt), running
// statistics are the plain average over all batches.
struct BatchNormOptions {
  BatchNormOptions(std::int64_t num_features) : num_features_(num_features) {}  // NOLINT
  SINTER_ARG(std::int64_t, num_features);
  SINTER_ARG(double, eps) = 1e-5;
  SINTER_ARG(std::optional<double>, momentum) = 0.1;
  SINTER_ARG(bool, affine) = true;
  SINTER_ARG(bool, track_running_stats) = true;
};
using BatchNorm1dOptions = BatchNormOptions;
using BatchNorm2dOptions = BatchNormOptions;

// LayerNorm(LayerNormOptions({64}).elementwise_affine(false))
struct LayerNormOptions {
  LayerNormOptions(std::vector<std::int64_t> normalized_shape)  // NOLINT
      : normalized_shape_(std::move(normalized_shape)) {}
  SINTER_ARG(std::vector<std::int64_t>, normalized_shape);
  SINTER_ARG(double, eps) = 1e-5;
  SINTER_ARG(bool, elementwise_affine) = true;
};

// GroupNorm(GroupNormOptions(8, 64).eps(1e-6))
struct GroupNormOptions {
  GroupNormOptions(std::int64_t num_groups, std::int64_t num_channels)
      : num_groups_(num_groups), num_channels_(num_channels) {}
  SINTER_ARG(std::int64_t, num_groups);
  SINTER_ARG(std::int64_t, num_channels);
  SINTER_ARG(double, eps) = 1e-5;
  SINTER_ARG(bool, affine) = true;
};

namespace functional {

struct BatchNormFuncOptions {
  SINTER_ARG(Tensor, weight);
  SINTER_ARG(Tensor, bias);
  SINTER_ARG(bool, training) = false;
  SINTER_ARG(double, momentum) = 0.1;
  SINTER_ARG(double, eps) = 1e-5;
};

struct LayerNormFuncOptions {
  LayerNormFuncOptions(std::vector<std::int64_t> normalized_shape)  // NOLINT
      : normalized_shape_(std::move(normalized_shape)) {}
  SINTER_ARG(std::vector<std::int64_t>, normalized_shape);
  SINTER_ARG(Tensor, weight);
  SINTER_ARG(Tensor, bias);
  SINTER_ARG(double, eps) = 1e-5;
};

struct GroupNormFuncOptions {
  GroupNormFuncOptions(std::int64_t num_groups) : num_groups_(num_groups) {}  // NOLINT
  SINTER_ARG(std::int64_t, num_groups);
  SINTER_ARG(Tensor, weight);
  SINTER_ARG(Tensor, bias);
  SINTER_ARG(double, eps) = 1e-5;
};

}  // namespace functional
}  // namespace sinter::nn
