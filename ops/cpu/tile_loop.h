// Loops over tensors of any layout in tiles: what the drivers of pointwise ops share.
#pragma once
#include <sinter/core/tensor_impl.h>
#include <sinter/ops/cpu/convert.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace sinter::ops::cpu {

inline constexpr std::size_t kTile = 1024;  // elements: four f32 operands fit into L1
inline constexpr std::int64_t kGrain = std::int64_t{1}
                                       << 15;  // elements a thread should have at least

// One tensor as a loop sees it: along the loop's dimensions, innermost first.
struct TileOperand {
  char* data = nullptr;
  std::size_t element = 0;                    // bytes
  bool direct = false;                        // already of the dtype the loop reads or writes
  ConvertFn convert = nullptr;                // to the loop's dtype (input), or from it (output)
  std::array<std::int64_t, kMaxDims> stride;  // in elements

  bool is_constant(std::size_t dims) const;  // one element for the whole loop
};

// The dimensions of a loop, innermost first.
struct TileSpace {
  std::size_t dims = 0;
  std::array<std::int64_t, kMaxDims> size;
  std::int64_t numel = 1;
};

// The dtype in which a loop holds elements: f16 and bf16 are computed in f32.
DType loop_dtype(DType dtype);

// Describes a tensor that a loop holds as `held`.
TileOperand make_operand(const TensorImpl& impl, DType held);

// The space of elements of `sizes` and each operand's strides in it, from tensors' metadata: the
// dimensions in order of the last operand's strides, those that lie together in every operand as
// one. Operands are broadcast to sizes.
TileSpace make_space(IntArrayRef sizes, std::span<const TensorMeta* const> metas,
                     std::span<TileOperand> operands);

struct alignas(64) TileBuffer {
  char bytes[kTile * 8];
};

// True when elements [begin, begin + n) of an operand lie together; offset is where.
bool in_one_run(const TileSpace& space, const TileOperand& op, std::int64_t begin, std::int64_t n,
                std::int64_t& offset);
// Elements [begin, begin + n) of an input, in the loop's dtype of `held` bytes: where they lie, or
// in the buffer.
const void* load_tile(const TileSpace& space, const TileOperand& op, std::int64_t begin,
                      std::int64_t n, TileBuffer& buffer, std::size_t held);
void store_tile(const TileSpace& space, const TileOperand& op, std::int64_t begin, std::int64_t n,
                const void* from, std::size_t held);

}  // namespace sinter::ops::cpu
