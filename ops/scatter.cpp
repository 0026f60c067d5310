#include <sinter/ops/checks_internal.h>
#include <sinter/ops/cpu/index_kernels.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/index_internal.h>
#include <sinter/ops/registry.h>
#include <sinter/ops/scatter.h>

namespace sinter {
namespace ops {

namespace {

void check_index(const InferContext& c, std::int64_t dim) {
  const Dims& self = c.meta(0).sizes;
  const Dims& index = c.meta(1).sizes;
  check_dim(c, dim, self.size());
  check_index_dtype(c, 1);
  bool fits = self.size() == index.size();
  for (std::size_t d = 0; fits && d < self.size(); ++d) {
    fits = static_cast<std::int64_t>(d) == dim || index[d] <= self[d];
  }
  SINTER_CHECK_AS(ValueError, fits, "[", c.op(),
                  "] index must have the dimensions of self and be no larger outside dim; got ",
                  IntArrayRef(index), " for ", IntArrayRef(self), " and dim ", dim);
}
void infer_scatter(InferContext& c) {
  check_index(c, c.attrs<IndexDimAttrs>().dim);
  check_same_dtype(c, 2);
  const Dims& index = c.meta(1).sizes;
  const Dims& source = c.meta(2).sizes;
  bool fits = source.size() == index.size();
  for (std::size_t d = 0; fits && d < index.size(); ++d) fits = index[d] <= source[d];
  SINTER_CHECK_AS(ValueError, fits, "[", c.op(),
                  "] index must have the dimensions of source and be no larger; got ",
                  IntArrayRef(index), " for ", IntArrayRef(source));
  c.set_like(0, c.meta(0).sizes, c.meta(0).dtype, c.meta(0));
}
void infer_scatter_value(InferContext& c) {
  check_index(c, c.attrs<ScatterValueAttrs>().dim);
  c.set_like(0, c.meta(0).sizes, c.meta(0).dtype, c.meta(0));
}

// The gradient of source: gathered, and 0 where source is larger than index.
Tensor source_gradient(const VjpContext& c, std::int64_t dim) {
  const Tensor gathered = c.grad().gather(dim, c.in(1));
  const IntArrayRef sizes = c.sizes(2);
  if (gathered.sizes() == sizes) return gathered;
  Tensor out = gathered;
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    const auto d = static_cast<std::int64_t>(i);
    if (out.size(d) == sizes[i]) continue;
    Dims grown = out.sizes();
    grown[i] = sizes[i];
    const Tensor places = out.new_ones({out.size(d)}, kInt64).cumsum(0).sub(1);
    out = out.new_zeros(grown).index_add(d, places, out);
  }
  return out;
}
void vjp_scatter(const VjpContext& c) {
  const std::int64_t dim = c.attrs<IndexDimAttrs>().dim;
  if (c.needs(0)) c.set(0, c.grad().scatter(dim, c.in(1), 0));
  if (c.needs(2)) c.set(2, source_gradient(c, dim));
}
void vjp_scatter_value(const VjpContext& c) {
  c.set(0, c.grad().scatter(c.attrs<ScatterValueAttrs>().dim, c.in(1), 0));
}
void vjp_scatter_add(const VjpContext& c) {
  if (c.needs(0)) c.set(0, c.grad());
  if (c.needs(2)) c.set(2, source_gradient(c, c.attrs<IndexDimAttrs>().dim));
}

constexpr OpDef kScatter{.name = "scatter",
                         .arity = 3,
                         .attrs = &attrs_type<IndexDimAttrs>,
                         .infer = infer_scatter,
                         .kernel = {cpu::scatter},
                         .in_place = true,
                         .saves = save_inputs<1>,
                         .vjp = vjp_scatter,
                         .onnx = {"ScatterElements", 13},
                         .no_cuda = "CUDA kernels come later"};
constexpr OpDef kScatterValue{.name = "scatter_value",
                              .arity = 2,
                              .attrs = &attrs_type<ScatterValueAttrs>,
                              .infer = infer_scatter_value,
                              .kernel = {cpu::scatter_value},
                              .in_place = true,
                              .saves = save_inputs<1>,
                              .vjp = vjp_scatter_value,
                              .no_onnx = "written as ScatterElements of an expanded constant",
                              .no_cuda = "CUDA kernels come later"};
constexpr OpDef kScatterAdd{.name = "scatter_add",
                            .arity = 3,
                            .attrs = &attrs_type<IndexDimAttrs>,
                            .infer = infer_scatter,
                            .kernel = {cpu::scatter_add},
                            .in_place = true,
                            .saves = save_inputs<1>,
                            .vjp = vjp_scatter_add,
                            .no_onnx = "written as ScatterElements with reduction",
                            .no_cuda = "CUDA kernels come later"};

}  // namespace

OpTable scatter_ops() {
  static constexpr const OpDef* table[] = {&kScatter, &kScatterValue, &kScatterAdd};
  return table;
}

}  // namespace ops

Tensor scatter(const Tensor& self, std::int64_t dim, const Tensor& index, const Tensor& source) {
  const ops::IndexDimAttrs attrs{ops::call_dim("scatter", self, dim)};
  return ops::call(ops::kScatter, attrs, self, ops::as_index("scatter", index), source);
}
Tensor scatter(const Tensor& self, std::int64_t dim, const Tensor& index, const Scalar& value) {
  const ops::ScatterValueAttrs attrs{ops::call_dim("scatter", self, dim), value};
  return ops::call(ops::kScatterValue, attrs, self, ops::as_index("scatter", index));
}
Tensor scatter_add(const Tensor& self, std::int64_t dim, const Tensor& index,
                   const Tensor& source) {
  const ops::IndexDimAttrs attrs{ops::call_dim("scatter_add", self, dim)};
  return ops::call(ops::kScatterAdd, attrs, self, ops::as_index("scatter_add", index), source);
}

Tensor Tensor::scatter(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  return sinter::scatter(*this, dim, index, source);
}
Tensor Tensor::scatter(std::int64_t dim, const Tensor& index, const Scalar& value) const {
  return sinter::scatter(*this, dim, index, value);
}
Tensor Tensor::scatter_add(std::int64_t dim, const Tensor& index, const Tensor& source) const {
  return sinter::scatter_add(*this, dim, index, source);
}
Tensor& Tensor::scatter_(std::int64_t dim, const Tensor& index, const Tensor& source) {
  const ops::IndexDimAttrs attrs{ops::call_dim("scatter_", *this, dim)};
  return ops::call_in_place(ops::kScatter, attrs, *this, ops::as_index("scatter_", index), source);
}
Tensor& Tensor::scatter_(std::int64_t dim, const Tensor& index, const Scalar& value) {
  const ops::ScatterValueAttrs attrs{ops::call_dim("scatter_", *this, dim), value};
  return ops::call_in_place(ops::kScatterValue, attrs, *this, ops::as_index("scatter_", index));
}
Tensor& Tensor::scatter_add_(std::int64_t dim, const Tensor& index, const Tensor& source) {
  const ops::IndexDimAttrs attrs{ops::call_dim("scatter_add_", *this, dim)};
  return ops::call_in_place(ops::kScatterAdd, attrs, *this, ops::as_index("scatter_add_", index),
                            source);
}

}  // namespace sinter
