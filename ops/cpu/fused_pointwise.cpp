#include <sinter/core/parallel.h>
#include <sinter/ops/cpu/fused_pointwise.h>
#include <sinter/ops/cpu/workspace.h>

#include <algorithm>

namespace sinter::ops::cpu {

namespace {

constexpr std::size_t kMaxArity = 5;

// The dtype in which op i's loop wants its input k.
DType wanted(const FusedOp& op, std::size_t k) {
  return op.op->pointwise->traits.condition_first && k == 0 ? kBool : loop_dtype(op.compute);
}

// Rounds n elements that a loop holds in f32 to f16 or bf16.
void round_to(DType dtype, void* elements, TileBuffer& space, std::size_t n) {
  convert_fn(kFloat32, dtype)(elements, 1, space.bytes, 1, n);
  convert_fn(dtype, kFloat32)(space.bytes, 1, elements, 1, n);
}

}  // namespace

bool can_fuse(const OpDef& op, const TensorRefs& in) {
  if (op.pointwise == nullptr || in.size() == 0 || in.size() > kMaxArity) return false;
  const PointwiseTraits& traits = op.pointwise->traits;
  return !traits.integer_divisor || is_floating_point(compute_dtype(op, in));
}

FusedPointwise::FusedPointwise(FusedSpec spec) : spec_(std::move(spec)) {
  const std::size_t inputs = spec_.inputs.size();
  const std::size_t registers = inputs + spec_.ops.size();
  output_.assign(registers, -1);
  last_read_.assign(registers, 0);
  for (std::size_t i = 0; i < spec_.outputs.size(); ++i) {
    output_[spec_.outputs[i]] = static_cast<std::int32_t>(i);
    last_read_[spec_.outputs[i]] = spec_.ops.size();  // stored at the end
  }
  for (std::size_t i = 0; i < spec_.ops.size(); ++i) {
    const FusedOp& op = spec_.ops[i];
    const PointwiseOp& pointwise = *op.op->pointwise;
    loops_.push_back(
        pointwise.rows()[pointwise.row].fn[static_cast<std::size_t>(loop_dtype(op.compute))]);
    for (const std::uint16_t r : op.in) last_read_[r] = std::max(last_read_[r], i);
  }
  // Inputs keep their buffers; those of results are used again after the last op that reads them.
  buffer_.assign(registers, -1);
  for (std::size_t r = 0; r < inputs; ++r) buffer_[r] = static_cast<std::int32_t>(buffers_++);
  std::vector<std::int32_t> free;
  for (std::size_t i = 0; i < spec_.ops.size(); ++i) {
    const std::size_t r = inputs + i;
    if (free.empty()) free.push_back(static_cast<std::int32_t>(buffers_++));
    buffer_[r] = free.back();
    free.pop_back();
    for (std::size_t other = inputs; other <= r; ++other) {
      if (last_read_[other] == i && other != r) free.push_back(buffer_[other]);
    }
  }
  std::vector<const TensorMeta*> metas;
  for (std::size_t r = 0; r < inputs; ++r) {
    TileOperand operand;
    const DType dtype = spec_.inputs[r].dtype;
    operand.element = element_size(dtype);
    operand.direct = dtype == loop_dtype(dtype);
    operand.convert = convert_fn(dtype, loop_dtype(dtype));
    operands_.push_back(operand);
    metas.push_back(&spec_.inputs[r]);
  }
  for (const std::uint16_t r : spec_.outputs) {
    TileOperand operand;
    const DType dtype = dtype_of(r);
    operand.element = element_size(dtype);
    operand.direct = dtype == loop_dtype(dtype);
    operand.convert = convert_fn(loop_dtype(dtype), dtype);
    operands_.push_back(operand);
    metas.push_back(&spec_.result);
  }
  space_ = make_space(spec_.result.sizes, metas, operands_);
}

DType FusedPointwise::dtype_of(std::size_t r) const {
  const std::size_t inputs = spec_.inputs.size();
  return r < inputs ? spec_.inputs[r].dtype : spec_.ops[r - inputs].result;
}

void FusedPointwise::run(std::span<const TensorImpl* const> inputs,
                         std::span<TensorImpl* const> outputs) const {
  if (space_.numel == 0) return;
  constexpr std::size_t kFew = 24;
  std::array<TileOperand, kFew> few;
  std::vector<TileOperand> many(operands_.size() > kFew ? operands_.size() : 0);
  const std::span operands(many.empty() ? few.data() : many.data(), operands_.size());
  std::copy(operands_.begin(), operands_.end(), operands.begin());
  for (std::size_t i = 0; i < inputs.size(); ++i) operands[i].data = inputs[i]->data();
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    operands[inputs.size() + i].data = outputs[i]->data();
  }
  const auto tile = static_cast<std::int64_t>(kTile);
  const std::int64_t tiles = (space_.numel + tile - 1) / tile;
  const auto work = static_cast<std::int64_t>(spec_.ops.size());
  parallel_for(0, tiles, std::max<std::int64_t>(1, kGrain / tile / work),
               [&](std::int64_t begin, std::int64_t end) {
                 run_range(operands, begin * tile, std::min(space_.numel, end * tile));
               });
}

// One tile's state: where each register's elements are.
struct FusedPointwise::Tile {
  std::span<const TileOperand> operands;
  TileBuffer* buffers;  // of the registers, then one per argument, then one for rounding
  const void** at;
  std::int64_t begin;
  std::int64_t n;
};

void FusedPointwise::run_range(std::span<const TileOperand> operands, std::int64_t begin,
                               std::int64_t end) const {
  const std::size_t inputs = spec_.inputs.size();
  const Workspace<TileBuffer> buffers(static_cast<std::int64_t>(buffers_ + kMaxArity + 1));
  const Workspace<const void*> at(static_cast<std::int64_t>(buffer_.size()));
  const auto tile_size = static_cast<std::int64_t>(kTile);
  // One element for all tiles is converted once; it fills its buffer.
  const auto widest = static_cast<std::size_t>(std::min(end - begin, tile_size));
  for (std::size_t r = 0; r < inputs; ++r) {
    if (!operands[r].is_constant(space_.dims)) continue;
    operands[r].convert(operands[r].data, 0, buffers.data()[buffer_[r]].bytes, 1, widest);
    at.data()[r] = buffers.data()[buffer_[r]].bytes;
  }
  for (std::int64_t i = begin; i < end; i += tile_size) {
    Tile tile{operands, buffers.data(), at.data(), i, std::min(tile_size, end - i)};
    for (std::size_t r = 0; r < inputs; ++r) {
      if (operands[r].is_constant(space_.dims)) continue;
      tile.at[r] = load_tile(space_, operands[r], i, tile.n, tile.buffers[buffer_[r]],
                             element_size(loop_dtype(dtype_of(r))));
    }
    for (std::size_t k = 0; k < spec_.ops.size(); ++k) run_op(tile, k);
  }
}

void FusedPointwise::run_op(Tile& tile, std::size_t i) const {
  const FusedOp& op = spec_.ops[i];
  const std::size_t r = spec_.inputs.size() + i;
  const auto n = static_cast<std::size_t>(tile.n);
  TileBuffer* const converted = tile.buffers + buffers_;
  const void* in[kMaxArity];
  for (std::size_t k = 0; k < op.in.size(); ++k) {
    const DType held = loop_dtype(dtype_of(op.in[k]));
    const DType needed = wanted(op, k);
    in[k] = tile.at[op.in[k]];
    if (held == needed) continue;
    convert_fn(held, needed)(in[k], 1, converted[k].bytes, 1, n);
    in[k] = converted[k].bytes;
  }
  void* to = tile.buffers[buffer_[r]].bytes;
  const std::int32_t output = output_[r];
  const TileOperand* stored =
      output < 0 ? nullptr : &tile.operands[spec_.inputs.size() + static_cast<std::size_t>(output)];
  std::int64_t offset = 0;
  const bool direct = stored != nullptr && stored->direct &&
                      in_one_run(space_, *stored, tile.begin, tile.n, offset);
  if (direct) to = stored->data + offset * static_cast<std::int64_t>(stored->element);
  loops_[i](in, to, n, op.attributes);
  if (is_reduced_floating_point(op.result)) round_to(op.result, to, converted[kMaxArity], n);
  if (stored != nullptr && !direct) {
    store_tile(space_, *stored, tile.begin, tile.n, to, element_size(loop_dtype(op.result)));
  }
  tile.at[r] = to;
}

}  // namespace sinter::ops::cpu
