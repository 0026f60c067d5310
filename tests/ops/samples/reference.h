// Plain values for references: an array of doubles with sizes, indexed without strides.
#pragma once
#include <cmath>

#include "../op_suite.h"

namespace sinter::testing {

// Row-major doubles.
struct Numbers {
  std::vector<std::int64_t> sizes;
  std::vector<double> values;

  Numbers() = default;
  explicit Numbers(std::vector<std::int64_t> shape, double fill = 0) : sizes(std::move(shape)) {
    std::size_t count = 1;
    for (const std::int64_t size : sizes) count *= static_cast<std::size_t>(size);
    values.assign(count, fill);
  }
  explicit Numbers(const Tensor& t) : sizes(t.sizes().vec()), values(to_doubles(t)) {}

  std::int64_t size(std::size_t d) const { return sizes[d]; }
  std::size_t numel() const { return values.size(); }
  template <class... I>
  double& operator()(I... index) {
    return values[at({static_cast<std::int64_t>(index)...})];
  }
  template <class... I>
  double operator()(I... index) const {
    return values[at({static_cast<std::int64_t>(index)...})];
  }
  std::size_t at(std::initializer_list<std::int64_t> index) const {
    std::size_t place = 0, d = 0;
    for (const std::int64_t i : index) {
      place = place * static_cast<std::size_t>(sizes[d++]) + static_cast<std::size_t>(i);
    }
    return place;
  }
  // The values as an f64 tensor.
  Tensor tensor() const;
};

// Numbers that repeat only after a long while, in [-1, 1], away from zero; another seed gives
// others.
Tensor sample_values(IntArrayRef sizes, int seed = 0);
// The same as whole numbers in [-9, 9] of an integer dtype.
Tensor sample_integers(IntArrayRef sizes, DType dtype, int seed = 0);

}  // namespace sinter::testing
