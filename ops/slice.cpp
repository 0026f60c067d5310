// Views of a part of a tensor, and the scatter that is the gradient of all of them.
#include <sinter/ops/cpu/view_kernels.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/view.h>
#include <sinter/ops/view_internal.h>

#include <algorithm>

namespace sinter {
namespace ops {
namespace {

struct SliceAttrs {
  std::int64_t dim = 0;
  std::int64_t start = 0;
  std::int64_t end = 0;
  std::int64_t step = 1;
  static constexpr auto fields =
      std::tuple{Field{"dim", &SliceAttrs::dim}, Field{"start", &SliceAttrs::start},
                 Field{"end", &SliceAttrs::end}, Field{"step", &SliceAttrs::step}};
};
struct SelectAttrs {
  std::int64_t dim = 0;
  std::int64_t index = 0;
  static constexpr auto fields =
      std::tuple{Field{"dim", &SelectAttrs::dim}, Field{"index", &SelectAttrs::index}};
};
struct DiagonalAttrs {
  std::int64_t offset = 0;
  std::int64_t dim1 = 0;
  std::int64_t dim2 = 1;
  static constexpr auto fields =
      std::tuple{Field{"offset", &DiagonalAttrs::offset}, Field{"dim1", &DiagonalAttrs::dim1},
                 Field{"dim2", &DiagonalAttrs::dim2}};
};
struct UnfoldAttrs {
  std::int64_t dim = 0;
  std::int64_t size = 1;
  std::int64_t step = 1;
  static constexpr auto fields =
      std::tuple{Field{"dim", &UnfoldAttrs::dim}, Field{"size", &UnfoldAttrs::size},
                 Field{"step", &UnfoldAttrs::step}};
};
struct AsStridedAttrs {
  Dims sizes;
  Dims strides;
  std::int64_t offset = 0;
  // Where the input's elements lie: what the gradient needs to find them in the storage.
  Dims input_strides;
  std::int64_t input_offset = 0;
  static constexpr auto fields =
      std::tuple{Field{"sizes", &AsStridedAttrs::sizes}, Field{"strides", &AsStridedAttrs::strides},
                 Field{"offset", &AsStridedAttrs::offset},
                 Field{"input_strides", &AsStridedAttrs::input_strides},
                 Field{"input_offset", &AsStridedAttrs::input_offset}};
};
// A strided part of a tensor.
struct Part {
  Dims sizes;
  Dims strides;
  std::int64_t offset = 0;
};

void drop_dim(Part& part, std::size_t dim) {
  part.sizes.erase(dim);
  part.strides.erase(dim);
}

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return a / b + (a % b != 0 ? 1 : 0); }

Part slice_part(Part part, const SliceAttrs& a) {
  SINTER_CHECK_AS(ValueError, !part.sizes.empty(), "[slice] a 0-d tensor has nothing to slice");
  const std::size_t d = wrap_dim("slice", a.dim, part.sizes.size());
  SINTER_CHECK_AS(ValueError, a.step > 0, "[slice] step must be positive; got ", a.step);
  SINTER_CHECK_AS(ValueError, 0 <= a.start && a.start <= a.end && a.end <= part.sizes[d],
                  "[slice] positions out of range; got ", a.start, " to ", a.end, " of ",
                  part.sizes[d]);
  part.sizes[d] = ceil_div(a.end - a.start, a.step);
  // Strides of dimensions with at most one element can be anything: no arithmetic on them.
  if (part.sizes[d] > 0 && a.start > 0) part.offset += a.start * part.strides[d];
  if (part.sizes[d] > 1) part.strides[d] *= a.step;
  return part;
}

Part select_part(Part part, const SelectAttrs& a) {
  SINTER_CHECK_AS(IndexError, !part.sizes.empty(), "[select] a 0-d tensor has nothing to select");
  const std::size_t d = wrap_dim("select", a.dim, part.sizes.size());
  SINTER_CHECK_AS(IndexError, 0 <= a.index && a.index < part.sizes[d],
                  "[select] index out of range; got ", a.index, " for dimension ", d, " of size ",
                  part.sizes[d]);
  part.offset += a.index * part.strides[d];
  drop_dim(part, d);
  return part;
}

Part diagonal_part(Part part, const DiagonalAttrs& a) {
  const std::size_t d1 = wrap_dim("diagonal", a.dim1, part.sizes.size());
  const std::size_t d2 = wrap_dim("diagonal", a.dim2, part.sizes.size());
  SINTER_CHECK_AS(ValueError, d1 != d2, "[diagonal] dim1 and dim2 are the same; got ", a.dim1,
                  " and ", a.dim2);
  const std::int64_t rows = part.sizes[d1];
  const std::int64_t columns = part.sizes[d2];
  const std::int64_t length = std::max<std::int64_t>(
      0, a.offset >= 0 ? std::min(rows, columns - a.offset) : std::min(rows + a.offset, columns));
  const std::int64_t row_stride = part.strides[d1];
  const std::int64_t column_stride = part.strides[d2];
  if (length > 0) {
    part.offset += a.offset >= 0 ? a.offset * column_stride : -a.offset * row_stride;
  }
  drop_dim(part, std::max(d1, d2));
  drop_dim(part, std::min(d1, d2));
  part.sizes.push_back(length);
  part.strides.push_back(length > 1 ? row_stride + column_stride : 1);
  return part;
}

// A 0-d tensor is one window of at most one element, and the windows are not counted.
Part unfold_part(Part part, const UnfoldAttrs& a) {
  const std::size_t d = wrap_dim("unfold", a.dim, part.sizes.size());
  const bool scalar = part.sizes.empty();
  const std::int64_t length = scalar ? 1 : part.sizes[d];
  const std::int64_t stride = scalar ? 1 : part.strides[d];
  SINTER_CHECK_AS(ValueError, 0 <= a.size && a.size <= length,
                  "[unfold] the window must fit into the dimension; got ", a.size, " for ", length);
  SINTER_CHECK_AS(ValueError, a.step > 0, "[unfold] step must be positive; got ", a.step);
  if (!scalar) {
    part.sizes[d] = (length - a.size) / a.step + 1;
    if (part.sizes[d] > 1) part.strides[d] = stride * a.step;
  }
  part.sizes.push_back(a.size);
  part.strides.push_back(stride);
  return part;
}

template <class Attrs, Part (*part_of)(Part, const Attrs&)>
void infer_part(InferContext& c) {
  const TensorMeta& x = c.meta(0);
  const Part part = part_of({x.sizes, x.strides, x.offset}, c.attrs<Attrs>());
  c.set_view(part.sizes, part.strides, part.offset);
}

template <class Attrs, Part (*part_of)(Part, const Attrs&)>
void vjp_part(const VjpContext& c) {
  if (!c.needs(0)) return;
  const Part part = part_of({c.sizes(0), contiguous_strides(c.sizes(0)), 0}, c.attrs<Attrs>());
  c.set(0, strided_scatter(c.grad(), c.sizes(0), part.strides, part.offset));
}

bool is_empty(IntArrayRef sizes) { return std::find(sizes.begin(), sizes.end(), 0) != sizes.end(); }

void infer_as_strided(InferContext& c) {
  const TensorMeta& x = c.meta(0);
  const auto& a = c.attrs<AsStridedAttrs>();
  check_strided(c.op(), a.sizes, a.strides, a.offset);
  const Storage& storage = c.in[0].impl()->storage;
  // A fake tensor has no storage to exceed; the call is checked again when it runs.
  if (storage && !is_empty(a.sizes)) {
    const auto held = static_cast<std::int64_t>(storage->nbytes() / element_size(x.dtype));
    const std::int64_t last = last_position(c.op(), a.sizes, a.strides, a.offset);
    SINTER_CHECK_AS(ValueError, last < held, "[as_strided] the storage has ", held,
                    " elements; got sizes ", IntArrayRef(a.sizes), ", strides ",
                    IntArrayRef(a.strides), " and offset ", a.offset, ", which reach element ",
                    last);
  }
  c.set_view(a.sizes, a.strides, a.offset);
}

// The gradient goes by way of the storage: added up where the output lies, then read where the
// input lies. An address that holds several elements of the input shares its part among them.
void vjp_as_strided(const VjpContext& c) {
  if (!c.needs(0)) return;
  const auto& a = c.attrs<AsStridedAttrs>();
  const IntArrayRef sizes = c.sizes(0);
  if (is_empty(sizes) || is_empty(a.sizes)) {
    return c.set(0, zeros(sizes, c.grad().options()));
  }
  const std::int64_t first = std::min(a.offset, a.input_offset);
  const std::int64_t last =
      std::max(last_position("as_strided", a.sizes, a.strides, a.offset),
               last_position("as_strided", sizes, a.input_strides, a.input_offset));
  const Dims span{last - first + 1};
  Tensor memory = strided_scatter(c.grad(), span, a.strides, a.offset - first);
  TensorMeta input;
  input.set_strided(sizes, a.input_strides, a.input_offset);
  if (input.may_overlap()) {
    const Tensor shares = strided_scatter(ones(sizes, c.grad().options()), span, a.input_strides,
                                          a.input_offset - first);
    memory = memory.div(shares.clamp_min(1));
  }
  c.set(0, as_strided(memory, sizes, a.input_strides, a.input_offset - first));
}

void infer_scatter(InferContext& c) {
  const TensorMeta& x = c.meta(0);
  const auto& a = c.attrs<ScatterAttrs>();
  check_strided(c.op(), x.sizes, a.strides, a.offset);
  c.set(0, a.base_sizes, x.dtype);
  if (x.numel == 0) return;
  const std::int64_t last = last_position(c.op(), x.sizes, a.strides, a.offset);
  SINTER_CHECK_AS(ValueError, last < c.out[0]->numel,
                  "[strided_scatter] the elements must fit into the result; got sizes ",
                  IntArrayRef(x.sizes), ", strides ", IntArrayRef(a.strides), " and offset ",
                  a.offset, " for ", IntArrayRef(a.base_sizes));
}

void vjp_scatter(const VjpContext& c) {
  if (!c.needs(0)) return;
  const auto& a = c.attrs<ScatterAttrs>();
  const Tensor grad = c.grad().contiguous();
  c.set(0, as_strided(grad, c.sizes(0), a.strides, grad.storage_offset() + a.offset));
}

constexpr const char* kNoOnnxGradient = "it occurs in gradients, which are not exported";

}  // namespace

constexpr OpDef kSlice{.name = "slice",
                       .attrs = &attrs_type<SliceAttrs>,
                       .infer = infer_part<SliceAttrs, slice_part>,
                       .view = true,
                       .vjp = vjp_part<SliceAttrs, slice_part>,
                       .onnx = {"Slice", 1},
                       .no_cuda = "a view: metadata alone"};
constexpr OpDef kSelect{.name = "select",
                        .attrs = &attrs_type<SelectAttrs>,
                        .infer = infer_part<SelectAttrs, select_part>,
                        .view = true,
                        .vjp = vjp_part<SelectAttrs, select_part>,
                        .onnx = {"Gather", 1},
                        .no_cuda = "a view: metadata alone"};
constexpr OpDef kDiagonal{.name = "diagonal",
                          .attrs = &attrs_type<DiagonalAttrs>,
                          .infer = infer_part<DiagonalAttrs, diagonal_part>,
                          .view = true,
                          .vjp = vjp_part<DiagonalAttrs, diagonal_part>,
                          .no_onnx = "ONNX has no diagonal",
                          .no_cuda = "a view: metadata alone"};
constexpr OpDef kUnfold{.name = "unfold",
                        .attrs = &attrs_type<UnfoldAttrs>,
                        .infer = infer_part<UnfoldAttrs, unfold_part>,
                        .view = true,
                        .vjp = vjp_part<UnfoldAttrs, unfold_part>,
                        .no_onnx = "ONNX has no sliding windows",
                        .no_cuda = "a view: metadata alone"};
constexpr OpDef kAsStrided{.name = "as_strided",
                           .attrs = &attrs_type<AsStridedAttrs>,
                           .infer = infer_as_strided,
                           .view = true,
                           .vjp = vjp_as_strided,
                           .no_onnx = "ONNX tensors have no strides",
                           .no_cuda = "a view: metadata alone"};
constexpr OpDef kStridedScatter{.name = "strided_scatter",
                                .attrs = &attrs_type<ScatterAttrs>,
                                .infer = infer_scatter,
                                .kernel = {cpu::strided_scatter},
                                .vjp = vjp_scatter,
                                .no_onnx = kNoOnnxGradient};

Tensor strided_scatter(const Tensor& x, IntArrayRef base_sizes, IntArrayRef strides,
                       std::int64_t offset) {
  return call(kStridedScatter, ScatterAttrs{base_sizes, strides, offset}, x);
}

}  // namespace ops

using namespace ops;

Tensor slice(const Tensor& x, std::int64_t dim, std::optional<std::int64_t> start,
             std::optional<std::int64_t> end, std::int64_t step) {
  SINTER_CHECK_AS(ValueError, x.dim() > 0, "[slice] a 0-d tensor has nothing to slice");
  const std::size_t d = wrap_dim("slice", dim, x.sizes().size());
  const std::int64_t size = x.sizes()[d];
  const auto position = [size](std::int64_t p) {
    return std::clamp<std::int64_t>(p < 0 ? p + size : p, 0, size);
  };
  const std::int64_t first = position(start.value_or(0));
  const std::int64_t last = std::max(first, position(end.value_or(size)));
  return call(kSlice, SliceAttrs{static_cast<std::int64_t>(d), first, last, step}, x);
}

Tensor narrow(const Tensor& x, std::int64_t dim, std::int64_t start, std::int64_t length) {
  SINTER_CHECK_AS(ValueError, x.dim() > 0, "[narrow] a 0-d tensor has nothing to narrow");
  SINTER_CHECK_AS(ValueError, length >= 0, "[narrow] length must not be negative; got ", length);
  const std::size_t d = wrap_dim("narrow", dim, x.sizes().size());
  const std::int64_t size = x.sizes()[d];
  SINTER_CHECK_AS(IndexError, -size <= start && start <= size, "[narrow] start out of range; got ",
                  start, " for a dimension of size ", size);
  if (start < 0) start += size;
  SINTER_CHECK_AS(ValueError, length <= size - start, "[narrow] start + length must not exceed ",
                  size, "; got ", start, " + ", length);
  return call(kSlice, SliceAttrs{static_cast<std::int64_t>(d), start, start + length, 1}, x);
}

Tensor select(const Tensor& x, std::int64_t dim, std::int64_t index) {
  SINTER_CHECK_AS(IndexError, x.dim() > 0, "[select] a 0-d tensor has nothing to select");
  const std::size_t d = wrap_dim("select", dim, x.sizes().size());
  const std::int64_t size = x.sizes()[d];
  SINTER_CHECK_AS(IndexError, -size <= index && index < size, "[select] index out of range; got ",
                  index, " for dimension ", d, " of size ", size);
  const std::int64_t wrapped = index < 0 ? index + size : index;
  return call(kSelect, SelectAttrs{static_cast<std::int64_t>(d), wrapped}, x);
}

Tensor diagonal(const Tensor& x, std::int64_t offset, std::int64_t dim1, std::int64_t dim2) {
  return call(kDiagonal, DiagonalAttrs{offset, dim1, dim2}, x);
}

Tensor unfold(const Tensor& x, std::int64_t dim, std::int64_t size, std::int64_t step) {
  return call(kUnfold, UnfoldAttrs{dim, size, step}, x);
}

Tensor as_strided(const Tensor& x, IntArrayRef sizes, IntArrayRef strides,
                  std::optional<std::int64_t> storage_offset) {
  const std::int64_t offset = x.storage_offset();
  return call(kAsStrided,
              AsStridedAttrs{sizes, strides, storage_offset.value_or(offset), x.strides(), offset},
              x);
}

}  // namespace sinter
