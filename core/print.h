// Text of tensors and metadata.
#pragma once
#include <sinter/core/tensor.h>

#include <cstdint>
#include <iosfwd>
#include <string>

namespace sinter {

// At most this many digits after the point.
inline constexpr int kMaxPrintPrecision = 100;

// How tensors are printed: digits after the point, the number of elements above which only the
// edges are shown, how many of them at each edge, and the line width.
//
// The text is libtorch's: a vector has one number a line, a matrix one row a line, tensors of more
// dimensions matrices under titles like (1,.,.) that count from 1; numbers of one matrix share a
// format, and a factor where all are large or small. It differs where libtorch's C++ printing is
// misleading: rows under a factor, a title or "Columns 1 to 6" are aligned, integers are written
// with all their digits, and tensors above the threshold are summarised.
struct PrintOptions {
  int precision = 4;
  std::int64_t threshold = 1000;
  std::int64_t edge_items = 3;
  int line_width = 80;
};
PrintOptions get_print_options();
// Throws ValueError for a negative threshold or edge_items, a precision that is negative or above
// kMaxPrintPrecision, or a width below 1.
void set_print_options(const PrintOptions& options);

// The elements, then [ CPUFloatType{2,3} ].
std::ostream& operator<<(std::ostream& out, const Tensor& tensor);
// The name of the C++ type, as in libtorch: Float, Long.
std::ostream& operator<<(std::ostream& out, DType dtype);
std::ostream& operator<<(std::ostream& out, const Device& device);
std::ostream& operator<<(std::ostream& out, const Scalar& scalar);
std::ostream& operator<<(std::ostream& out, IntArrayRef sizes);

}  // namespace sinter
