// Checking indices that live on the device.
#pragma once
#include <sinter/core/tensor.h>

#include <optional>

namespace sinter::cuda {

// The first of i64 indices (row-major) that is neither in [low, high) nor `allowed`. Waits for the
// device: an index out of range is an error, not a wild access.
std::optional<std::int64_t> first_outside(const Tensor& indices, std::int64_t low,
                                          std::int64_t high,
                                          std::optional<std::int64_t> allowed = {});

}  // namespace sinter::cuda
