// Plain row-major arrays of doubles: what references are written with, sharing no kernel with ops.
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/ops/attrs.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "op_sample.h"

namespace sinter::testing {

// Lists for OpSamples::dtypes; functions, because samples are made before main() starts.
std::vector<DType> all_dtypes();
std::vector<DType> floating_dtypes();

using Index = std::vector<std::int64_t>;

struct Array {
  Index sizes;
  std::vector<double> values;

  Array(Index array_sizes, double value = 0);
  explicit Array(const Tensor& t);
  std::int64_t numel() const { return static_cast<std::int64_t>(values.size()); }
  // The place of an index in values.
  std::size_t at(const Index& index) const;
  double operator[](const Index& index) const { return values[at(index)]; }
  double& operator[](const Index& index) { return values[at(index)]; }
  // A contiguous f64 tensor.
  Tensor tensor() const;
};

// Calls fn with every index of sizes, in row-major order.
void for_each_index(const Index& sizes, const std::function<void(const Index&)>& fn);

// A tensor of f64: multiples of 1/4 in (-32, 32) from a fixed sequence, so that every dtype but the
// unsigned ones holds them, and integers their whole part.
Tensor values(const Index& sizes, std::uint32_t seed = 1);

// Which element of the input an element of the output is; nothing: 0.
using IndexMap = std::function<std::optional<Index>(const Index&)>;
// A reference for ops that only move elements of inputs[0].
std::function<Tensors(const Tensors&)> moves(Index sizes, IndexMap from);

// Runs an op by its name; attributes that are not given keep their defaults.
Tensor run_op(const char* name, const Tensors& inputs,
              const std::vector<std::pair<const char*, ops::AttrValue>>& attributes);

}  // namespace sinter::testing
