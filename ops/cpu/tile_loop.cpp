#include <sinter/ops/cpu/tile_loop.h>

#include <algorithm>
#include <vector>

namespace sinter::ops::cpu {

namespace {

// Strides of a tensor along the dimensions of `sizes`: 0 where it is broadcast.
void broadcast_strides(const TensorMeta& meta, IntArrayRef sizes, std::int64_t* strides) {
  const std::size_t skip = sizes.size() - meta.dim();
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    const bool absent = d < skip || (meta.sizes[d - skip] == 1 && sizes[d] != 1);
    strides[d] = absent ? 0 : meta.strides[d - skip];
  }
}

// Appends dimension d of every operand to the space, or merges it with the last one where they lie
// together in all of them.
void append(TileSpace& space, std::span<TileOperand> operands,
            std::span<const std::array<std::int64_t, kMaxDims>> strides, std::size_t d,
            std::int64_t size) {
  bool merge = space.dims > 0;
  for (std::size_t t = 0; t < operands.size() && merge; ++t) {
    const std::size_t last = space.dims - 1;
    merge = strides[t][d] == operands[t].stride[last] * space.size[last];
  }
  if (merge) {
    space.size[space.dims - 1] *= size;
    return;
  }
  space.size[space.dims] = size;
  for (std::size_t t = 0; t < operands.size(); ++t) {
    operands[t].stride[space.dims] = strides[t][d];
  }
  ++space.dims;
}

// Calls piece(offset, done, count) for the runs along the innermost dimension that cover elements
// [begin, begin + n); offset is the operand's element offset.
template <class F>
void for_each_run(const TileSpace& space, const TileOperand& op, std::int64_t begin, std::int64_t n,
                  F&& piece) {
  std::array<std::int64_t, kMaxDims> index;
  std::int64_t rest = begin;
  std::int64_t offset = 0;
  for (std::size_t d = 0; d < space.dims; ++d) {
    index[d] = rest % space.size[d];
    rest /= space.size[d];
    offset += index[d] * op.stride[d];
  }
  for (std::int64_t done = 0; done < n;) {
    const std::int64_t count = std::min(n - done, space.size[0] - index[0]);
    piece(offset, done, count);
    done += count;
    offset -= index[0] * op.stride[0];
    index[0] = 0;
    for (std::size_t d = 1; d < space.dims; ++d) {
      offset += op.stride[d];
      if (++index[d] < space.size[d]) break;
      offset -= index[d] * op.stride[d];
      index[d] = 0;
    }
  }
}

}  // namespace

bool TileOperand::is_constant(std::size_t dims) const {
  return std::all_of(stride.begin(), stride.begin() + static_cast<std::ptrdiff_t>(dims),
                     [](std::int64_t s) { return s == 0; });
}

DType loop_dtype(DType dtype) { return is_reduced_floating_point(dtype) ? kFloat32 : dtype; }

TileOperand make_operand(const TensorImpl& impl, DType held) {
  TileOperand op;
  op.data = impl.data();
  op.element = element_size(impl.meta.dtype);
  op.direct = impl.meta.dtype == held;
  return op;
}

TileSpace make_space(IntArrayRef sizes, std::span<const TensorMeta* const> metas,
                     std::span<TileOperand> operands) {
  constexpr std::size_t kFew = 8;
  std::array<std::array<std::int64_t, kMaxDims>, kFew> few;
  std::vector<std::array<std::int64_t, kMaxDims>> many(metas.size() > kFew ? metas.size() : 0);
  const std::span strides(metas.size() > kFew ? many.data() : few.data(), metas.size());
  TileSpace space;
  for (std::size_t t = 0; t < metas.size(); ++t) {
    broadcast_strides(*metas[t], sizes, strides[t].data());
  }
  std::array<std::size_t, kMaxDims> order;
  std::size_t count = 0;
  const auto& out = strides.back();
  for (std::size_t d = sizes.size(); d-- > 0;) {
    space.numel *= sizes[d];
    if (sizes[d] == 1) continue;
    std::size_t at = count++;
    for (; at > 0 && out[d] < out[order[at - 1]]; --at) order[at] = order[at - 1];
    order[at] = d;
  }
  for (std::size_t k = 0; k < count; ++k) {
    append(space, operands, strides, order[k], sizes[order[k]]);
  }
  if (space.dims == 0) {
    space.dims = 1;
    space.size[0] = 1;
    for (TileOperand& operand : operands) operand.stride[0] = 1;
  }
  return space;
}

bool in_one_run(const TileSpace& space, const TileOperand& op, std::int64_t begin, std::int64_t n,
                std::int64_t& offset) {
  if (op.stride[0] != 1) return false;
  if (space.dims == 1) {
    offset = begin;
    return true;
  }
  if (begin % space.size[0] + n > space.size[0]) return false;
  for_each_run(space, op, begin, 1,
               [&](std::int64_t o, std::int64_t, std::int64_t) { offset = o; });
  return true;
}

const void* load_tile(const TileSpace& space, const TileOperand& op, std::int64_t begin,
                      std::int64_t n, TileBuffer& buffer, std::size_t held) {
  std::int64_t offset = 0;
  if (op.direct && in_one_run(space, op, begin, n, offset)) {
    return op.data + offset * static_cast<std::int64_t>(op.element);
  }
  for_each_run(space, op, begin, n, [&](std::int64_t o, std::int64_t done, std::int64_t count) {
    op.convert(op.data + o * static_cast<std::int64_t>(op.element), op.stride[0],
               buffer.bytes + static_cast<std::size_t>(done) * held, 1,
               static_cast<std::size_t>(count));
  });
  return buffer.bytes;
}

void store_tile(const TileSpace& space, const TileOperand& op, std::int64_t begin, std::int64_t n,
                const void* from, std::size_t held) {
  for_each_run(space, op, begin, n, [&](std::int64_t o, std::int64_t done, std::int64_t count) {
    op.convert(static_cast<const char*>(from) + static_cast<std::size_t>(done) * held, 1,
               op.data + o * static_cast<std::int64_t>(op.element), op.stride[0],
               static_cast<std::size_t>(count));
  });
}

}  // namespace sinter::ops::cpu
