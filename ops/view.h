// Views: other sizes and strides for the same elements. Nothing is copied, so that writing to a
// view writes to what it was taken from. Each function has a Tensor method of the same name, takes
// any dtype and device, and does what PyTorch's function of that name does. A negative dimension
// number counts from the end; one out of range throws IndexError. The gradient of a view is the
// gradient of its elements, zero elsewhere.
#pragma once
#include <sinter/core/tensor.h>

#include <cstdint>
#include <optional>
#include <vector>

namespace sinter {

// --- New sizes, the elements in the same row-major order.

// The elements as an array of `sizes`; one size may be -1 and is computed. Throws ValueError when
// the numbers of elements differ, when two sizes are -1, and when the strides of x do not allow it
// without a copy (use reshape).
Tensor view(const Tensor& x, IntArrayRef sizes);
// The same bytes read as another dtype. When the element sizes differ, the last dimension grows or
// shrinks in proportion; its stride must be 1 and everything must divide, else ValueError. Not
// differentiable.
Tensor view(const Tensor& x, DType dtype);
// As view where that is possible, else a copy of the elements in row-major order.
Tensor reshape(const Tensor& x, IntArrayRef sizes);
// Merges the dimensions start_dim to end_dim into one; a 0-d tensor becomes 1-d. Throws ValueError
// when start_dim comes after end_dim.
Tensor flatten(const Tensor& x, std::int64_t start_dim = 0, std::int64_t end_dim = -1);
// Splits dimension dim into several of the given sizes, one of which may be -1. Throws ValueError
// when their product is not the size of dim.
Tensor unflatten(const Tensor& x, std::int64_t dim, IntArrayRef sizes);
// Drops all dimensions of size 1; or dim, if its size is 1; or those of dims whose size is 1.
Tensor squeeze(const Tensor& x);
Tensor squeeze(const Tensor& x, std::int64_t dim);
Tensor squeeze(const Tensor& x, IntArrayRef dims);
// Inserts a dimension of size 1 before dim, which may be from -rank - 1 to rank.
Tensor unsqueeze(const Tensor& x, std::int64_t dim);

// --- Other orders of dimensions.

// Dimension i of the result is dimension dims[i] of x. Throws ValueError unless dims names each
// dimension once.
Tensor permute(const Tensor& x, IntArrayRef dims);
// Swaps two dimensions.
Tensor transpose(const Tensor& x, std::int64_t dim0, std::int64_t dim1);
// The transpose of a matrix; x itself, viewed, when it has fewer dimensions. Throws ValueError for
// more than two.
Tensor t(const Tensor& x);
// Moves dimension source[i] to place destination[i]; the others keep their order. Throws
// ValueError when the lists differ in length or repeat a dimension.
Tensor movedim(const Tensor& x, IntArrayRef source, IntArrayRef destination);
Tensor movedim(const Tensor& x, std::int64_t source, std::int64_t destination);

// --- Repetition without memory.

// Repeats dimensions of size 1 to the given sizes (their stride becomes 0), and adds dimensions in
// front; -1 keeps a size. Throws ValueError where a size that is not 1 would change.
Tensor expand(const Tensor& x, IntArrayRef sizes);
// All tensors expanded to the shape that they broadcast to, by NumPy's rule. Throws ValueError when
// there is none.
std::vector<Tensor> broadcast_tensors(const std::vector<Tensor>& tensors);

// --- Parts.

// The elements start, start + step, ... before end of dimension dim; negative positions count from
// the end, and positions out of range are moved into it. Throws ValueError for a step below 1 and a
// 0-d x.
Tensor slice(const Tensor& x, std::int64_t dim = 0,
             std::optional<std::int64_t> start = std::nullopt,
             std::optional<std::int64_t> end = std::nullopt, std::int64_t step = 1);
// The `length` elements from start of dimension dim; a negative start counts from the end. Throws
// IndexError when start, ValueError when start + length is out of range.
Tensor narrow(const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t length);
// Element index of dimension dim, which is dropped. Throws IndexError for an index out of range or
// a 0-d x.
Tensor select(const Tensor& x, std::int64_t dim, std::int64_t index);
// Pieces of split_size along dim; the last may be smaller. Throws ValueError for a negative size,
// and for size 0 unless the dimension is empty.
std::vector<Tensor> split(const Tensor& x, std::int64_t split_size, std::int64_t dim = 0);
// Pieces of the given sizes, which must add up to the size of dim, else ValueError.
std::vector<Tensor> split(const Tensor& x, IntArrayRef split_sizes, std::int64_t dim = 0);
std::vector<Tensor> split_with_sizes(const Tensor& x, IntArrayRef split_sizes,
                                     std::int64_t dim = 0);
// At most `chunks` pieces of equal size, but for the last. Throws ValueError for chunks below 1.
std::vector<Tensor> chunk(const Tensor& x, std::int64_t chunks, std::int64_t dim = 0);
// The list of x.select(dim, i).
std::vector<Tensor> unbind(const Tensor& x, std::int64_t dim = 0);
// The diagonal of dimensions dim1 and dim2, as a new last dimension; offset > 0 is above the main
// one, < 0 below. Throws ValueError when dim1 and dim2 are the same.
Tensor diagonal(const Tensor& x, std::int64_t offset = 0, std::int64_t dim1 = 0,
                std::int64_t dim2 = 1);
// Windows of `size` elements along dim, `step` apart, each as a new last dimension; dim counts the
// windows. Throws ValueError for a size below 0 or above that of dim, and for a step below 1.
Tensor unfold(const Tensor& x, std::int64_t dim, std::int64_t size, std::int64_t step);

// Sizes, strides and offset (default: that of x) as given, in the storage of x. Throws ValueError
// for lists of different lengths, negative numbers, and elements outside the storage. Several
// elements at one address add up in the gradient.
Tensor as_strided(const Tensor& x, IntArrayRef sizes, IntArrayRef strides,
                  std::optional<std::int64_t> storage_offset = std::nullopt);

}  // namespace sinter
