// Sorting along a dimension. NaN counts as greater than any number; -0 equals 0. Equal elements
// keep their order, in ascending and descending sorts alike, so results are the same everywhere.
#pragma once
#include <sinter/core/tensor.h>

#include <optional>
#include <tuple>

namespace sinter {

// The elements in order along dim, and the index (i64) each had. Any dtype. The gradient follows
// the indices. Throws IndexError for a dim out of range.
std::tuple<Tensor, Tensor> sort(const Tensor& self, std::int64_t dim = -1, bool descending = false);
// libtorch's form. Sorts are stable whatever `stable` says.
std::tuple<Tensor, Tensor> sort(const Tensor& self, std::optional<bool> stable,
                                std::int64_t dim = -1, bool descending = false);
// The indices of sort().
Tensor argsort(const Tensor& self, std::int64_t dim = -1, bool descending = false);
// The k largest (smallest) elements along dim, in order, and their indices; of equal ones the
// first. Throws ValueError unless 0 <= k <= size. `sorted` is accepted for libtorch's sake: results
// are always in order.
std::tuple<Tensor, Tensor> topk(const Tensor& self, std::int64_t k, std::int64_t dim = -1,
                                bool largest = true, bool sorted = true);

}  // namespace sinter
