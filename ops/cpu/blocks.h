// Moving blocks of elements between a tensor and places in it that indices name.
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/ops/cpu/reduce_plan.h>

#include <vector>

namespace sinter::ops::cpu {

// Each place holds one block: the elements over `after`, for each point of `before`. In axes, `in`
// is the stride in the indexed tensor, `out` that in the tensor of blocks.
struct BlockPlan {
  Axes before;
  Axes after;
  std::vector<std::int64_t> places;  // element offsets in the indexed tensor; -1: skip
  std::int64_t place_stride = 0;     // in the tensor of blocks, from one place to the next
};

// An index tensor and the dimension it indexes.
struct PlaceIndex {
  const Tensor* index;
  std::int64_t dim;
};
// The places of indices that broadcast to `positions` in a tensor; negative indices count from the
// end. Throws IndexError naming the first bad index.
std::vector<std::int64_t> find_places(const char* op, const TensorMeta& self, IntArrayRef positions,
                                      const std::vector<PlaceIndex>& indices);

// The plan of a tensor that is indexed by places between the dims `before` and `after`; blocks is
// the layout [before..., places, after...] of the tensor of blocks.
BlockPlan make_block_plan(const TensorMeta& self, IntArrayRef before, IntArrayRef after,
                          std::vector<std::int64_t> places);

// blocks = the elements at the places. Both have element_bytes (1, 2, 4 or 8) per element.
void gather_blocks(const BlockPlan& plan, const char* self, char* blocks,
                   std::size_t element_bytes);
// The elements at the places = blocks, in order.
void assign_blocks(const BlockPlan& plan, char* self, const char* blocks,
                   std::size_t element_bytes);
// The elements at the places += alpha * blocks, in order. f16 and bf16 are not supported here.
void add_blocks(const BlockPlan& plan, DType dtype, char* self, const char* blocks,
                const Scalar& alpha);

// Copies in[0] of a functional call into its output, so that the kernel can go on in place.
void start_from(const Tensor& self, const Tensor& out);
// Runs fn(tensor) on an f32 copy of an f16 or bf16 tensor and rounds the result back; on the tensor
// itself for other dtypes.
template <class F>
void in_full_precision(const Tensor& out, F&& fn);
Tensor to_float_copy(const Tensor& x);
void round_back(const Tensor& from, const Tensor& to);

template <class F>
void in_full_precision(const Tensor& out, F&& fn) {
  if (!is_reduced_floating_point(out.dtype())) return fn(out);
  const Tensor wide = to_float_copy(out);
  fn(wide);
  round_back(wide, out);
}

}  // namespace sinter::ops::cpu
