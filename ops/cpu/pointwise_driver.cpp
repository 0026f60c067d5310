// Runs the tile loop of a pointwise op over tensors of any layout and dtype.
#include <sinter/core/parallel.h>
#include <sinter/ops/cpu/convert.h>
#include <sinter/ops/pointwise_op.h>

#include <algorithm>
#include <array>

namespace sinter::ops::cpu {

namespace {

constexpr std::size_t kMaxInputs = 5;
constexpr std::size_t kTile = 1024;                     // elements: four f32 operands fit into L1
constexpr std::int64_t kGrain = std::int64_t{1} << 15;  // elements a thread should have at least

// One tensor as the loop sees it: the output's (collapsed) dimensions, innermost first.
struct Operand {
  char* data = nullptr;
  std::size_t element = 0;                    // bytes
  bool direct = false;                        // already of the dtype the loop reads or writes
  ConvertFn convert = nullptr;                // to the loop's dtype (input), or from it (output)
  std::array<std::int64_t, kMaxDims> stride;  // in elements
};

struct Loop {
  std::array<Operand, kMaxInputs + 1> operand;  // inputs, then the output
  std::size_t inputs = 0;
  std::size_t dims = 0;
  std::array<std::int64_t, kMaxDims> size;
  std::int64_t numel = 1;
  TileFn fn = nullptr;
  const void* attrs = nullptr;
  Operand& out() { return operand[inputs]; }
};

// The dtype in which the loop holds input i, or its result.
DType loop_dtype(DType dtype) { return is_reduced_floating_point(dtype) ? kFloat32 : dtype; }

// The result of a cast that the loop's store has to make: compute dtype (or bool) to out's dtype.
// f16 and bf16 results go through their own dtype first when out is wider in place.
Operand make_operand(const TensorImpl& impl, DType held) {
  Operand op;
  op.data = impl.data();
  op.element = element_size(impl.meta.dtype);
  op.direct = impl.meta.dtype == held;
  return op;
}

// Strides of a tensor along the dimensions of `sizes`: 0 where it is broadcast.
void broadcast_strides(const TensorMeta& meta, IntArrayRef sizes, std::int64_t* strides) {
  const std::size_t skip = sizes.size() - meta.dim();
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    const bool absent = d < skip || (meta.sizes[d - skip] == 1 && sizes[d] != 1);
    strides[d] = absent ? 0 : meta.strides[d - skip];
  }
}

// Orders dimensions by the output's strides, innermost first, and merges those that lie together
// in every operand. sizes of 1 vanish.
void collapse(Loop& loop, IntArrayRef sizes,
              const std::array<std::array<std::int64_t, kMaxDims>, kMaxInputs + 1>& strides) {
  std::array<std::size_t, kMaxDims> order;
  std::size_t count = 0;
  for (std::size_t d = sizes.size(); d-- > 0;) {
    if (sizes[d] != 1) order[count++] = d;
  }
  const auto& out = strides[loop.inputs];
  std::stable_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count),
                   [&](std::size_t a, std::size_t b) { return out[a] < out[b]; });
  for (std::size_t k = 0; k < count; ++k) {
    const std::size_t d = order[k];
    bool merge = loop.dims > 0;
    for (std::size_t t = 0; t <= loop.inputs && merge; ++t) {
      const std::size_t last = loop.dims - 1;
      merge = strides[t][d] == loop.operand[t].stride[last] * loop.size[last];
    }
    if (merge) {
      loop.size[loop.dims - 1] *= sizes[d];
      continue;
    }
    loop.size[loop.dims] = sizes[d];
    for (std::size_t t = 0; t <= loop.inputs; ++t)
      loop.operand[t].stride[loop.dims] = strides[t][d];
    ++loop.dims;
  }
  if (loop.dims == 0) {
    loop.dims = 1;
    loop.size[0] = 1;
    for (std::size_t t = 0; t <= loop.inputs; ++t) loop.operand[t].stride[0] = 1;
  }
}

// Calls piece(offset, done, count) for the runs along the innermost dimension that cover elements
// [begin, begin + n); offset is the operand's element offset.
template <class F>
void for_each_run(const Loop& loop, const Operand& op, std::int64_t begin, std::int64_t n,
                  F&& piece) {
  std::array<std::int64_t, kMaxDims> index;
  std::int64_t rest = begin;
  std::int64_t offset = 0;
  for (std::size_t d = 0; d < loop.dims; ++d) {
    index[d] = rest % loop.size[d];
    rest /= loop.size[d];
    offset += index[d] * op.stride[d];
  }
  for (std::int64_t done = 0; done < n;) {
    const std::int64_t count = std::min(n - done, loop.size[0] - index[0]);
    piece(offset, done, count);
    done += count;
    offset -= index[0] * op.stride[0];
    index[0] = 0;
    for (std::size_t d = 1; d < loop.dims; ++d) {
      offset += op.stride[d];
      if (++index[d] < loop.size[d]) break;
      offset -= index[d] * op.stride[d];
      index[d] = 0;
    }
  }
}

// True when elements [begin, begin + n) lie together: they are in one run of stride 1, or the whole
// operand is one run.
bool in_one_run(const Loop& loop, const Operand& op, std::int64_t begin, std::int64_t n,
                std::int64_t& offset) {
  if (op.stride[0] != 1) return false;
  if (loop.dims == 1) {
    offset = begin;
    return true;
  }
  if (begin % loop.size[0] + n > loop.size[0]) return false;
  for_each_run(loop, op, begin, 1, [&](std::int64_t o, std::int64_t, std::int64_t) { offset = o; });
  return true;
}

struct alignas(64) Buffer {
  char bytes[kTile * 8];
};

// Elements [begin, begin + n) of an input, in the loop's dtype: where they lie, or in the buffer.
const void* load(const Loop& loop, const Operand& op, std::int64_t begin, std::int64_t n,
                 Buffer& buffer, std::size_t held) {
  std::int64_t offset = 0;
  if (op.direct && in_one_run(loop, op, begin, n, offset)) {
    return op.data + offset * static_cast<std::int64_t>(op.element);
  }
  for_each_run(loop, op, begin, n, [&](std::int64_t o, std::int64_t done, std::int64_t count) {
    op.convert(op.data + o * static_cast<std::int64_t>(op.element), op.stride[0],
               buffer.bytes + static_cast<std::size_t>(done) * held, 1,
               static_cast<std::size_t>(count));
  });
  return buffer.bytes;
}

void store(const Loop& loop, const Operand& op, std::int64_t begin, std::int64_t n,
           const Buffer& buffer, std::size_t held) {
  for_each_run(loop, op, begin, n, [&](std::int64_t o, std::int64_t done, std::int64_t count) {
    op.convert(buffer.bytes + static_cast<std::size_t>(done) * held, 1,
               op.data + o * static_cast<std::int64_t>(op.element), op.stride[0],
               static_cast<std::size_t>(count));
  });
}

struct HeldSizes {
  std::array<std::size_t, kMaxInputs + 1> bytes;
};

void run_range(const Loop& loop, const HeldSizes& held, std::int64_t begin, std::int64_t end) {
  std::array<Buffer, kMaxInputs> in_buffer;
  Buffer out_buffer;
  const Operand& out = loop.operand[loop.inputs];
  const std::size_t out_held = held.bytes[loop.inputs];
  // A broadcast scalar is converted once; it fills its buffer.
  std::array<bool, kMaxInputs> constant{};
  for (std::size_t t = 0; t < loop.inputs; ++t) {
    const Operand& op = loop.operand[t];
    constant[t] =
        std::all_of(op.stride.begin(), op.stride.begin() + static_cast<std::ptrdiff_t>(loop.dims),
                    [](std::int64_t s) { return s == 0; });
    if (constant[t]) {
      const auto n = std::min<std::int64_t>(end - begin, kTile);
      op.convert(op.data, 0, in_buffer[t].bytes, 1, static_cast<std::size_t>(n));
    }
  }
  for (std::int64_t i = begin; i < end; i += kTile) {
    const std::int64_t n = std::min<std::int64_t>(kTile, end - i);
    const void* in[kMaxInputs];
    for (std::size_t t = 0; t < loop.inputs; ++t) {
      in[t] = constant[t] ? in_buffer[t].bytes
                          : load(loop, loop.operand[t], i, n, in_buffer[t], held.bytes[t]);
    }
    std::int64_t offset = 0;
    if (out.direct && in_one_run(loop, out, i, n, offset)) {
      loop.fn(in, out.data + offset * static_cast<std::int64_t>(out.element),
              static_cast<std::size_t>(n), loop.attrs);
    } else {
      loop.fn(in, out_buffer.bytes, static_cast<std::size_t>(n), loop.attrs);
      store(loop, out, i, n, out_buffer, out_held);
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
Loop make_loop(const KernelContext& c, DType held, DType out_held, HeldSizes& sizes) {
  const PointwiseTraits& traits = c.def.pointwise->traits;
  Loop loop;
  loop.inputs = c.in.size();
  loop.attrs = c.attributes;
  const TensorMeta& out = c.out[0].impl()->meta;
  std::array<std::array<std::int64_t, kMaxDims>, kMaxInputs + 1> strides;
  for (std::size_t t = 0; t < loop.inputs; ++t) {
    const DType wanted = traits.condition_first && t == 0 ? kBool : held;
    loop.operand[t] = make_operand(*c.in[t].impl(), wanted);
    loop.operand[t].convert = convert_fn(c.in.meta(t).dtype, wanted);
    sizes.bytes[t] = element_size(wanted);
    broadcast_strides(c.in.meta(t), out.sizes, strides[t].data());
  }
  loop.out() = make_operand(*c.out[0].impl(), out_held);
  loop.out().convert = convert_fn(out_held, out.dtype);
  sizes.bytes[loop.inputs] = element_size(out_held);
  broadcast_strides(out, out.sizes, strides[loop.inputs].data());
  loop.numel = out.numel;
  collapse(loop, out.sizes, strides);
  return loop;
}

template <class T>
bool has_zero(const void* data, std::size_t n) {
  const T* values = static_cast<const T*>(data);
  return std::find(values, values + n, T(0)) != values + n;
}

// Integers have no quotient by 0. Seen before anything is written.
void check_divisor(const KernelContext& c, const Loop& loop, DType held) {
  Buffer buffer;
  for (std::int64_t i = 0; i < loop.numel; i += kTile) {
    const std::int64_t n = std::min<std::int64_t>(kTile, loop.numel - i);
    const void* divisor = load(loop, loop.operand[1], i, n, buffer, element_size(held));
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
  HeldSizes sizes;
  Loop loop = make_loop(c, held, out_held, sizes);
  loop.fn = fn;
  if (divides) check_divisor(c, loop, held);
  // Ranges start at whole tiles, so that a tile holds the same elements at any number of threads.
  const std::int64_t tiles =
      (loop.numel + static_cast<std::int64_t>(kTile) - 1) / static_cast<std::int64_t>(kTile);
  parallel_for(0, tiles, kGrain / static_cast<std::int64_t>(kTile),
               [&](std::int64_t b, std::int64_t e) {
                 run_range(loop, sizes, b * static_cast<std::int64_t>(kTile),
                           std::min(loop.numel, e * static_cast<std::int64_t>(kTile)));
               });
}

}  // namespace sinter::ops::cpu
