// Reductions: sums, extremes, moments, norms and scans over dimensions.
//
// Common to all of them. `dims` lists dimensions to reduce, negative ones counted from the end; an
// empty list means all of them, a 0-d tensor allows 0 and -1. IndexError names a dimension out of
// range, ValueError one that is listed twice. A reduced dimension disappears, or keeps size 1 with
// `keepdim`. f16 and bf16 are computed in float and rounded once. f32 sums run in blocks whose
// totals are added in f64, so their error does not grow with the size. How the work is cut depends
// on the shape alone: results are bitwise the same at any number of threads. NaN propagates.
#pragma once
#include <sinter/core/tensor.h>

#include <concepts>
#include <optional>
#include <tuple>

namespace sinter {

// Sum of elements. dtype: the type computed in and returned; by default that of the input, i64 for
// integers and bool (overflow wraps around). An empty sum is 0.
Tensor sum(const Tensor& self, std::optional<DType> dtype = std::nullopt);
Tensor sum(const Tensor& self, IntArrayRef dims, bool keepdim = false,
           std::optional<DType> dtype = std::nullopt);
// Sums grad down to sizes, the inverse of broadcasting: sizes must broadcast to grad's sizes, else
// ValueError. The gradient of a broadcast input is sum_to_size(grad, input sizes).
Tensor sum_to_size(const Tensor& grad, IntArrayRef sizes);
// Arithmetic mean: sum / count; NaN of no elements. Throws TypeError unless the input, or dtype, is
// floating point.
Tensor mean(const Tensor& self, std::optional<DType> dtype = std::nullopt);
Tensor mean(const Tensor& self, IntArrayRef dims, bool keepdim = false,
            std::optional<DType> dtype = std::nullopt);
// Product of elements; dtype as in sum. An empty product is 1. The gradient is right for zeros too.
Tensor prod(const Tensor& self, std::optional<DType> dtype = std::nullopt);
Tensor prod(const Tensor& self, std::int64_t dim, bool keepdim = false,
            std::optional<DType> dtype = std::nullopt);

// The largest (smallest) element of all; any dtype. Throws ValueError for no elements. The gradient
// is shared equally by equal extremes.
Tensor max(const Tensor& self);
Tensor min(const Tensor& self);
// The largest (smallest) elements along dim and their indices (i64), the first of equal ones; a NaN
// counts as more extreme than any number. The gradient goes to the element at the index. Throws
// IndexError when the dimension has no elements.
std::tuple<Tensor, Tensor> max(const Tensor& self, std::int64_t dim, bool keepdim = false);
std::tuple<Tensor, Tensor> min(const Tensor& self, std::int64_t dim, bool keepdim = false);
// The elementwise maximum (minimum) of two tensors that broadcast; see maximum().
Tensor max(const Tensor& self, const Tensor& other);
Tensor min(const Tensor& self, const Tensor& other);
// The largest (smallest) elements over dims, as max() without indices.
Tensor amax(const Tensor& self, IntArrayRef dims = {}, bool keepdim = false);
Tensor amin(const Tensor& self, IntArrayRef dims = {}, bool keepdim = false);
// The index (i64) of the largest (smallest) element along dim, the first of equal ones; of the
// flattened tensor without dim. Throws IndexError when there are no elements to choose from.
Tensor argmax(const Tensor& self, std::optional<std::int64_t> dim = std::nullopt,
              bool keepdim = false);
Tensor argmin(const Tensor& self, std::optional<std::int64_t> dim = std::nullopt,
              bool keepdim = false);

// Whether any (all) elements are non-zero, as bool; NaN is not zero. Of no elements: false (true).
Tensor any(const Tensor& self);
Tensor any(const Tensor& self, std::int64_t dim, bool keepdim = false);
Tensor any(const Tensor& self, IntArrayRef dims, bool keepdim = false);
Tensor all(const Tensor& self);
Tensor all(const Tensor& self, std::int64_t dim, bool keepdim = false);
Tensor all(const Tensor& self, IntArrayRef dims, bool keepdim = false);
// How many elements are not zero, as i64.
Tensor count_nonzero(const Tensor& self, IntArrayRef dims = {});

// Variance: sum((x - mean)^2) / max(0, n - correction), computed in f64 in two passes. unbiased
// means a correction of 1 (Bessel's). NaN when n - correction is 0 and the sum is 0. Floating point
// only, else NotImplementedError. Without dims unbiased must be a bool: in var(x, 0) the 0 is a
// dimension.
Tensor var(const Tensor& self, IntArrayRef dims = {}, bool unbiased = true, bool keepdim = false);
Tensor var(const Tensor& self, std::same_as<bool> auto unbiased) {
  return var(self, IntArrayRef(), unbiased);
}
// The same with any correction; dims undefined or empty: all.
Tensor var(const Tensor& self, std::optional<IntArrayRef> dims,
           const std::optional<Scalar>& correction, bool keepdim = false);
// Standard deviation: the square root of var. Its gradient where it is 0 is 0.
Tensor std(const Tensor& self, IntArrayRef dims = {}, bool unbiased = true, bool keepdim = false);
Tensor std(const Tensor& self, std::same_as<bool> auto unbiased) {
  return sinter::std(self, IntArrayRef(), unbiased);
}
Tensor std(const Tensor& self, std::optional<IntArrayRef> dims,
           const std::optional<Scalar>& correction, bool keepdim = false);
// Variance (standard deviation) and mean over dims.
std::tuple<Tensor, Tensor> var_mean(const Tensor& self, IntArrayRef dims = {}, bool unbiased = true,
                                    bool keepdim = false);
std::tuple<Tensor, Tensor> std_mean(const Tensor& self, IntArrayRef dims = {}, bool unbiased = true,
                                    bool keepdim = false);

// The p-norm of the elements as one vector: (sum |x|^p)^(1/p); p = 0 counts the non-zero ones,
// infinity and -infinity give the largest and smallest |x|. Computed in f64 for f32. Floating point
// only, else NotImplementedError; ValueError for no elements where p < 0 or p is infinite.
Tensor norm(const Tensor& self, const Scalar& p = 2);
Tensor norm(const Tensor& self, const Scalar& p, IntArrayRef dims, bool keepdim = false);
// log(sum(exp(x))), without overflow: the maximum is taken out first. Integers are computed in the
// default dtype. Of no elements: -infinity.
Tensor logsumexp(const Tensor& self, IntArrayRef dims, bool keepdim = false);

// Running sums along dim; dtype as in sum.
Tensor cumsum(const Tensor& self, std::int64_t dim, std::optional<DType> dtype = std::nullopt);

// Whether two tensors have the same shape and elements (NaN differs from itself). Reads elements.
bool equal(const Tensor& self, const Tensor& other);
// |a - b| <= atol + rtol * |b| elementwise, as bool; equal infinities are close, NaNs only with
// equal_nan. Throws TypeError when the dtypes differ, ValueError for a negative tolerance.
Tensor isclose(const Tensor& self, const Tensor& other, double rtol = 1e-5, double atol = 1e-8,
               bool equal_nan = false);
// Whether all elements are close. Reads elements.
bool allclose(const Tensor& self, const Tensor& other, double rtol = 1e-5, double atol = 1e-8,
              bool equal_nan = false);

}  // namespace sinter
