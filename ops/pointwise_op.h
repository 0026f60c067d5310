// The run-time face of a pointwise op: how its dtype is found, and its loop over a tile.
#pragma once
#include <sinter/ops/op_def.h>

#include <cstddef>
#include <cstdint>

namespace sinter::ops {

struct OpCall;

// The loop of one op over n contiguous elements in the compute dtype; out may be one of the inputs.
using TileFn = void (*)(const void* const* in, void* out, std::size_t n, const void* attrs);

// The loops of one op, by compute dtype; f16 and bf16 compute in f32. Null: not supported.
struct TileRow {
  TileFn fn[kNumDTypes] = {};
};

// How the compute dtype follows from the promoted dtype of the inputs.
enum class Promote : std::uint8_t {
  same,      // computes and returns the promoted dtype
  to_float,  // integers and bool become the default floating dtype
};

// A set of dtypes, one bit each.
using DTypeSet = std::uint16_t;
constexpr DTypeSet dtype_bit(DType dtype) {
  return static_cast<DTypeSet>(1U << static_cast<unsigned>(dtype));
}
inline constexpr DTypeSet kIntegers = dtype_bit(kUInt8) | dtype_bit(kInt8) | dtype_bit(kInt16) |
                                      dtype_bit(kInt32) | dtype_bit(kInt64);
inline constexpr DTypeSet kFloats =
    dtype_bit(kFloat16) | dtype_bit(kBFloat16) | dtype_bit(kFloat32) | dtype_bit(kFloat64);
inline constexpr DTypeSet kNumbers = kIntegers | kFloats;
inline constexpr DTypeSet kAllDTypes = kNumbers | dtype_bit(kBool);

// What a formula declares beside its mathematics.
struct PointwiseTraits {
  Promote promote = Promote::same;
  DTypeSet dtypes = kAllDTypes;  // compute dtypes it has a meaning for
  bool bool_result = false;      // comparisons and predicates
  bool condition_first = false;  // input 0 is a bool that takes no part in promotion
  bool integer_divisor = false;  // of integers, input 1 must not be 0: checked before the loop
  OnnxName onnx = {};
  const char* no_onnx = nullptr;
  const char* no_vjp = nullptr;
};

// The traits that most formulas have.
constexpr PointwiseTraits with_dtypes(Promote promote, DTypeSet dtypes, OnnxName onnx,
                                      const char* no_onnx) {
  return {.promote = promote, .dtypes = dtypes, .onnx = onnx, .no_onnx = no_onnx};
}
constexpr PointwiseTraits to_floating(OnnxName onnx, const char* no_onnx = nullptr) {
  return with_dtypes(Promote::to_float, kFloats, onnx, no_onnx);
}
constexpr PointwiseTraits of_floats(OnnxName onnx, const char* no_onnx = nullptr) {
  return with_dtypes(Promote::same, kFloats, onnx, no_onnx);
}
constexpr PointwiseTraits of_numbers(OnnxName onnx, const char* no_onnx = nullptr) {
  return with_dtypes(Promote::same, kNumbers, onnx, no_onnx);
}
constexpr PointwiseTraits predicate(OnnxName onnx, const char* no_onnx = nullptr) {
  return {.bool_result = true, .onnx = onnx, .no_onnx = no_onnx, .no_vjp = "its result is a bool"};
}
constexpr PointwiseTraits of_bits(OnnxName onnx) {
  return {.dtypes = kIntegers | dtype_bit(kBool),
          .onnx = onnx,
          .no_vjp = "it is defined on integers only"};
}

struct PointwiseOp {
  PointwiseTraits traits;
  const TileRow* (*rows)();  // the loops of the op's family for this machine
  std::size_t row;           // which of them
  DTypeSet as_is;            // dtypes whose elements the loops take and give as they are
};

constexpr DTypeSet dtypes_as_is(const PointwiseTraits& traits) {
  if (traits.condition_first) return 0;
  const bool checked = traits.promote == Promote::to_float || traits.integer_divisor;
  const DTypeSet reduced = dtype_bit(kFloat16) | dtype_bit(kBFloat16);
  return static_cast<DTypeSet>(traits.dtypes & ~reduced & (checked ? kFloats : kAllDTypes));
}

// infer and kernel of every pointwise op.
void infer_pointwise(InferContext& context);
namespace cpu {
void run_pointwise(const KernelContext& context);
// Runs the whole call when its tensors are alike (contiguous, of one dtype and shape) and small;
// otherwise does nothing and returns false.
bool run_aligned_pointwise(OpCall& call);
}  // namespace cpu

// The dtype that a pointwise op computes in for these inputs.
DType compute_dtype(const OpDef& def, const TensorRefs& in);

// The dtype of an operation between these inputs by PyTorch's rule: tensors with dimensions count
// first, 0-d ones only when their category is higher, C++ numbers last.
DType result_type(const TensorRefs& in, std::size_t first = 0);

}  // namespace sinter::ops
