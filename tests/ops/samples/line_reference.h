// References for ops that work along dimensions: plain loops over arrays of doubles.
#pragma once
#include <functional>

#include "../arrays.h"
#include "../op_suite.h"

namespace sinter::testing {

using Line = std::vector<double>;

// f64 elements in [-5, 5] that differ from each other (up to 100 of them) and from 0; another seed
// gives others.
Tensor distinct(IntArrayRef sizes, int seed = 0);
// The same in [-4, 6]: sums do not cancel.
Tensor mostly_positive(IntArrayRef sizes, int seed = 0);
// An i64 tensor of the given elements.
Tensor integers(IntArrayRef sizes, const std::vector<std::int64_t>& values);
// An f64 tensor of the given elements.
Tensor doubles(IntArrayRef sizes, const Line& values);
Tensor booleans(IntArrayRef sizes, const std::vector<bool>& values);

// Reduces dims (all of them where the list is empty) by fn, which sees the elements in row-major
// order.
Tensor reduced(const Tensor& x, IntArrayRef dims, bool keepdim,
               const std::function<double(const Line&)>& fn);
// Replaces each line along dim by fn(line), which may have another length.
Tensor mapped(const Tensor& x, std::int64_t dim, const std::function<Line(const Line&)>& fn);
// The same for two tensors of one shape.
Tensor mapped(const Tensor& x, const Tensor& y, std::int64_t dim,
              const std::function<Line(const Line&, const Line&)>& fn);
// Calls fn(position) for all positions of an array in row-major order.
using Position = std::vector<std::int64_t>;
void for_positions(IntArrayRef sizes, const std::function<void(const Position&)>& fn);
// The row-major place of a position.
std::size_t place(IntArrayRef sizes, const Position& position);

}  // namespace sinter::testing
