// Options of linear layers and of those that only reshape.
#pragma once
#include <sinter/nn/arg.h>

#include <cstdint>
#include <vector>

namespace sinter::nn {

// Linear(LinearOptions(5, 2).bias(false))
struct LinearOptions {
  LinearOptions(std::int64_t in_features, std::int64_t out_features)
      : in_features_(in_features), out_features_(out_features) {}
  SINTER_ARG(std::int64_t, in_features);
  SINTER_ARG(std::int64_t, out_features);
  SINTER_ARG(bool, bias) = true;
};

// Flatten(FlattenOptions().start_dim(2).end_dim(3))
struct FlattenOptions {
  SINTER_ARG(std::int64_t, start_dim) = 1;
  SINTER_ARG(std::int64_t, end_dim) = -1;
};

// Unflatten(UnflattenOptions(1, {2, 3}))
struct UnflattenOptions {
  UnflattenOptions(std::int64_t dim, std::vector<std::int64_t> sizes)
      : dim_(dim), sizes_(std::move(sizes)) {}
  SINTER_ARG(std::int64_t, dim);
  SINTER_ARG(std::vector<std::int64_t>, sizes);
};

}  // namespace sinter::nn
