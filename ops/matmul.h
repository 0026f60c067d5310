// Products of matrices and vectors.
//
// All take tensors of one dtype (TypeError otherwise), any but bool, and give that dtype. f16 and
// bf16 are summed in float and rounded once, integers wrap around. Operands may lie in memory in
// any way: a transposed view is not copied. A product over no terms is zero. Sums run in an order
// that depends on the shapes alone, so results are bitwise the same at any number of threads.
// ValueError is thrown for shapes that do not fit, NotImplementedError for bool, Error for an
// undefined tensor.
#pragma once
#include <sinter/core/tensor.h>

#include <string_view>

namespace sinter {

// a [n, k] times b [k, m] -> [n, m].
Tensor mm(const Tensor& a, const Tensor& b);
// A product for each item of a batch: a [batch, n, k], b [batch, k, m] -> [batch, n, m].
Tensor bmm(const Tensor& a, const Tensor& b);
// The product of the last two dimensions, with NumPy's rules: leading dimensions broadcast; a 1-d a
// counts as a row, a 1-d b as a column, and that dimension is dropped from the result; two 1-d
// tensors give their 0-d dot product. Throws ValueError for a 0-d tensor.
Tensor matmul(const Tensor& a, const Tensor& b);
// a [n, k] times x [k] -> [n].
Tensor mv(const Tensor& a, const Tensor& x);
// The sum of the products of two vectors of equal length -> 0-d.
Tensor dot(const Tensor& a, const Tensor& b);
// The same.
Tensor vdot(const Tensor& a, const Tensor& b);
// a [n], b [m] -> [n, m] with the products of all pairs; dtypes promote as in mul.
Tensor outer(const Tensor& a, const Tensor& b);
// beta * input + alpha * a b, where input broadcasts to [n, m]. With beta = 0 input is not looked
// at. Throws TypeError when beta or alpha is fractional and the tensors are integral.
Tensor addmm(const Tensor& input, const Tensor& a, const Tensor& b, const Scalar& beta = 1,
             const Scalar& alpha = 1);
// The same for each item of a batch; input broadcasts to [batch, n, m].
Tensor baddbmm(const Tensor& input, const Tensor& a, const Tensor& b, const Scalar& beta = 1,
               const Scalar& alpha = 1);
// x w^T + b: input [..., in], weight [out, in], bias [out] -> [..., out]. A weight of [in] gives
// [...]; its bias is 0-d.
Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias = {});
// The Kronecker product: blocks a[i, j] * b. The shorter shape counts as having ones in front.
Tensor kron(const Tensor& a, const Tensor& b);

// Einstein's summation convention, as numpy.einsum: "ij,jk->ik". A letter (a-z, A-Z) names a
// dimension; a letter twice in one operand takes the diagonal; letters absent from the right side
// are summed over. `...` stands for dimensions that broadcast. Without `->` the result has the
// dimensions of the ellipsis, then the letters that occur once, in alphabetical order (capitals
// first). Spaces are ignored. Operands are contracted from left to right with bmm. Throws
// ValueError for a malformed equation or for sizes that do not agree.
Tensor einsum(std::string_view equation, const std::vector<Tensor>& operands);

}  // namespace sinter
