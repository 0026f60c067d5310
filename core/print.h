// Text of tensors and metadata.
#pragma once
#include <sinter/core/tensor.h>

#include <cstdint>
#include <iosfwd>
#include <string>

namespace sinter {

// How tensors are printed: digits after the point, the number of elements above which only the
// edges are shown, how many of them at each edge, and the line width.
struct PrintOptions {
  int precision = 4;
  std::int64_t threshold = 1000;
  std::int64_t edge_items = 3;
  int line_width = 80;
};
PrintOptions get_print_options();
// Throws ValueError for a negative precision, threshold or edge_items, or a width below 1.
void set_print_options(const PrintOptions& options);

std::ostream& operator<<(std::ostream& out, const Tensor& tensor);
std::ostream& operator<<(std::ostream& out, DType dtype);
std::ostream& operator<<(std::ostream& out, const Device& device);
std::ostream& operator<<(std::ostream& out, const Scalar& scalar);
std::ostream& operator<<(std::ostream& out, IntArrayRef sizes);

}  // namespace sinter
