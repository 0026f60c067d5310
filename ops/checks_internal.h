// Checks that infer functions share.
#pragma once
#include <sinter/ops/op_def.h>

#include <algorithm>

namespace sinter::ops {

// Throws TypeError unless input i, if given, has the dtype of input 0.
inline void check_same_dtype(const InferContext& c, std::size_t i) {
  if (!c.in.defined(i)) return;
  SINTER_CHECK_AS(TypeError, c.meta(i).dtype == c.meta(0).dtype, "[", c.op(),
                  "] tensors must have one dtype; got ", c.meta(0).dtype, " and ", c.meta(i).dtype);
}
// Throws NotImplementedError unless input 0 is floating point.
inline void check_floating(const InferContext& c) {
  SINTER_CHECK_AS(NotImplementedError, is_floating_point(c.meta(0).dtype), "[", c.op(),
                  "] works on floating point tensors; got ", c.meta(0).dtype);
}
// Throws IndexError unless dim, an attribute, counts a dimension of a tensor of that rank from 0.
// A rank of 0 counts as 1.
inline void check_dim(const InferContext& c, std::int64_t dim, std::size_t rank) {
  const auto end = static_cast<std::int64_t>(std::max<std::size_t>(rank, 1));
  SINTER_CHECK_AS(IndexError, dim >= 0 && dim < end, "[", c.op(), "] dim must lie in [0, ", end,
                  "); got ", dim);
}
// Throws TypeError unless input i is a tensor of i64 indices.
inline void check_index_dtype(const InferContext& c, std::size_t i) {
  SINTER_CHECK_AS(TypeError, c.meta(i).dtype == kInt64, "[", c.op(),
                  "] indices must be of dtype i64; got ", c.meta(i).dtype);
}
// dim of a call, counted from 0. Throws Error for an undefined tensor, IndexError out of range.
inline std::int64_t call_dim(const char* op, const Tensor& x, std::int64_t dim) {
  SINTER_CHECK(x.defined(), "[", op, "] is called with an undefined tensor");
  return static_cast<std::int64_t>(wrap_dim(op, dim, static_cast<std::size_t>(x.dim())));
}

}  // namespace sinter::ops
