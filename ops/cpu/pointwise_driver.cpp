// Runs the tile loop of a pointwise op over tensors of any layout and dtype.
#include <sinter/core/parallel.h>
#include <sinter/ops/cpu/tile_loop.h>
#include <sinter/ops/pointwise_op.h>

#include <algorithm>
#include <array>

namespace sinter::ops::cpu {

namespace {

constexpr std::size_t kMaxInputs = 5;
struct Loop {
  std::array<TileOperand, kMaxInputs + 1> operand;  // inputs, then the output
  std::array<std::size_t, kMaxInputs + 1> held;     // bytes of an element in the loop's dtype
  std::size_t inputs = 0;
  TileSpace space;
  TileFn fn = nullptr;
  const void* attrs = nullptr;
  TileOperand& out() { return operand[inputs]; }
};

void run_range(const Loop& loop, std::int64_t begin, std::int64_t end) {
  std::array<TileBuffer, kMaxInputs> in_buffer;
  TileBuffer out_buffer;
  const TileOperand& out = loop.operand[loop.inputs];
  const std::size_t out_held = loop.held[loop.inputs];
  // A broadcast scalar is converted once; it fills its buffer.
  std::array<bool, kMaxInputs> constant{};
  for (std::size_t t = 0; t < loop.inputs; ++t) {
    const TileOperand& op = loop.operand[t];
    constant[t] = op.is_constant(loop.space.dims);
    if (constant[t]) {
      const auto n = std::min<std::int64_t>(end - begin, kTile);
      op.convert(op.data, 0, in_buffer[t].bytes, 1, static_cast<std::size_t>(n));
    }
  }
  for (std::int64_t i = begin; i < end; i += kTile) {
    const std::int64_t n = std::min<std::int64_t>(kTile, end - i);
    const void* in[kMaxInputs];
    for (std::size_t t = 0; t < loop.inputs; ++t) {
      in[t] = constant[t]
                  ? in_buffer[t].bytes
                  : load_tile(loop.space, loop.operand[t], i, n, in_buffer[t], loop.held[t]);
    }
    std::int64_t offset = 0;
    if (out.direct && in_one_run(loop.space, out, i, n, offset)) {
      loop.fn(in, out.data + offset * static_cast<std::int64_t>(out.element),
              static_cast<std::size_t>(n), loop.attrs);
    } else {
      loop.fn(in, out_buffer.bytes, static_cast<std::size_t>(n), loop.attrs);
      store_tile(loop.space, out, i, n, out_buffer.bytes, out_held);
    }
  }
}

// Tensors that all lie the same way, in the loop's own dtype: no tiles needed.
bool run_flat(const KernelContext& c, DType held, DType out_held, TileFn fn) {
  const TensorMeta& out = c.out[0].impl()->meta;
  if (out.dtype != out_held) return false;
  const void* in[kMaxInputs];
  for (std::size_t i = 0; i < c.in.size(); ++i) {
    const TensorMeta& meta = c.in.meta(i);
    if (meta.dtype != held || !(meta.sizes == out.sizes)) return false;
    const bool same = (meta.contiguous && out.contiguous) || meta.strides == out.strides;
    if (!same) return false;
    in[i] = c.in[i].impl()->data();
  }
  if (!out.contiguous && !out.non_overlapping_and_dense()) return false;
  char* to = c.out[0].impl()->data();
  const std::size_t held_size = element_size(held);
  const std::size_t out_size = element_size(out_held);
  if (out.numel <= kGrain) {
    fn(in, to, static_cast<std::size_t>(out.numel), c.attributes);
    return true;
  }
  parallel_for(0, out.numel, kGrain, [&](std::int64_t begin, std::int64_t end) {
    const void* from[kMaxInputs];
    const auto start = static_cast<std::size_t>(begin);
    for (std::size_t i = 0; i < c.in.size(); ++i) {
      from[i] = static_cast<const char*>(in[i]) + start * held_size;
    }
    fn(from, to + start * out_size, static_cast<std::size_t>(end - begin), c.attributes);
  });
  return true;
}

// What f16 and bf16 in-place results must pass through: their compute dtype's own rounding.
Loop make_loop(const KernelContext& c, DType held, DType out_held) {
  const PointwiseTraits& traits = c.def.pointwise->traits;
  Loop loop;
  loop.inputs = c.in.size();
  loop.attrs = c.attributes;
  const TensorMeta& out = c.out[0].impl()->meta;
  std::array<const TensorMeta*, kMaxInputs + 1> metas;
  for (std::size_t t = 0; t < loop.inputs; ++t) {
    const DType wanted = traits.condition_first && t == 0 ? kBool : held;
    loop.operand[t] = make_operand(*c.in[t].impl(), wanted);
    loop.operand[t].convert = convert_fn(c.in.meta(t).dtype, wanted);
    loop.held[t] = element_size(wanted);
    metas[t] = &c.in.meta(t);
  }
  loop.out() = make_operand(*c.out[0].impl(), out_held);
  loop.out().convert = convert_fn(out_held, out.dtype);
  loop.held[loop.inputs] = element_size(out_held);
  metas[loop.inputs] = &out;
  loop.space = make_space(out.sizes, {metas.data(), loop.inputs + 1},
                          {loop.operand.data(), loop.inputs + 1});
  return loop;
}

template <class T>
bool has_zero(const void* data, std::size_t n) {
  const T* values = static_cast<const T*>(data);
  return std::find(values, values + n, T(0)) != values + n;
}

// Integers have no quotient by 0. Seen before anything is written.
void check_divisor(const KernelContext& c, const Loop& loop, DType held) {
  TileBuffer buffer;
  for (std::int64_t i = 0; i < loop.space.numel; i += kTile) {
    const std::int64_t n = std::min<std::int64_t>(kTile, loop.space.numel - i);
    const void* divisor = load_tile(loop.space, loop.operand[1], i, n, buffer, element_size(held));
    const bool zero = visit_dtype(
        held, [&]<class T>() { return has_zero<T>(divisor, static_cast<std::size_t>(n)); });
    if (zero) fail<ValueError>("[", c.def.name, "] integer division by zero");
  }
}

}  // namespace

void run_pointwise(const KernelContext& c) {
  const PointwiseOp& op = *c.def.pointwise;
  if (c.out[0].impl()->meta.numel == 0) return;
  const DType held = loop_dtype(compute_dtype(c.def, c.in));
  const DType out_held = op.traits.bool_result ? kBool : held;
  const TileFn fn = op.rows()[op.row].fn[static_cast<std::size_t>(held)];
  const bool divides = op.traits.integer_divisor && !is_floating_point(held);
  if (!op.traits.condition_first && !divides && run_flat(c, held, out_held, fn)) return;
  Loop loop = make_loop(c, held, out_held);
  loop.fn = fn;
  if (divides) check_divisor(c, loop, held);
  // Ranges start at whole tiles, so that a tile holds the same elements at any number of threads.
  const std::int64_t tiles =
      (loop.space.numel + static_cast<std::int64_t>(kTile) - 1) / static_cast<std::int64_t>(kTile);
  parallel_for(0, tiles, kGrain / static_cast<std::int64_t>(kTile),
               [&](std::int64_t b, std::int64_t e) {
                 run_range(loop, b * static_cast<std::int64_t>(kTile),
                           std::min(loop.space.numel, e * static_cast<std::int64_t>(kTile)));
               });
}

}  // namespace sinter::ops::cpu
