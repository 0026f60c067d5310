#include <sinter/ops/index.h>

#include <sinter/ops/checks_internal.h>
#include <sinter/ops/cpu/index_kernels.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/index_internal.h>
#include <sinter/ops/index_layout.h>
#include <sinter/ops/reduce.h>
#include <sinter/ops/registry.h>

#include <algorithm>

namespace sinter {
namespace ops {

namespace {

constexpr std::uint64_t kAllFromFirst = ~std::uint64_t{0};

// --- index and index_put.

void infer_index(InferContext& c) {
  const IndexLayout layout = index_layout("index", c.meta(0), c.in, 1);
  c.set(0, layout.result_sizes(c.meta(0).sizes), c.meta(0).dtype);
}
void infer_index_put(InferContext& c) {
  SINTER_CHECK(c.in.size() >= 2, "[index_put] takes self, values and indices; got ", c.in.size(),
               " tensors");
  check_same_dtype(c, 1);
  const Dims blocks = index_layout("index_put", c.meta(0), c.in, 2).result_sizes(c.meta(0).sizes);
  const Dims& values = c.meta(1).sizes;
  SINTER_CHECK_AS(ValueError, broadcasts_to(values, blocks),
                  "[index_put] values do not broadcast to the indexed elements; got ",
                  IntArrayRef(values), " for ", IntArrayRef(blocks));
  c.set_like(0, c.meta(0).sizes, c.meta(0).dtype, c.meta(0));
}

// The index tensors of a call, undefined ones included.
std::vector<Tensor> saved_indices(const VjpContext& c, std::size_t first) {
  return {c.inputs.begin() + static_cast<std::ptrdiff_t>(first), c.inputs.end()};
}
void vjp_index(const VjpContext& c) {
  if (!c.needs(0)) return;
  const Tensor zeros = c.grad().new_zeros(c.sizes(0));
  c.set(0, zeros.index_put(saved_indices(c, 1), c.grad(), true));
}
void vjp_index_put(const VjpContext& c) {
  const std::vector<Tensor> indices = saved_indices(c, 2);
  if (c.needs(0)) {
    const Tensor zero = c.grad().new_zeros({});
    c.set(0, c.attrs<IndexPutAttrs>().accumulate ? c.grad() : c.grad().index_put(indices, zero));
  }
  if (c.needs(1)) c.set(1, sum_to_size(index(c.grad(), indices), c.sizes(1)));
}

constexpr OpDef kIndex{.name = "index",
                       .arity = -1,
                       .optional_inputs = kAllFromFirst & ~std::uint64_t{1},
                       .infer = infer_index,
                       .kernel = {cpu::index},
                       .saves =
                           [](std::uint64_t) {
                             return Saved{~std::uint64_t{1}, 0};
                           },
                       .vjp = vjp_index,
                       .no_onnx = "written as Transpose and GatherND",
                       .no_cuda = "CUDA kernels come later"};
constexpr OpDef kIndexPut{.name = "index_put",
                          .arity = -1,
                          .optional_inputs = kAllFromFirst & ~std::uint64_t{3},
                          .attrs = &attrs_type<IndexPutAttrs>,
                          .infer = infer_index_put,
                          .kernel = {cpu::index_put},
                          .in_place = true,
                          .saves =
                              [](std::uint64_t) {
                                return Saved{~std::uint64_t{3}, 0};
                              },
                          .vjp = vjp_index_put,
                          .no_onnx = "written as Transpose and ScatterND",
                          .no_cuda = "CUDA kernels come later"};

// --- index_select and index_add.

// The size along dim of a result with one slice for each index.
void check_line_of_indices(const InferContext& c, std::size_t i) {
  check_index_dtype(c, i);
  SINTER_CHECK_AS(IndexError, c.meta(i).dim() <= 1, "[", c.op(),
                  "] the index must have at most one dimension; got ",
                  IntArrayRef(c.meta(i).sizes));
}
void infer_index_select(InferContext& c) {
  const std::int64_t dim = c.attrs<IndexDimAttrs>().dim;
  check_dim(c, dim, c.meta(0).dim());
  check_line_of_indices(c, 1);
  Dims sizes = c.meta(0).sizes;
  if (!sizes.empty()) {
    sizes[static_cast<std::size_t>(dim)] = c.meta(1).numel;
  } else {
    SINTER_CHECK_AS(IndexError, c.meta(1).numel == 1,
                    "[index_select] a 0-d tensor takes one index; got ", c.meta(1).numel);
  }
  c.set(0, sizes, c.meta(0).dtype);
}
void vjp_index_select(const VjpContext& c) {
  const std::int64_t dim = c.attrs<IndexDimAttrs>().dim;
  c.set(0, c.grad().new_zeros(c.sizes(0)).index_add(dim, c.in(1), c.grad()));
}

void infer_index_add(InferContext& c) {
  const std::int64_t dim = c.attrs<IndexAddAttrs>().dim;
  check_dim(c, dim, c.meta(0).dim());
  check_line_of_indices(c, 1);
  check_same_dtype(c, 2);
  Dims sizes = c.meta(0).sizes;
  const std::int64_t count = c.meta(1).numel;
  if (!sizes.empty()) sizes[static_cast<std::size_t>(dim)] = count;
  SINTER_CHECK_AS(ValueError, c.meta(2).sizes == sizes && (!sizes.empty() || count == 1),
                  "[index_add] source must have the shape of self, with one slice per index; got ",
                  IntArrayRef(c.meta(2).sizes), " for self of ", IntArrayRef(c.meta(0).sizes),
                  " and ", count, " indices");
  c.set_like(0, c.meta(0).sizes, c.meta(0).dtype, c.meta(0));
}
void vjp_index_add(const VjpContext& c) {
  const auto& attrs = c.attrs<IndexAddAttrs>();
  if (c.needs(0)) c.set(0, c.grad());
  if (c.needs(2)) c.set(2, c.grad().index_select(attrs.dim, c.in(1)).mul(attrs.alpha));
}

constexpr OpDef kIndexSelect{.name = "index_select",
                             .arity = 2,
                             .attrs = &attrs_type<IndexDimAttrs>,
                             .infer = infer_index_select,
                             .kernel = {cpu::index_select},
                             .saves = save_inputs<1>,
                             .vjp = vjp_index_select,
                             .onnx = {"Gather", 13},
                             .no_cuda = "CUDA kernels come later"};
constexpr OpDef kIndexAdd{.name = "index_add",
                          .arity = 3,
                          .attrs = &attrs_type<IndexAddAttrs>,
                          .infer = infer_index_add,
                          .kernel = {cpu::index_add},
                          .in_place = true,
                          .saves = save_inputs<1>,
                          .vjp = vjp_index_add,
                          .no_onnx = "written as Transpose and ScatterND with reduction",
                          .no_cuda = "CUDA kernels come later"};

// --- masked_fill and nonzero.

void infer_masked_fill(InferContext& c) {
  SINTER_CHECK_AS(TypeError, c.meta(1).dtype == kBool, "[masked_fill] the mask must be bool; got ",
                  c.meta(1).dtype);
  const Dims sizes = broadcast_shapes("masked_fill", c.meta(0).sizes, c.meta(1).sizes);
  c.set_like(0, sizes, c.meta(0).dtype, c.meta(0));
}
void vjp_masked_fill(const VjpContext& c) {
  c.set(0, sum_to_size(c.grad().masked_fill(c.in(1), 0), c.sizes(0)));
}
constexpr OpDef kMaskedFill{.name = "masked_fill",
                            .arity = 2,
                            .attrs = &attrs_type<MaskedFillAttrs>,
                            .infer = infer_masked_fill,
                            .kernel = {cpu::masked_fill},
                            .in_place = true,
                            .saves = save_inputs<1>,
                            .vjp = vjp_masked_fill,
                            .no_onnx = "written as Where"};
constexpr OpDef kNonzero{.name = "nonzero",
                         .kernel = {cpu::nonzero},
                         .data_dependent = true,
                         .no_vjp = "its result is integral",
                         .no_onnx = "NonZero of ONNX is the transpose",
                         .no_cuda = "CUDA kernels come later"};

}  // namespace

OpTable index_ops() {
  static constexpr const OpDef* table[] = {&kIndex,    &kIndexPut,   &kIndexSelect,
                                           &kIndexAdd, &kMaskedFill, &kNonzero,
                                           &kGather,   &kEmbedding,  &kEmbeddingBackward};
  return table;
}

bool broadcasts_to(IntArrayRef from, IntArrayRef to) {
  if (from.size() > to.size()) return false;
  const std::size_t lead = to.size() - from.size();
  for (std::size_t d = 0; d < from.size(); ++d) {
    if (from[d] != 1 && from[d] != to[lead + d]) return false;
  }
  return true;
}

Tensor as_index(const char* op, const Tensor& index) {
  SINTER_CHECK(index.defined(), "[", op, "] an index is an undefined tensor");
  if (index.dtype() == kInt64) return index;
  const DType dtype = index.dtype();
  SINTER_CHECK_AS(TypeError, dtype == kInt32 || dtype == kInt16 || dtype == kInt8, "[", op,
                  "] indices must be integers; got ", dtype);
  return index.to(kInt64);
}

namespace {

// The index tensors as the ops take them: i64, masks replaced by their positions.
std::vector<Tensor> plain_indices(const char* op, const Tensor& self,
                                  const std::vector<Tensor>& indices) {
  check_called_on(op, self);
  std::vector<Tensor> out;
  for (const Tensor& index : indices) {
    if (!index.defined()) {
      out.emplace_back();
    } else if (is_mask(index)) {
      append_mask(op, self, index, out.size(), out);
    } else {
      out.push_back(as_index(op, index));
    }
  }
  return out;
}

std::vector<Tensor> with_front(const Tensor& self, const std::vector<Tensor>& rest) {
  std::vector<Tensor> out{self};
  out.insert(out.end(), rest.begin(), rest.end());
  return out;
}

bool none_defined(const std::vector<Tensor>& indices) {
  return std::none_of(indices.begin(), indices.end(), [](const Tensor& t) { return t.defined(); });
}

}  // namespace

bool is_mask(const Tensor& index) { return index.dtype() == kBool || index.dtype() == kUInt8; }

void append_mask(const char* op, const Tensor& self, const Tensor& mask, std::size_t dim,
                 std::vector<Tensor>& out) {
  const IntArrayRef sizes = self.sizes();
  const IntArrayRef shape = mask.sizes();
  SINTER_CHECK_AS(IndexError,
                  shape.size() > 0 && dim + shape.size() <= sizes.size() &&
                      sizes.slice(dim, shape.size()) == shape,
                  "[", op, "] a mask must have the sizes of the dimensions it indexes; got ", shape,
                  " at dimension ", dim, " of ", sizes);
  const Tensor positions = nonzero(mask);
  for (std::size_t d = 0; d < shape.size(); ++d) {
    out.push_back(positions.select(1, static_cast<std::int64_t>(d)));
  }
}

}  // namespace ops

Tensor index(const Tensor& self, const std::vector<Tensor>& indices) {
  const auto plain = ops::plain_indices("index", self, indices);
  if (ops::none_defined(plain)) return self.clone();
  return ops::call_list(ops::kIndex, ops::NoAttrs{}, ops::with_front(self, plain));
}

Tensor& index_put_(Tensor& self, const std::vector<Tensor>& indices, const Tensor& values,
                   bool accumulate) {
  const auto plain = ops::plain_indices("index_put_", self, indices);
  if (ops::none_defined(plain)) return accumulate ? self.add_(values) : self.copy_(values);
  std::vector<const Tensor*> in{&self, &values};
  for (const Tensor& t : plain) in.push_back(&t);
  const ops::IndexPutAttrs attrs{accumulate};
  Tensor out = self;
  ops::OpCall call{ops::kIndexPut, {in.data(), in.size()}, &attrs, {&out, 1}, true};
  ops::dispatch(call);
  return self;
}
Tensor index_put(const Tensor& self, const std::vector<Tensor>& indices, const Tensor& values,
                 bool accumulate) {
  const auto plain = ops::plain_indices("index_put", self, indices);
  if (ops::none_defined(plain)) {
    Tensor copy = self.clone();
    return accumulate ? copy.add_(values) : copy.copy_(values);
  }
  std::vector<Tensor> in = ops::with_front(self, plain);
  in.insert(in.begin() + 1, values);
  return ops::call_list(ops::kIndexPut, ops::IndexPutAttrs{accumulate}, in);
}

Tensor index_select(const Tensor& self, std::int64_t dim, const Tensor& index) {
  const ops::IndexDimAttrs attrs{ops::call_dim("index_select", self, dim)};
  return ops::call(ops::kIndexSelect, attrs, self, ops::as_index("index_select", index));
}
Tensor index_add(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source,
                 const Scalar& alpha) {
  const ops::IndexAddAttrs attrs{ops::call_dim("index_add", self, dim), alpha};
  return ops::call(ops::kIndexAdd, attrs, self, ops::as_index("index_add", index), source);
}
Tensor& Tensor::index_add_(std::int64_t dim, const Tensor& index, const Tensor& source,
                           const Scalar& alpha) {
  const ops::IndexAddAttrs attrs{ops::call_dim("index_add_", *this, dim), alpha};
  return ops::call_in_place(ops::kIndexAdd, attrs, *this, ops::as_index("index_add_", index),
                            source);
}

Tensor masked_fill(const Tensor& self, const Tensor& mask, const Scalar& value) {
  return ops::call(ops::kMaskedFill, ops::MaskedFillAttrs{value}, self, mask);
}
Tensor& Tensor::masked_fill_(const Tensor& mask, const Scalar& value) {
  return ops::call_in_place(ops::kMaskedFill, ops::MaskedFillAttrs{value}, *this, mask);
}

namespace {
// A 0-d value of the dtype of self.
Tensor fill_value(const char* op, const Tensor& self, const Tensor& value) {
  ops::check_called_on(op, self);
  ops::check_called_on(op, value);
  SINTER_CHECK_AS(ValueError, value.dim() == 0, "[", op,
                  "] a value that is a tensor must be 0-d; got ", value.sizes());
  return value.dtype() == self.dtype() ? value : value.to(self.dtype());
}
}  // namespace

Tensor masked_fill(const Tensor& self, const Tensor& mask, const Tensor& value) {
  return fill_value("masked_fill", self, value).where(mask, self);
}
Tensor& Tensor::masked_fill_(const Tensor& mask, const Tensor& value) {
  return copy_(fill_value("masked_fill_", *this, value).where(mask, *this));
}

Tensor masked_select(const Tensor& self, const Tensor& mask) {
  ops::check_called_on("masked_select", self);
  ops::check_called_on("masked_select", mask);
  SINTER_CHECK_AS(TypeError, mask.dtype() == kBool, "[masked_select] the mask must be bool; got ",
                  mask.dtype());
  Dims sizes = broadcast_shapes("masked_select", self.sizes(), mask.sizes());
  if (sizes.empty()) sizes = {1};
  return index(self.expand(sizes), {mask.expand(sizes)});
}

Tensor nonzero(const Tensor& self) { return ops::call(ops::kNonzero, self); }

Tensor one_hot(const Tensor& self, std::int64_t num_classes) {
  const Tensor index = ops::as_index("one_hot", self);
  SINTER_CHECK_AS(ValueError, num_classes >= -1,
                  "[one_hot] num_classes must be -1 or a count; got ", num_classes);
  if (index.numel() > 0) {
    const auto least = index.min().item<std::int64_t>();
    const auto most = index.max().item<std::int64_t>();
    SINTER_CHECK_AS(ValueError, least >= 0, "[one_hot] class numbers must not be negative; got ",
                    least);
    if (num_classes == -1) num_classes = checked_add("one_hot", most, 1);
    SINTER_CHECK_AS(ValueError, most < num_classes,
                    "[one_hot] class numbers must lie below num_classes ", num_classes, "; got ",
                    most);
  }
  SINTER_CHECK_AS(ValueError, num_classes >= 0,
                  "[one_hot] num_classes must be given for an empty tensor; got ", num_classes);
  Dims sizes = index.sizes();
  sizes.push_back(num_classes);
  Tensor out = index.new_zeros(sizes);
  return num_classes == 0 ? out : out.scatter_(-1, index.unsqueeze(-1), 1);
}

Tensor Tensor::index_put(const std::vector<Tensor>& indices, const Tensor& value,
                         bool accumulate) const {
  return sinter::index_put(*this, indices, value, accumulate);
}
Tensor& Tensor::index_put_(const std::vector<Tensor>& indices, const Tensor& value,
                           bool accumulate) {
  return sinter::index_put_(*this, indices, value, accumulate);
}
Tensor Tensor::index_select(std::int64_t dim, const Tensor& index) const {
  return sinter::index_select(*this, dim, index);
}
Tensor Tensor::index_add(std::int64_t dim, const Tensor& index, const Tensor& source,
                         const Scalar& alpha) const {
  return sinter::index_add(*this, dim, index, source, alpha);
}
Tensor Tensor::masked_fill(const Tensor& mask, const Scalar& value) const {
  return sinter::masked_fill(*this, mask, value);
}
Tensor Tensor::masked_fill(const Tensor& mask, const Tensor& value) const {
  return sinter::masked_fill(*this, mask, value);
}
Tensor Tensor::masked_select(const Tensor& mask) const {
  return sinter::masked_select(*this, mask);
}
Tensor Tensor::nonzero() const { return sinter::nonzero(*this); }

}  // namespace sinter
