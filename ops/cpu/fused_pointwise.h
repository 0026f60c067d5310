// Several pointwise ops in one pass over memory: a program over tiles that fit into the first-level
// cache. Each op runs the loop that its eager call runs, and each intermediate result is rounded to
// its dtype, so the results are the same bits.
#pragma once
#include <sinter/ops/cpu/tile_loop.h>
#include <sinter/ops/pointwise_op.h>

#include <array>
#include <cstdint>
#include <span>
#include <vector>

namespace sinter::ops::cpu {

// One op of a program. Registers 0 to n - 1 are the inputs, those from n on the ops' results.
struct FusedOp {
  const OpDef* op;
  const void* attributes;         // owned by the caller
  std::vector<std::uint16_t> in;  // registers
  DType compute;                  // see compute_dtype()
  DType result;
};

// What a program computes. Inputs broadcast to the common sizes of all results; outputs are laid
// out alike.
struct FusedSpec {
  std::vector<TensorMeta> inputs;
  std::vector<FusedOp> ops;
  std::vector<std::uint16_t> outputs;  // registers of ops
  TensorMeta result;                   // sizes and strides of every output
};

// Whether an op's call can be part of a program: pointwise, and checked before its loop by nothing
// that depends on elements.
bool can_fuse(const OpDef& op, const TensorRefs& in);

class FusedPointwise {
 public:
  explicit FusedPointwise(FusedSpec spec);
  // Runs the program. Tensors have the metadata of the spec; an output may lie where an input lies
  // that no later op than the output's reads.
  void run(std::span<const TensorImpl* const> inputs, std::span<TensorImpl* const> outputs) const;
  // Of an input register, the number of the last op that reads it; of an op's, the op itself.
  std::size_t last_read(std::size_t input) const { return last_read_[input]; }
  const FusedSpec& spec() const { return spec_; }

 private:
  struct Tile;
  void run_range(std::span<const TileOperand> operands, std::int64_t begin, std::int64_t end) const;
  void run_op(Tile& tile, std::size_t i) const;
  DType dtype_of(std::size_t r) const;

  FusedSpec spec_;
  TileSpace space_;
  std::vector<TileOperand> operands_;   // inputs, then outputs, without data
  std::vector<TileFn> loops_;           // of the ops
  std::vector<std::int32_t> buffer_;    // of each register
  std::vector<std::int32_t> output_;    // which output a register is, or -1
  std::vector<std::size_t> last_read_;  // of each register
  std::size_t buffers_ = 0;
};

}  // namespace sinter::ops::cpu
