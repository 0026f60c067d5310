#include <sinter/ops/cpu/reduce_kernels.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/reduce.h>
#include <sinter/ops/reduce_internal.h>
#include <sinter/ops/registry.h>

namespace sinter {
namespace ops {

Dims reduced_dims(const char* op, IntArrayRef dims, std::size_t rank) {
  Dims out;
  if (dims.empty()) {
    for (std::size_t d = 0; d < rank; ++d) out.push_back(static_cast<std::int64_t>(d));
    return out;
  }
  bool reduced[kMaxDims] = {};
  for (const std::int64_t dim : dims) {
    bool& flag = reduced[wrap_dim(op, dim, rank)];
    SINTER_CHECK_AS(ValueError, !flag, "[", op, "] a dimension is listed twice; got dims ", dims,
                    " for a tensor of ", rank, " dimensions");
    flag = true;
  }
  for (std::size_t d = 0; d < rank; ++d) {
    if (reduced[d]) out.push_back(static_cast<std::int64_t>(d));
  }
  return out;
}

Dims reduced_sizes(IntArrayRef sizes, IntArrayRef dims, bool keepdim) {
  Dims out;
  for (std::size_t d = 0, r = 0; d < sizes.size(); ++d) {
    if (r < dims.size() && static_cast<std::size_t>(dims[r]) == d) {
      ++r;
      if (keepdim) out.push_back(1);
    } else {
      out.push_back(sizes[d]);
    }
  }
  return out;
}

std::int64_t reduced_count(IntArrayRef sizes, IntArrayRef dims) {
  std::int64_t count = 1;
  for (const std::int64_t d : dims) count *= sizes[static_cast<std::size_t>(d)];
  return count;
}

Tensor with_dims(const Tensor& result, IntArrayRef sizes, IntArrayRef dims, bool keepdim) {
  if (keepdim || result.dim() == 0) return result;
  return result.reshape(reduced_sizes(sizes, dims, true));
}

void check_dims(const InferContext& c, IntArrayRef dims, std::size_t i) {
  std::int64_t last = -1;
  for (const std::int64_t d : dims) {
    SINTER_CHECK_AS(ValueError, d > last && d < static_cast<std::int64_t>(c.meta(i).dim()), "[",
                    c.op(), "] dims must ascend below the number of dimensions; got ", dims,
                    " for ", IntArrayRef(c.meta(0).sizes));
    last = d;
  }
}

void check_defined(const char* op, const Tensor& x) {
  SINTER_CHECK(x.defined(), "[", op, "] is called with an undefined tensor");
}

namespace {

constexpr Saved save_input_and_output(std::uint64_t) { return {1, 1}; }

template <class A>
void set_reduced(InferContext& c, DType dtype) {
  const A& attrs = c.attrs<A>();
  check_dims(c, attrs.dims);
  c.set(0, reduced_sizes(c.meta(0).sizes, attrs.dims, attrs.keepdim), dtype);
}

void infer_sum(InferContext& c) {
  const DType in = c.meta(0).dtype;
  const DType fallback = is_floating_point(in) ? in : kInt64;
  const DType out = c.attrs<SumAttrs>().dtype.value_or(fallback);
  SINTER_CHECK_AS(TypeError, is_floating_point(out) || !is_floating_point(in), "[", c.op(),
                  "] cannot compute a floating point input in ", out, "; got ", in);
  set_reduced<SumAttrs>(c, out);
}
void infer_mean(InferContext& c) {
  const DType out = c.attrs<SumAttrs>().dtype.value_or(c.meta(0).dtype);
  SINTER_CHECK_AS(TypeError, is_floating_point(out),
                  "[mean] needs a floating point input or dtype; got ", out);
  set_reduced<SumAttrs>(c, out);
}
void infer_extreme(InferContext& c) {
  const auto& attrs = c.attrs<ReduceAttrs>();
  const Dims& sizes = c.meta(0).sizes;
  check_dims(c, attrs.dims);
  SINTER_CHECK_AS(ValueError, reduced_count(sizes, attrs.dims) > 0, "[", c.op(),
                  "] needs at least one element to reduce; got sizes ", IntArrayRef(sizes),
                  " and dims ", IntArrayRef(attrs.dims));
  set_reduced<ReduceAttrs>(c, c.meta(0).dtype);
}
void infer_bool(InferContext& c) { set_reduced<ReduceAttrs>(c, kBool); }
void infer_count(InferContext& c) { set_reduced<ReduceAttrs>(c, kInt64); }

// The gradient of a reduction's output, spread over the input.
Tensor spread(const VjpContext& c, const Tensor& grad, IntArrayRef dims, bool keepdim) {
  const Tensor wide = with_dims(grad, c.sizes(0), dims, keepdim).expand(c.sizes(0));
  return wide.dtype() == c.shapes[0].dtype ? wide : wide.to(c.shapes[0].dtype);
}

void vjp_sum(const VjpContext& c) {
  const auto& attrs = c.attrs<SumAttrs>();
  c.set(0, spread(c, c.grad(), attrs.dims, attrs.keepdim));
}
void vjp_mean(const VjpContext& c) {
  const auto& attrs = c.attrs<SumAttrs>();
  const auto count = static_cast<double>(reduced_count(c.sizes(0), attrs.dims));
  c.set(0, spread(c, c.grad().div(Scalar(count)), attrs.dims, attrs.keepdim));
}

// Equal extremes share the gradient.
void vjp_extreme(const VjpContext& c) {
  const auto& attrs = c.attrs<ReduceAttrs>();
  const IntArrayRef sizes = c.sizes(0);
  const Tensor out = with_dims(c.out(), sizes, attrs.dims, attrs.keepdim);
  const Tensor grad = with_dims(c.grad(), sizes, attrs.dims, attrs.keepdim);
  const Tensor mask = c.in(0).eq(out).to(grad.dtype());
  c.set(0, mask.mul(grad.div(mask.sum(attrs.dims, true))));
}

void infer_prod_backward(InferContext& c) {
  const Dims& dims = c.attrs<ReduceAttrs>().dims;
  const TensorMeta& x = c.meta(1);
  check_dims(c, dims, 1);
  SINTER_CHECK_AS(ValueError, dims.size() == 1 || dims.size() == x.dim(),
                  "[prod_backward] takes one dimension or all; got ", IntArrayRef(dims));
  SINTER_CHECK_AS(
      ValueError,
      c.meta(0).numel == checked_numel("prod_backward", reduced_sizes(x.sizes, dims, false)),
      "[prod_backward] the gradient does not fit the input; got ", IntArrayRef(c.meta(0).sizes),
      " for ", IntArrayRef(x.sizes));
  SINTER_CHECK_AS(TypeError, c.meta(0).dtype == x.dtype,
                  "[prod_backward] the gradient must have the input's dtype ", x.dtype, "; got ",
                  c.meta(0).dtype);
  c.set(0, x.sizes, x.dtype);
}
void vjp_prod_backward(const VjpContext& c);
constexpr OpDef kProdBackward{.name = "prod_backward",
                              .arity = 2,
                              .attrs = &attrs_type<ReduceAttrs>,
                              .infer = infer_prod_backward,
                              .kernel = {cpu::prod_backward},
                              .saves = save_inputs<0, 1>,
                              .vjp = vjp_prod_backward,
                              .no_onnx = "ONNX models are exported without backward ops",
                              .no_cuda = "CUDA kernels come later"};

Tensor prod_backward(const Tensor& grad, const Tensor& x, const Dims& dims) {
  return call(kProdBackward, ReduceAttrs{dims}, grad, x);
}

void vjp_prod(const VjpContext& c) {
  const auto& attrs = c.attrs<SumAttrs>();
  const Tensor& x = c.in(0);
  const Tensor grad = prod_backward(c.grad(), x.to(c.grad().dtype()), attrs.dims);
  c.set(0, grad.to(x.dtype()));
}

// prod_backward(grad, x)[j] is grad times the product of all x but x[j]. Its derivative for x,
// along u, is grad * sum_i u[i] * (product of all but x[i] and x[j]), i != j: row i of a matrix
// that holds x, with u[i] in place of x[i], has that product as its own gradient.
void vjp_prod_backward(const VjpContext& c) {
  const auto& attrs = c.attrs<ReduceAttrs>();
  const Tensor& x = c.in(1);
  const bool whole = static_cast<std::int64_t>(attrs.dims.size()) == x.dim();
  const auto as_lines = [&](const Tensor& t) {
    return whole ? t.reshape({-1}) : t.movedim(attrs.dims[0], -1);
  };
  const Tensor u = as_lines(c.grad());
  const Tensor lines = as_lines(x);
  const std::int64_t n = lines.size(-1);
  const Tensor grad = c.in(0).reshape(lines.sizes().slice(0, lines.sizes().size() - 1));
  const Dims last{lines.dim() - 1};
  if (c.needs(0)) {
    const Tensor others = prod_backward(grad.new_ones(grad.sizes()), lines, last);
    c.set(0, u.mul(others).sum(-1).reshape(c.sizes(0)));
  }
  if (c.needs(1)) {
    const Tensor diagonal = x.new_ones({n, n}, kBool).tril().triu();
    const Tensor rows = u.unsqueeze(-1).where(diagonal, lines.unsqueeze(-2));
    const Tensor each =
        prod_backward(grad.unsqueeze(-1).expand(lines.sizes()), rows, {lines.dim()});
    const Tensor total = each.masked_fill(diagonal, 0).sum(-2);
    c.set(1, whole ? total.reshape(c.sizes(1)) : total.movedim(-1, attrs.dims[0]));
  }
}

constexpr OpDef kSum{.name = "sum",
                     .attrs = &attrs_type<SumAttrs>,
                     .infer = infer_sum,
                     .kernel = {cpu::sum},
                     .vjp = vjp_sum,
                     .onnx = {"ReduceSum", 13}};
constexpr OpDef kMean{.name = "mean",
                      .attrs = &attrs_type<SumAttrs>,
                      .infer = infer_mean,
                      .kernel = {cpu::mean},
                      .vjp = vjp_mean,
                      .onnx = {"ReduceMean", 18}};
constexpr OpDef kProd{.name = "prod",
                      .attrs = &attrs_type<SumAttrs>,
                      .infer = infer_sum,
                      .kernel = {cpu::prod},
                      .saves = save_inputs<0>,
                      .vjp = vjp_prod,
                      .onnx = {"ReduceProd", 18}};
constexpr OpDef kAmax{.name = "amax",
                      .attrs = &attrs_type<ReduceAttrs>,
                      .infer = infer_extreme,
                      .kernel = {cpu::amax},
                      .saves = save_input_and_output,
                      .vjp = vjp_extreme,
                      .onnx = {"ReduceMax", 18}};
constexpr OpDef kAmin{.name = "amin",
                      .attrs = &attrs_type<ReduceAttrs>,
                      .infer = infer_extreme,
                      .kernel = {cpu::amin},
                      .saves = save_input_and_output,
                      .vjp = vjp_extreme,
                      .onnx = {"ReduceMin", 18}};
constexpr OpDef kAny{.name = "any",
                     .attrs = &attrs_type<ReduceAttrs>,
                     .infer = infer_bool,
                     .kernel = {cpu::any},
                     .no_vjp = "its result is boolean",
                     .no_onnx = "written as Cast and ReduceMax"};
constexpr OpDef kAll{.name = "all",
                     .attrs = &attrs_type<ReduceAttrs>,
                     .infer = infer_bool,
                     .kernel = {cpu::all},
                     .no_vjp = "its result is boolean",
                     .no_onnx = "written as Cast and ReduceMin"};
constexpr OpDef kCountNonzero{.name = "count_nonzero",
                              .attrs = &attrs_type<ReduceAttrs>,
                              .infer = infer_count,
                              .kernel = {cpu::count_nonzero},
                              .no_vjp = "its result is integral",
                              .no_onnx = "written as Cast and ReduceSum"};

// Runs one of the ops above over checked dims.
Tensor reduce(const OpDef& def, const Tensor& x, IntArrayRef dims, bool keepdim) {
  check_defined(def.name, x);
  const auto rank = static_cast<std::size_t>(x.dim());
  return call(def, ReduceAttrs{reduced_dims(def.name, dims, rank), keepdim}, x);
}
// A floating input summed in an integer type is truncated first, as PyTorch does.
Tensor reduce(const OpDef& def, const Tensor& x, const SumAttrs& attrs) {
  check_defined(def.name, x);
  SumAttrs checked = attrs;
  checked.dims = reduced_dims(def.name, attrs.dims, static_cast<std::size_t>(x.dim()));
  if (attrs.dtype && !is_floating_point(*attrs.dtype) && x.is_floating_point()) {
    return call(def, checked, x.to(*attrs.dtype));
  }
  return call(def, checked, x);
}

}  // namespace

OpTable reduce_ops() {
  static constexpr const OpDef* table[] = {
      &kSum,    &kMean, &kProd,         &kProdBackward, &kAmax,      &kAmin,
      &kAny,    &kAll,  &kCountNonzero, &kMaxDim,       &kMinDim,    &kArgmax,
      &kArgmin, &kVar,  &kStd,          &kNorm,         &kLogsumexp, &kCumsum};
  return table;
}

}  // namespace ops

using ops::SumAttrs;

Tensor sum(const Tensor& self, std::optional<DType> dtype) {
  return ops::reduce(ops::kSum, self, SumAttrs{{}, false, dtype});
}
Tensor sum(const Tensor& self, IntArrayRef dims, bool keepdim, std::optional<DType> dtype) {
  return ops::reduce(ops::kSum, self, SumAttrs{dims, keepdim, dtype});
}
Tensor mean(const Tensor& self, std::optional<DType> dtype) {
  return ops::reduce(ops::kMean, self, SumAttrs{{}, false, dtype});
}
Tensor mean(const Tensor& self, IntArrayRef dims, bool keepdim, std::optional<DType> dtype) {
  return ops::reduce(ops::kMean, self, SumAttrs{dims, keepdim, dtype});
}
Tensor prod(const Tensor& self, std::optional<DType> dtype) {
  return ops::reduce(ops::kProd, self, SumAttrs{{}, false, dtype});
}
Tensor prod(const Tensor& self, std::int64_t dim, bool keepdim, std::optional<DType> dtype) {
  return ops::reduce(ops::kProd, self, SumAttrs{{dim}, keepdim, dtype});
}

Tensor sum_to_size(const Tensor& grad, IntArrayRef sizes) {
  ops::check_defined("sum_to_size", grad);
  const IntArrayRef from = grad.sizes();
  if (from == sizes) return grad;
  const bool fits = sizes.size() <= from.size();
  const std::size_t lead = fits ? from.size() - sizes.size() : 0;
  Dims dims;
  for (std::size_t d = 0; fits && d < from.size(); ++d) {
    const bool same = d >= lead && sizes[d - lead] == from[d];
    if (!same && (d < lead || sizes[d - lead] == 1)) {
      dims.push_back(static_cast<std::int64_t>(d));
    } else if (!same) {
      fail<ValueError>("[sum_to_size] sizes must broadcast to those of the tensor; got ", sizes,
                       " for ", from);
    }
  }
  SINTER_CHECK_AS(ValueError, fits,
                  "[sum_to_size] sizes must broadcast to those of the tensor; got ", sizes, " for ",
                  from);
  const Tensor total = sum(grad, dims, true);
  return lead == 0 ? total : total.reshape(sizes);
}

Tensor amax(const Tensor& self, IntArrayRef dims, bool keepdim) {
  return ops::reduce(ops::kAmax, self, dims, keepdim);
}
Tensor amin(const Tensor& self, IntArrayRef dims, bool keepdim) {
  return ops::reduce(ops::kAmin, self, dims, keepdim);
}
Tensor max(const Tensor& self) { return amax(self); }
Tensor min(const Tensor& self) { return amin(self); }
Tensor max(const Tensor& self, const Tensor& other) { return self.maximum(other); }
Tensor min(const Tensor& self, const Tensor& other) { return self.minimum(other); }

Tensor any(const Tensor& self) { return ops::reduce(ops::kAny, self, {}, false); }
Tensor any(const Tensor& self, std::int64_t dim, bool keepdim) {
  return ops::reduce(ops::kAny, self, dim, keepdim);
}
Tensor any(const Tensor& self, IntArrayRef dims, bool keepdim) {
  return ops::reduce(ops::kAny, self, dims, keepdim);
}
Tensor all(const Tensor& self) { return ops::reduce(ops::kAll, self, {}, false); }
Tensor all(const Tensor& self, std::int64_t dim, bool keepdim) {
  return ops::reduce(ops::kAll, self, dim, keepdim);
}
Tensor all(const Tensor& self, IntArrayRef dims, bool keepdim) {
  return ops::reduce(ops::kAll, self, dims, keepdim);
}
Tensor count_nonzero(const Tensor& self, IntArrayRef dims) {
  return ops::reduce(ops::kCountNonzero, self, dims, false);
}

bool equal(const Tensor& self, const Tensor& other) {
  ops::check_defined("equal", self);
  ops::check_defined("equal", other);
  if (!(self.sizes() == other.sizes())) return false;
  return self.eq(other).all().item<bool>();
}

Tensor isclose(const Tensor& self, const Tensor& other, double rtol, double atol, bool equal_nan) {
  ops::check_defined("isclose", self);
  ops::check_defined("isclose", other);
  SINTER_CHECK_AS(TypeError, self.dtype() == other.dtype(),
                  "[isclose] the tensors must have one dtype; got ", self.dtype(), " and ",
                  other.dtype());
  SINTER_CHECK_AS(ValueError, rtol >= 0 && atol >= 0,
                  "[isclose] tolerances must not be negative; got rtol ", rtol, " and atol ", atol);
  Tensor close = self.eq(other);
  if (equal_nan && self.is_floating_point()) {
    close = close.logical_or(self.isnan().logical_and(other.isnan()));
  }
  if (rtol == 0 && atol == 0) return close;
  const bool integral = !self.is_floating_point();
  const Tensor a = integral ? self.to(kFloat64) : self;
  const Tensor b = integral ? other.to(kFloat64) : other;
  const Tensor distance = a.sub(b).abs();
  const Tensor allowed = b.abs().mul(Scalar(rtol)).add(Scalar(atol));
  return close.logical_or(distance.le(allowed).logical_and(distance.isfinite()));
}
bool allclose(const Tensor& self, const Tensor& other, double rtol, double atol, bool equal_nan) {
  return isclose(self, other, rtol, atol, equal_nan).all().item<bool>();
}

}  // namespace sinter
