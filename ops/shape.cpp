#include <sinter/ops/cpu/shape_kernels.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/registry.h>
#include <sinter/ops/shape.h>
#include <sinter/ops/shape_attrs.h>
#include <sinter/ops/view.h>
#include <sinter/ops/wrap_dims.h>

#include <algorithm>

namespace sinter {
namespace ops {

extern const OpDef kPad;

namespace {

// A 1-d tensor without elements: cat takes it for nothing, whatever the other shapes are.
bool is_nothing(IntArrayRef sizes) { return sizes.size() == 1 && sizes[0] == 0; }

// Checks input i against the sizes of the result so far, and adds its size along dim.
void join_sizes(const InferContext& c, std::size_t i, std::size_t dim, Dims& sizes) {
  const Dims& other = c.meta(i).sizes;
  bool same = other.size() == sizes.size();
  for (std::size_t d = 0; same && d < sizes.size(); ++d) same = d == dim || other[d] == sizes[d];
  SINTER_CHECK_AS(ValueError, same, "[cat] sizes may differ in dimension ", dim, " only; got ",
                  IntArrayRef(other), " for tensor ", i, " and ", IntArrayRef(sizes), " before it");
  sizes[dim] = checked_add("cat", sizes[dim], other[dim]);
}

// channels_last when every input lies so; free when nobody asked for one of them.
void set_joined(const InferContext& c, IntArrayRef sizes, DType dtype) {
  bool all_last = sizes.size() == 4;
  bool contiguous = true;
  bool free = false;
  for (std::size_t i = 0; i < c.in.size(); ++i) {
    const TensorMeta& x = c.meta(i);
    if (is_nothing(x.sizes)) continue;
    all_last = all_last && x.channels_last;
    contiguous = contiguous && x.contiguous;
    free = free || x.free_layout;
  }
  c.set(0, sizes, dtype);
  if (!all_last || contiguous) return;
  if (free) return c.set_free_channels_last(0, sizes, dtype);
  c.out[0]->set_channels_last(sizes);
}

void infer_cat(InferContext& c) {
  SINTER_CHECK_AS(ValueError, c.in.size() > 0, "[cat] takes at least one tensor; got none");
  const DType dtype = c.meta(0).dtype;
  const TensorMeta* first = &c.meta(0);
  for (std::size_t i = 0; i < c.in.size(); ++i) {
    const TensorMeta& x = c.meta(i);
    SINTER_CHECK_AS(ValueError, x.dim() > 0, "[cat] cannot join 0-d tensors; got one as tensor ",
                    i);
    SINTER_CHECK_AS(TypeError, x.dtype == dtype, "[cat] tensors must have one dtype; got ", dtype,
                    " and ", x.dtype);
    if (is_nothing(first->sizes)) first = &x;
  }
  const std::size_t dim = wrap_dim("cat", c.attrs<CatAttrs>().dim, first->dim());
  Dims sizes = first->sizes;
  sizes[dim] = 0;
  for (std::size_t i = 0; i < c.in.size(); ++i) {
    if (!is_nothing(c.meta(i).sizes)) join_sizes(c, i, dim, sizes);
  }
  set_joined(c, sizes, dtype);
}

// The part of a gradient that belongs to one input. A view of a free layout would settle it, so
// there it is a copy.
Tensor part_of(const Tensor& grad, std::size_t dim, std::int64_t start, std::int64_t length) {
  if (!grad.impl()->layout_is_free()) {
    return narrow(grad, static_cast<std::int64_t>(dim), start, length);
  }
  PadAttrs attrs;
  attrs.before = Dims(grad.sizes().size(), 0);
  attrs.after = attrs.before;
  attrs.before[dim] = -start;
  attrs.after[dim] = start + length - grad.sizes()[dim];
  return call(kPad, attrs, grad);
}

void vjp_cat(const VjpContext& c) {
  const std::size_t dim = wrap_dim("cat", c.attrs<CatAttrs>().dim, c.grad().sizes().size());
  std::int64_t start = 0;
  for (std::size_t i = 0; i < c.shapes.size(); ++i) {
    if (is_nothing(c.sizes(i))) {
      if (c.needs(i)) c.set(i, zeros({0}, c.grad().options()));
      continue;
    }
    const std::int64_t length = c.sizes(i)[dim];
    if (c.needs(i)) c.set(i, part_of(c.grad(), dim, start, length));
    start += length;
  }
}

void infer_flip(InferContext& c) {
  const TensorMeta& x = c.meta(0);
  wrap_dims("flip", c.attrs<FlipAttrs>().dims, x.dim());
  c.set(0, x.sizes, x.dtype);
}

void vjp_flip(const VjpContext& c) {
  if (c.needs(0)) c.set(0, flip(c.grad(), c.attrs<FlipAttrs>().dims));
}

constexpr OpDef kCat{.name = "cat",
                     .arity = -1,
                     .attrs = &attrs_type<CatAttrs>,
                     .infer = infer_cat,
                     .kernel = {cpu::cat},
                     .any_layout = true,
                     .vjp = vjp_cat,
                     .onnx = {"Concat", 4}};
constexpr OpDef kFlip{.name = "flip",
                      .attrs = &attrs_type<FlipAttrs>,
                      .infer = infer_flip,
                      .kernel = {cpu::flip},
                      .vjp = vjp_flip,
                      .no_onnx = "it is a Slice with a negative step",
                      .no_cuda = "CUDA kernels come later"};
constexpr OpDef kRepeatIndices{.name = "repeat_indices",
                               .kernel = {cpu::repeat_indices},
                               .data_dependent = true,
                               .no_vjp = "its result is integral",
                               .no_onnx = "the size of its result depends on elements",
                               .no_cuda = "CUDA kernels come later"};

// Each block of `inner` elements, count times in a row.
Tensor repeat_blocks(const Tensor& x, std::int64_t outer, std::int64_t count, std::int64_t inner) {
  return expand(reshape(x, {outer, 1, inner}), {outer, count, inner});
}

std::int64_t product(IntArrayRef sizes) {
  std::int64_t result = 1;
  for (const std::int64_t size : sizes) result *= size;
  return result;
}

}  // namespace

OpTable shape_ops() {
  static constexpr const OpDef* kOps[] = {&kCat, &kFlip, &kPad, &kRepeatIndices};
  return kOps;
}

}  // namespace ops

using namespace ops;

Tensor cat(const std::vector<Tensor>& tensors, std::int64_t dim) {
  SINTER_CHECK_AS(ValueError, !tensors.empty(), "[cat] takes at least one tensor; got none");
  DType dtype = tensors[0].dtype();
  bool mixed = false;
  for (const Tensor& x : tensors) {
    mixed = mixed || x.dtype() != tensors[0].dtype();
    dtype = promote_types(dtype, x.dtype());
  }
  if (!mixed) return call_list(kCat, CatAttrs{dim}, std::span<const Tensor>(tensors));
  std::vector<Tensor> converted;
  for (const Tensor& x : tensors) converted.push_back(x.to(dtype));
  return call_list(kCat, CatAttrs{dim}, std::span<const Tensor>(converted));
}

Tensor concat(const std::vector<Tensor>& tensors, std::int64_t dim) { return cat(tensors, dim); }

Tensor stack(const std::vector<Tensor>& tensors, std::int64_t dim) {
  SINTER_CHECK_AS(ValueError, !tensors.empty(), "[stack] takes at least one tensor; got none");
  const std::size_t d = wrap_dim("stack", dim, tensors[0].sizes().size() + 1);
  std::vector<Tensor> rows;
  rows.reserve(tensors.size());
  for (const Tensor& x : tensors) {
    SINTER_CHECK_AS(ValueError, x.sizes() == tensors[0].sizes(),
                    "[stack] tensors must have equal sizes; got ", tensors[0].sizes(), " and ",
                    x.sizes());
    rows.push_back(unsqueeze(x, static_cast<std::int64_t>(d)));
  }
  return cat(rows, static_cast<std::int64_t>(d));
}

Tensor hstack(const std::vector<Tensor>& tensors) {
  SINTER_CHECK_AS(ValueError, !tensors.empty(), "[hstack] takes at least one tensor; got none");
  std::vector<Tensor> columns;
  for (const Tensor& x : tensors) columns.push_back(x.dim() == 0 ? view(x, {1}) : x);
  return cat(columns, columns[0].dim() == 1 ? 0 : 1);
}

Tensor vstack(const std::vector<Tensor>& tensors) {
  SINTER_CHECK_AS(ValueError, !tensors.empty(), "[vstack] takes at least one tensor; got none");
  std::vector<Tensor> rows;
  for (const Tensor& x : tensors) rows.push_back(x.dim() < 2 ? reshape(x, {1, x.numel()}) : x);
  return cat(rows, 0);
}

Tensor repeat(const Tensor& x, IntArrayRef repeats) {
  const IntArrayRef old = x.sizes();
  SINTER_CHECK_AS(ValueError, repeats.size() >= old.size(),
                  "[repeat] takes at least one count per dimension; got ", repeats, " for sizes ",
                  old);
  Dims sizes(repeats.size(), 1);
  const std::size_t added = repeats.size() - old.size();
  for (std::size_t d = 0; d < repeats.size(); ++d) {
    SINTER_CHECK_AS(ValueError, repeats[d] >= 0, "[repeat] a count is negative; got ", repeats);
    if (d >= added) sizes[d] = old[d - added];
  }
  Dims target(sizes);
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    target[d] = checked_mul("repeat", sizes[d], repeats[d]);
  }
  checked_numel("repeat", target);
  Tensor out = x;
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    if (repeats[d] == 1) continue;
    const IntArrayRef now = sizes;
    const std::int64_t outer = product(now.slice(0, d));
    const Tensor blocks =
        repeat_blocks(out, outer, repeats[d], product(now.slice(d, now.size() - d)));
    sizes[d] = target[d];
    out = reshape(blocks, sizes);
  }
  // Repeated once it is still a copy.
  return reshape(out.storage() == x.storage() ? out.clone(MemoryFormat::contiguous) : out, target);
}

Tensor tile(const Tensor& x, IntArrayRef repeats) {
  Dims all(repeats);
  while (all.size() < x.sizes().size()) all.insert(0, 1);
  return repeat(x, all);
}

Tensor repeat_interleave(const Tensor& x, std::int64_t repeats, std::optional<std::int64_t> dim) {
  SINTER_CHECK_AS(ValueError, repeats >= 0, "[repeat_interleave] the count is negative; got ",
                  repeats);
  const Tensor source = dim && x.dim() > 0 ? x : flatten(x);
  Dims sizes(source.sizes());
  const std::size_t d = wrap_dim("repeat_interleave", dim.value_or(0), sizes.size());
  const IntArrayRef now = source.sizes();
  const std::int64_t outer = product(now.slice(0, d + 1));
  const std::int64_t inner = product(now.slice(d + 1, now.size() - d - 1));
  sizes[d] = checked_mul("repeat_interleave", sizes[d], repeats);
  checked_numel("repeat_interleave", sizes);
  return reshape(repeat_blocks(source, outer, repeats, inner).clone(MemoryFormat::contiguous),
                 sizes);
}

Tensor repeat_interleave(const Tensor& x, const Tensor& repeats, std::optional<std::int64_t> dim) {
  SINTER_CHECK_AS(TypeError, repeats.dtype() == kInt32 || repeats.dtype() == kInt64,
                  "[repeat_interleave] counts must be i32 or i64; got ", repeats.dtype());
  SINTER_CHECK_AS(ValueError, repeats.dim() <= 1, "[repeat_interleave] counts must be 1-d; got ",
                  repeats.sizes());
  const Tensor source = dim && x.dim() > 0 ? x : flatten(x);
  const std::size_t d = wrap_dim("repeat_interleave", dim.value_or(0), source.sizes().size());
  const std::int64_t size = source.sizes()[d];
  SINTER_CHECK_AS(ValueError, repeats.numel() == size || repeats.numel() == 1,
                  "[repeat_interleave] takes one count per element of the dimension; got ",
                  repeats.numel(), " for ", size);
  const Tensor counts = expand(reshape(repeats, {repeats.numel()}), {size}).to(kInt64);
  return source.index_select(static_cast<std::int64_t>(d), call(kRepeatIndices, counts));
}

Tensor flip(const Tensor& x, IntArrayRef dims) {
  return call(kFlip, FlipAttrs{wrap_dims("flip", dims, x.sizes().size())}, x);
}

Tensor roll(const Tensor& x, IntArrayRef shifts, IntArrayRef dims) {
  if (dims.empty() && shifts.size() == 1) {
    return reshape(roll(flatten(x), shifts, {0}), x.sizes());
  }
  SINTER_CHECK_AS(ValueError, !shifts.empty() && shifts.size() == dims.size(),
                  "[roll] takes as many shifts as dims; got ", shifts, " and ", dims);
  Tensor out = x;
  for (std::size_t i = 0; i < dims.size(); ++i) {
    const std::size_t d = wrap_dim("roll", dims[i], x.sizes().size());
    SINTER_CHECK_AS(IndexError, x.dim() > 0, "[roll] a 0-d tensor has no dimensions; got ", dims);
    const std::int64_t size = x.sizes()[d];
    if (size == 0) continue;
    const std::int64_t rest = shifts[i] % size;
    const std::int64_t head = rest <= 0 ? -rest : size - rest;
    const auto dim = static_cast<std::int64_t>(d);
    out = cat({narrow(out, dim, head, size - head), narrow(out, dim, 0, head)}, dim);
  }
  return out.is_same(x) ? x.clone() : out;
}

Tensor Tensor::repeat(IntArrayRef repeats) const { return sinter::repeat(*this, repeats); }
Tensor Tensor::repeat_interleave(std::int64_t repeats, std::optional<std::int64_t> dim) const {
  return sinter::repeat_interleave(*this, repeats, dim);
}
Tensor Tensor::flip(IntArrayRef dims) const { return sinter::flip(*this, dims); }
Tensor Tensor::roll(IntArrayRef shifts, IntArrayRef dims) const {
  return sinter::roll(*this, shifts, dims);
}

}  // namespace sinter
