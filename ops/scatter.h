// Scattering along one dimension.
//
// index has as many dimensions as self, no larger than self outside dim and no larger than source.
// Where several indices name one element, writes happen in the order of the index along dim. An
// index that is negative or too large throws IndexError; shapes that do not fit throw ValueError.
#pragma once
#include <sinter/core/tensor.h>

namespace sinter {

// A copy of self with out[index[i][j][k]][j][k] = source[i][j][k] for dim 0, and so on.
Tensor scatter(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source);
// The same with one value for all.
Tensor scatter(const Tensor& self, std::int64_t dim, const Tensor& index, const Scalar& value);
// The same with += instead of =: the gradient of gather(). f16 and bf16 are added in f32.
Tensor scatter_add(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source);

}  // namespace sinter
