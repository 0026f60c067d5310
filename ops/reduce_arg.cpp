#include <sinter/ops/cpu/reduce_kernels.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/reduce.h>
#include <sinter/ops/reduce_internal.h>

namespace sinter {
namespace ops {

namespace {

// The sizes of a result that reduces one dimension, or all of them. A 0-d tensor has none.
Dims infer_sizes(const InferContext& c, std::optional<std::int64_t> dim, bool keepdim) {
  const Dims& sizes = c.meta(0).sizes;
  if (dim) check_dim(c, *dim, sizes.size());
  const Dims dims = dim && !sizes.empty() ? Dims{*dim} : reduced_dims(c.op(), {}, sizes.size());
  SINTER_CHECK_AS(IndexError, reduced_count(sizes, dims) > 0, "[", c.op(),
                  "] has no elements to choose from; got sizes ", IntArrayRef(sizes), " and dims ",
                  IntArrayRef(dims));
  return reduced_sizes(sizes, dims, keepdim);
}
void infer_arg(InferContext& c) {
  const auto& attrs = c.attrs<ArgAttrs>();
  c.set(0, infer_sizes(c, attrs.dim, attrs.keepdim), kInt64);
}
void infer_extreme_dim(InferContext& c) {
  const auto& attrs = c.attrs<ExtremeDimAttrs>();
  const Dims sizes = infer_sizes(c, attrs.dim, attrs.keepdim);
  c.set(0, sizes, c.meta(0).dtype);
  c.set(1, sizes, kInt64);
}

constexpr Saved save_indices(std::uint64_t) { return {0, 2}; }

// The gradient goes to the chosen elements.
void vjp_extreme_dim(const VjpContext& c) {
  const auto& attrs = c.attrs<ExtremeDimAttrs>();
  if (!c.grad(0).defined()) return;
  if (c.sizes(0).empty()) return c.set(0, c.grad());
  const Tensor grad = attrs.keepdim ? c.grad() : c.grad().unsqueeze(attrs.dim);
  const Tensor index = attrs.keepdim ? c.out(1) : c.out(1).unsqueeze(attrs.dim);
  c.set(0, grad.new_zeros(c.sizes(0)).scatter(attrs.dim, index, grad));
}

constexpr OpDef extreme_dim_def(const char* name, Kernel kernel, const char* no_onnx) {
  return {.name = name,
          .outputs = 2,
          .attrs = &attrs_type<ExtremeDimAttrs>,
          .infer = infer_extreme_dim,
          .kernel = {kernel},
          .saves = save_indices,
          .vjp = vjp_extreme_dim,
          .no_onnx = no_onnx};
}
constexpr OpDef arg_def(const char* name, Kernel kernel, const char* onnx) {
  return {.name = name,
          .attrs = &attrs_type<ArgAttrs>,
          .infer = infer_arg,
          .kernel = {kernel},
          .no_vjp = "its result is integral",
          .onnx = {onnx, 13}};
}

}  // namespace

constinit const OpDef kMaxDim =
    extreme_dim_def("max_dim", cpu::max_dim, "written as ReduceMax and ArgMax");
constinit const OpDef kMinDim =
    extreme_dim_def("min_dim", cpu::min_dim, "written as ReduceMin and ArgMin");
constinit const OpDef kArgmax = arg_def("argmax", cpu::argmax, "ArgMax");
constinit const OpDef kArgmin = arg_def("argmin", cpu::argmin, "ArgMin");

namespace {

std::tuple<Tensor, Tensor> extreme_dim(const OpDef& def, const Tensor& x, std::int64_t dim,
                                       bool keepdim) {
  auto [values, indices] =
      call_multi<2>(def, ExtremeDimAttrs{call_dim(def.name, x, dim), keepdim}, x);
  return {std::move(values), std::move(indices)};
}
Tensor arg_extreme(const OpDef& def, const Tensor& x, std::optional<std::int64_t> dim,
                   bool keepdim) {
  if (dim) dim = call_dim(def.name, x, *dim);
  return call(def, ArgAttrs{dim, keepdim}, x);
}

}  // namespace
}  // namespace ops

std::tuple<Tensor, Tensor> max(const Tensor& self, std::int64_t dim, bool keepdim) {
  return ops::extreme_dim(ops::kMaxDim, self, dim, keepdim);
}
std::tuple<Tensor, Tensor> min(const Tensor& self, std::int64_t dim, bool keepdim) {
  return ops::extreme_dim(ops::kMinDim, self, dim, keepdim);
}
Tensor argmax(const Tensor& self, std::optional<std::int64_t> dim, bool keepdim) {
  return ops::arg_extreme(ops::kArgmax, self, dim, keepdim);
}
Tensor argmin(const Tensor& self, std::optional<std::int64_t> dim, bool keepdim) {
  return ops::arg_extreme(ops::kArgmin, self, dim, keepdim);
}

}  // namespace sinter
