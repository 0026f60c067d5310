// Making tensors. What options leave out takes its default: the default dtype (f32 unless set), the
// CPU, contiguous, no gradient. requires_grad in the options makes the result a leaf that wants a
// gradient. Negative sizes, and sizes whose product overflows, throw ValueError; a device whose
// backend is not built in throws NotImplementedError; memory that is not there OutOfMemoryError.
#pragma once
#include <sinter/core/callable.h>
#include <sinter/core/tensor.h>
#include <sinter/ops/tensor_literal.h>

#include <vector>

namespace sinter {

// --- Of given sizes.

// Uninitialised elements. Throws ValueError for channels_last with other than 4 dimensions, and for
// a memory format given twice or preserve.
Tensor empty(IntArrayRef sizes, const TensorOptions& options = {},
             std::optional<MemoryFormat> format = std::nullopt);
// Uninitialised elements with the given strides. Throws ValueError for negative strides.
Tensor empty_strided(IntArrayRef sizes, IntArrayRef strides, const TensorOptions& options = {});
Tensor zeros(IntArrayRef sizes, const TensorOptions& options = {});
Tensor ones(IntArrayRef sizes, const TensorOptions& options = {});
// Every element is value. Without a dtype, a bool gives bool, an integer i64. Throws ValueError
// when value does not fit an integer dtype.
Tensor full(IntArrayRef sizes, const Scalar& value, TensorOptions options = {});
// A 0-d tensor of the default dtype, unless options say otherwise.
Tensor scalar_tensor(const Scalar& value, const TensorOptions& options = {});
// 1 on the diagonal of an n x m matrix (m defaults to n), 0 elsewhere.
Tensor eye(std::int64_t n, const TensorOptions& options = {});
Tensor eye(std::int64_t n, std::int64_t m, const TensorOptions& options = {});

// --- Like another tensor: its sizes, dtype, device and (memory format preserve) strides, except
// for what options say otherwise.
Tensor empty_like(const Tensor& x, const TensorOptions& options = {},
                  std::optional<MemoryFormat> format = std::nullopt);
Tensor zeros_like(const Tensor& x, const TensorOptions& options = {},
                  std::optional<MemoryFormat> format = std::nullopt);
Tensor ones_like(const Tensor& x, const TensorOptions& options = {},
                 std::optional<MemoryFormat> format = std::nullopt);
Tensor full_like(const Tensor& x, const Scalar& value, const TensorOptions& options = {},
                 std::optional<MemoryFormat> format = std::nullopt);

// --- Sequences.

// start, start + step, ... up to but not including end: ceil((end - start) / step) elements, each
// computed as start + i * step in double or i64. Without a dtype: i64 when all numbers are
// integers. Throws ValueError for a step of 0 or against the direction of end, numbers that are not
// finite, and more elements than i64 can count.
Tensor arange(const Scalar& end, const TensorOptions& options = {});
Tensor arange(const Scalar& start, const Scalar& end, const TensorOptions& options = {});
Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step,
              TensorOptions options = {});
// `steps` numbers from start to end, both included, evenly spaced; computed in double from the
// nearer end. Throws ValueError for negative steps.
Tensor linspace(const Scalar& start, const Scalar& end, std::int64_t steps,
                const TensorOptions& options = {});
// base to the power of linspace(start, end, steps).
Tensor logspace(const Scalar& start, const Scalar& end, std::int64_t steps, double base = 10,
                const TensorOptions& options = {});

// --- Around existing memory.

// A tensor over memory that the caller keeps alive (or that deleter frees once no tensor uses it).
// strides are in elements, contiguous by default. Throws ValueError for a null pointer with
// elements, and for negative strides.
Tensor from_blob(void* data, IntArrayRef sizes, const TensorOptions& options = {});
Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides,
                 const TensorOptions& options = {});
Tensor from_blob(void* data, IntArrayRef sizes, Callable<void(void*)> deleter,
                 const TensorOptions& options = {});
Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, Callable<void(void*)> deleter,
                 const TensorOptions& options = {});

// --- Parts of matrices.

// The lower triangle of the last two dimensions, 0 elsewhere: elements with column - row <=
// diagonal. Throws ValueError for fewer than 2 dimensions. Differentiable.
Tensor tril(const Tensor& x, std::int64_t diagonal = 0);
// The upper triangle: elements with column - row >= diagonal.
Tensor triu(const Tensor& x, std::int64_t diagonal = 0);

// Coordinates of a grid: result i has the sizes of all 1-d (or 0-d) tensors together and repeats
// tensor i along its dimension. indexing: "ij", or "xy" to swap the first two dimensions as NumPy
// does by default. Throws ValueError for another indexing, for more dimensions, and for no tensors.
std::vector<Tensor> meshgrid(const std::vector<Tensor>& tensors, std::string_view indexing = "ij");

}  // namespace sinter
