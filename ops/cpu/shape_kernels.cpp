#include <sinter/core/strided_copy.h>
#include <sinter/core/tensor_factory.h>
#include <sinter/ops/cpu/fill_kernels.h>
#include <sinter/ops/cpu/rows.h>
#include <sinter/ops/cpu/shape_kernels.h>
#include <sinter/ops/shape_attrs.h>

#include <algorithm>
#include <cstring>

namespace sinter::ops::cpu {
namespace {

// Copies elements of from_sizes starting at the given positions.
struct Block {
  Dims sizes;
  std::int64_t to = 0;
  std::int64_t from = 0;
};

void copy_block(TensorImpl& to, const TensorImpl& from, const Block& block) {
  const std::size_t bytes = element_size(to.meta.dtype);
  const auto step = static_cast<std::int64_t>(bytes);
  if (std::find(block.sizes.begin(), block.sizes.end(), 0) != block.sizes.end()) return;
  copy_strided(to.data() + block.to * step, to.meta.strides, from.data() + block.from * step,
               from.meta.strides, block.sizes, bytes);
}

template <class T>
void flip_rows(TensorImpl& out, const TensorImpl& in, const Dims& strides, std::int64_t first) {
  const Rows rows(out.meta.sizes, out.meta.strides, strides);
  T* to = reinterpret_cast<T*>(out.data());
  const T* from = reinterpret_cast<const T*>(in.data()) + first;
  const std::int64_t to_step = rows.a.back();
  const std::int64_t from_step = rows.b.back();
  for_each_row(rows, 16384, [&](std::int64_t t, std::int64_t f, std::int64_t n) {
    if (to_step == 1 && from_step == 1) {
      std::memcpy(to + t, from + f, static_cast<std::size_t>(n) * sizeof(T));
    } else if (to_step == 1 && from_step == -1) {
      // With both steps known the compiler reverses whole vectors.
      T* row = to + t;
      const T* last = from + f;
      for (std::int64_t i = 0; i < n; ++i) row[i] = last[-i];
    } else {
      for (std::int64_t i = 0; i < n; ++i) to[t + i * to_step] = from[f + i * from_step];
    }
  });
}

}  // namespace

void cat(const KernelContext& c) {
  TensorImpl& out = *c.out[0].impl();
  const std::size_t dim = wrap_dim("cat", c.attrs<CatAttrs>().dim, out.meta.dim());
  std::int64_t start = 0;
  for (std::size_t i = 0; i < c.in.size(); ++i) {
    const TensorImpl& in = *c.in[i].impl();
    if (in.meta.numel == 0) {
      // Of [0] and [3, 0] the former has no dimension dim to add.
      if (in.meta.dim() == out.meta.dim()) start += in.meta.sizes[dim];
      continue;
    }
    copy_block(out, in, {in.meta.sizes, start * out.meta.strides[dim], 0});
    start += in.meta.sizes[dim];
  }
}

void flip(const KernelContext& c) {
  TensorImpl& out = *c.out[0].impl();
  const TensorImpl& in = *c.in[0].impl();
  if (out.meta.numel == 0) return;
  Dims strides = in.meta.strides;
  std::int64_t first = 0;
  for (const std::int64_t dim : c.attrs<FlipAttrs>().dims) {
    const std::size_t d = wrap_dim("flip", dim, in.meta.dim());
    if (in.meta.dim() == 0 || in.meta.sizes[d] < 2) continue;
    first += (in.meta.sizes[d] - 1) * in.meta.strides[d];
    strides[d] = -strides[d];
  }
  switch (element_size(out.meta.dtype)) {
    case 1:
      return flip_rows<std::uint8_t>(out, in, strides, first);
    case 2:
      return flip_rows<std::uint16_t>(out, in, strides, first);
    case 4:
      return flip_rows<std::uint32_t>(out, in, strides, first);
    default:
      return flip_rows<std::uint64_t>(out, in, strides, first);
  }
}

void pad(const KernelContext& c) {
  TensorImpl& out = *c.out[0].impl();
  const TensorImpl& in = *c.in[0].impl();
  const auto& a = c.attrs<PadAttrs>();
  Block block{in.meta.sizes};
  bool grows = false;
  for (std::size_t d = 0; d < block.sizes.size(); ++d) {
    const std::int64_t before = a.before[d];
    const std::int64_t after = a.after[d];
    grows = grows || before > 0 || after > 0;
    block.sizes[d] = std::max<std::int64_t>(
        0, in.meta.sizes[d] + std::min<std::int64_t>(before, 0) + std::min<std::int64_t>(after, 0));
    if (block.sizes[d] == 0) continue;
    if (before > 0) block.to += before * out.meta.strides[d];
    if (before < 0) block.from -= before * in.meta.strides[d];
  }
  if (grows) fill_elements(c.out[0], a.value);
  copy_block(out, in, block);
}

void repeat_indices(const KernelContext& c) {
  const TensorImpl& counts = *c.in[0].impl();
  SINTER_CHECK_AS(TypeError, counts.meta.dtype == kInt64 && counts.meta.dim() == 1,
                  "[repeat_indices] counts must be 1-d and i64; got ", counts.meta.dtype, " of ",
                  IntArrayRef(counts.meta.sizes));
  const std::int64_t* count = reinterpret_cast<const std::int64_t*>(counts.data());
  const std::int64_t step = counts.meta.strides[0];
  std::int64_t total = 0;
  for (std::int64_t i = 0; i < counts.meta.numel; ++i) {
    SINTER_CHECK_AS(ValueError, count[i * step] >= 0,
                    "[repeat_interleave] a count is negative; got ", count[i * step]);
    total = checked_add("repeat_interleave", total, count[i * step]);
  }
  c.out[0] = empty_tensor("repeat_interleave", {total}, kInt64);
  std::int64_t* out = c.out_data<std::int64_t>();
  for (std::int64_t i = 0; i < counts.meta.numel; ++i) out = std::fill_n(out, count[i * step], i);
}

}  // namespace sinter::ops::cpu
