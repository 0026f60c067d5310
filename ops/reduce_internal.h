// What the files of the reduce family share.
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/ops/checks_internal.h>
#include <sinter/ops/op_def.h>
#include <sinter/ops/reduce_attrs.h>

namespace sinter::ops {

// dims as attributes hold them: counted from 0, ascending, all of them for an empty list. Throws
// IndexError for one out of range, ValueError for one listed twice.
Dims reduced_dims(const char* op, IntArrayRef dims, std::size_t rank);
// The sizes of a reduction's result.
Dims reduced_sizes(IntArrayRef sizes, IntArrayRef dims, bool keepdim);
// How many elements are reduced into one.
std::int64_t reduced_count(IntArrayRef sizes, IntArrayRef dims);
// A result with the reduced dimensions back, as size 1, so that it broadcasts to `sizes`.
Tensor with_dims(const Tensor& result, IntArrayRef sizes, IntArrayRef dims, bool keepdim);
// Checks that restored attributes fit input i: dims in range and ascending.
void check_dims(const InferContext& c, IntArrayRef dims, std::size_t i = 0);
// Throws Error `[op] is called with an undefined tensor`.
void check_defined(const char* op, const Tensor& x);

extern const OpDef kVar;
extern const OpDef kStd;
extern const OpDef kNorm;
extern const OpDef kLogsumexp;
extern const OpDef kMaxDim;
extern const OpDef kMinDim;
extern const OpDef kArgmax;
extern const OpDef kArgmin;
extern const OpDef kCumsum;

}  // namespace sinter::ops
