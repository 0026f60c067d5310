// Indexing: reading and writing elements that tensors of indices or masks choose.
//
// Tensors of indices hold integers of any dtype but u8; negative ones count from the end. An index
// out of range throws IndexError `[op] index 5 is out of range for dimension 1 with size 3`. Where
// several indices name one element, writes happen in the order of the indices: the last one stays,
// sums are added in order, at any number of threads.
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/ops/indexing.h>

#include <vector>

namespace sinter {

// x[indices[0], indices[1], ...], as NumPy has it: undefined tensors take a whole dimension, index
// tensors broadcast together, masks (bool or u8) stand for the positions of their true elements and
// take as many dimensions as they have. The broadcast dimensions replace the indexed ones where
// those are neighbours, else they come first. See Tensor::index for slices, None and Ellipsis.
// Throws IndexError for too many indices and for a mask that does not fit, ValueError when the
// indices do not broadcast.
Tensor index(const Tensor& self, const std::vector<Tensor>& indices);
// A copy of self in which the elements at indices are replaced by values (or values are added to
// them), which broadcast to the shape of index(self, indices). Throws TypeError when the dtypes
// differ.
Tensor index_put(const Tensor& self, const std::vector<Tensor>& indices, const Tensor& values,
                 bool accumulate = false);
// The same in place.
Tensor& index_put_(Tensor& self, const std::vector<Tensor>& indices, const Tensor& values,
                   bool accumulate = false);

// The slices of self along dim at a 1-d (or 0-d) tensor of indices.
Tensor index_select(const Tensor& self, std::int64_t dim, const Tensor& index);
// self with alpha * source added: slice i of source along dim to slice index[i] of self. source has
// the shape of self but for dim, where it has as many elements as index.
Tensor index_add(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source,
                 const Scalar& alpha = 1);

// self where mask is false, value where it is true. mask (bool) broadcasts to self; out of place
// both broadcast. A value that is a tensor must be 0-d.
Tensor masked_fill(const Tensor& self, const Tensor& mask, const Scalar& value);
Tensor masked_fill(const Tensor& self, const Tensor& mask, const Tensor& value);
// The elements where mask (bool, broadcast with self) is true, as a 1-d tensor.
Tensor masked_select(const Tensor& self, const Tensor& mask);

// out[i][j][k] = self[index[i][j][k]][j][k] for dim 0, and so on. index has as many dimensions as
// self and is no larger, dim excepted. IndexError for an index that is negative or too large.
Tensor gather(const Tensor& self, std::int64_t dim, const Tensor& index);
// gather() after broadcasting self and index over the other dimensions.
Tensor take_along_dim(const Tensor& self, const Tensor& index, std::int64_t dim);
// The elements of the flattened tensor at indices, in the shape of index.
Tensor take(const Tensor& self, const Tensor& index);

// Rows of weight [count, size] at indices: [..., size]. Rows at padding_idx get no gradient (none
// for -1).
Tensor embedding(const Tensor& weight, const Tensor& indices, std::int64_t padding_idx = -1);
// 1 at each class number of an integer tensor, 0 elsewhere: [..., num_classes] of i64. num_classes
// -1: one more than the largest number. Throws ValueError for a negative class number or one that
// is not below num_classes.
Tensor one_hot(const Tensor& self, std::int64_t num_classes = -1);
// The positions of the non-zero elements, in order: [count, dimensions] of i64.
Tensor nonzero(const Tensor& self);

}  // namespace sinter
