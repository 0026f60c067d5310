// Gathering along one dimension: gather, take_along_dim, take and embedding.
#include <sinter/ops/checks_internal.h>
#include <sinter/ops/cpu/index_kernels.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/index.h>
#include <sinter/ops/index_internal.h>

namespace sinter {
namespace ops {

namespace {

void infer_gather(InferContext& c) {
  const std::int64_t dim = c.attrs<IndexDimAttrs>().dim;
  const Dims& self = c.meta(0).sizes;
  const Dims& index = c.meta(1).sizes;
  check_dim(c, dim, self.size());
  check_index_dtype(c, 1);
  SINTER_CHECK_AS(ValueError, self.size() == index.size(),
                  "[gather] index must have as many dimensions as self; got ", IntArrayRef(index),
                  " for ", IntArrayRef(self));
  for (std::size_t d = 0; d < self.size(); ++d) {
    SINTER_CHECK_AS(ValueError, static_cast<std::int64_t>(d) == dim || index[d] <= self[d],
                    "[gather] index must be no larger than self outside dim; got ",
                    IntArrayRef(index), " for ", IntArrayRef(self), " and dim ", dim);
  }
  c.set(0, index, c.meta(0).dtype);
}
void vjp_gather(const VjpContext& c) {
  const std::int64_t dim = c.attrs<IndexDimAttrs>().dim;
  c.set(0, c.grad().new_zeros(c.sizes(0)).scatter_add(dim, c.in(1), c.grad()));
}

void check_indices(const InferContext& c) {
  const DType dtype = c.meta(1).dtype;
  SINTER_CHECK_AS(TypeError, dtype == kInt64, "[", c.op(), "] indices must be of dtype i64; got ",
                  dtype);
}
void infer_embedding(InferContext& c) {
  const TensorMeta& weight = c.meta(0);
  SINTER_CHECK_AS(ValueError, weight.dim() == 2, "[embedding] weight must have 2 dimensions; got ",
                  IntArrayRef(weight.sizes));
  check_indices(c);
  const std::int64_t padding = c.attrs<EmbeddingAttrs>().padding_idx;
  SINTER_CHECK_AS(IndexError, padding >= -1 && padding < std::max<std::int64_t>(weight.sizes[0], 0),
                  "[embedding] padding_idx must be -1 or a row of weight; got ", padding, " for ",
                  weight.sizes[0], " rows");
  Dims sizes = c.meta(1).sizes;
  sizes.push_back(weight.sizes[1]);
  c.set(0, sizes, weight.dtype);
}
void infer_embedding_backward(InferContext& c) {
  const auto& attrs = c.attrs<EmbeddingBackwardAttrs>();
  check_floating(c);
  check_indices(c);
  const Dims& grad = c.meta(0).sizes;
  const Dims& indices = c.meta(1).sizes;
  SINTER_CHECK_AS(ValueError,
                  grad.size() == indices.size() + 1 &&
                      IntArrayRef(grad).slice(0, indices.size()) == IntArrayRef(indices),
                  "[embedding_backward] the gradient must have one row per index; got ",
                  IntArrayRef(grad), " for ", IntArrayRef(indices));
  SINTER_CHECK_AS(
      IndexError,
      attrs.padding_idx >= -1 && attrs.padding_idx < std::max<std::int64_t>(attrs.num_weights, 0),
      "[embedding_backward] padding_idx must be -1 or a row of weight; got ", attrs.padding_idx,
      " for ", attrs.num_weights, " rows");
  c.set(0, {attrs.num_weights, grad.back()}, c.meta(0).dtype);
}

void vjp_embedding(const VjpContext& c) {
  const EmbeddingBackwardAttrs attrs{c.sizes(0)[0], c.attrs<EmbeddingAttrs>().padding_idx};
  c.set(0, call(kEmbeddingBackward, attrs, c.grad(), c.in(1)));
}
// Linear in the gradient: it is gathered back, rows of padding excepted.
void vjp_embedding_backward(const VjpContext& c) {
  const std::int64_t padding = c.attrs<EmbeddingBackwardAttrs>().padding_idx;
  const Tensor rows = embedding(c.grad(), c.in(1), padding);
  if (padding < 0) return c.set(0, rows);
  c.set(0, rows.masked_fill(c.in(1).eq(Scalar(padding)).unsqueeze(-1), 0));
}

}  // namespace

constinit const OpDef kGather{.name = "gather",
                              .arity = 2,
                              .attrs = &attrs_type<IndexDimAttrs>,
                              .infer = infer_gather,
                              .kernel = {cpu::gather},
                              .saves = save_inputs<1>,
                              .vjp = vjp_gather,
                              .onnx = {"GatherElements", 13},
                              .no_cuda = "CUDA kernels come later"};
constinit const OpDef kEmbedding{.name = "embedding",
                                 .arity = 2,
                                 .attrs = &attrs_type<EmbeddingAttrs>,
                                 .infer = infer_embedding,
                                 .kernel = {cpu::embedding},
                                 .saves = save_inputs<1>,
                                 .vjp = vjp_embedding,
                                 .onnx = {"Gather", 13}};
constinit const OpDef kEmbeddingBackward{
    .name = "embedding_backward",
    .arity = 2,
    .attrs = &attrs_type<EmbeddingBackwardAttrs>,
    .infer = infer_embedding_backward,
    .kernel = {cpu::embedding_backward},
    .saves = save_inputs<1>,
    .vjp = vjp_embedding_backward,
    .no_onnx = "ONNX models are exported without backward ops"};

}  // namespace ops

Tensor gather(const Tensor& self, std::int64_t dim, const Tensor& index) {
  const ops::IndexDimAttrs attrs{ops::call_dim("gather", self, dim)};
  return ops::call(ops::kGather, attrs, self, ops::as_index("gather", index));
}

Tensor take_along_dim(const Tensor& self, const Tensor& index, std::int64_t dim) {
  const std::int64_t wrapped = ops::call_dim("take_along_dim", self, dim);
  ops::check_called_on("take_along_dim", index);
  SINTER_CHECK_AS(ValueError, self.dim() == index.dim(),
                  "[take_along_dim] index must have as many dimensions as self; got ",
                  index.sizes(), " for ", self.sizes());
  if (self.dim() == 0) return gather(self, 0, index);
  const auto d = static_cast<std::size_t>(wrapped);
  Dims from = self.sizes();
  Dims at = index.sizes();
  from[d] = at[d] = 1;
  Dims sizes = broadcast_shapes("take_along_dim", from, at);
  sizes[d] = self.size(wrapped);
  const Tensor wide = self.expand(sizes);
  sizes[d] = index.size(wrapped);
  return gather(wide, wrapped, index.expand(sizes));
}

Tensor take(const Tensor& self, const Tensor& index) {
  ops::check_called_on("take", self);
  return sinter::index(self.reshape({-1}), {ops::as_index("take", index)});
}

Tensor embedding(const Tensor& weight, const Tensor& indices, std::int64_t padding_idx) {
  return ops::call(ops::kEmbedding, ops::EmbeddingAttrs{padding_idx}, weight,
                   ops::as_index("embedding", indices));
}

Tensor Tensor::gather(std::int64_t dim, const Tensor& index) const {
  return sinter::gather(*this, dim, index);
}

}  // namespace sinter
