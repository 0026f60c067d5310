// The text of a tensor's matrices and vectors, for print.cpp.
#pragma once
#include <sinter/core/print.h>
#include <sinter/core/tensor.h>

#include <cstdint>
#include <string>
#include <vector>

namespace sinter::detail {

// Stands for the elements that a summary leaves out.
inline constexpr std::int64_t kGap = -1;

// The indices of a dimension that are shown, in order, with kGap where some are left out.
std::vector<std::int64_t> shown_indices(std::int64_t size, const PrintOptions& how, bool summarise);

// A tensor's elements in host memory, wherever they lie in it.
struct PrintSource {
  const char* data = nullptr;
  const TensorMeta* meta = nullptr;

  // The element at that distance from the first, in elements.
  Scalar at(std::int64_t offset) const;
};

// One matrix of a tensor: the dimensions first_dim and first_dim + 1; a vector, when there is only
// the one, counts as a single column.
struct MatrixView {
  const PrintSource* source;
  std::int64_t offset;
  std::size_t first_dim;
  int indent;
};

// The shortest text that reads back as the same double; with an exponent below 1e-4 and from 1e16.
std::string shortest_text(double value);

std::string print_matrix(const MatrixView& matrix, const PrintOptions& how, bool summarise);

}  // namespace sinter::detail
