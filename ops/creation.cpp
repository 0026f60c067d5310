#include <sinter/ops/copy.h>
#include <sinter/ops/cpu/fill_kernels.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/creation_attrs.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/memory_format.h>
#include <sinter/ops/registry.h>
#include <sinter/ops/view.h>
#include <sinter/ops/view_internal.h>

#include <algorithm>
#include <cmath>

namespace sinter {
namespace ops {

std::int64_t arange_length(const ArangeAttrs& a);

namespace {

// Throws ValueError when an integer dtype cannot hold the value.
void check_value(const Scalar& value, DType dtype) {
  if (is_integral(dtype)) visit_dtype(dtype, [&]<class T>() { value.to<T>(); });
}

void infer_empty(InferContext& c) {
  const auto& a = c.attrs<EmptyAttrs>();
  if (!a.strides) return set_with_format(c, a.sizes, a.dtype, a.format);
  check_strided(c.op(), a.sizes, *a.strides);
  c.set(0, a.sizes, a.dtype);
  c.out[0]->set_strided(a.sizes, *a.strides, 0);
}

void infer_full(InferContext& c) {
  const auto& a = c.attrs<FullAttrs>();
  check_value(a.value, a.dtype);
  set_with_format(c, a.sizes, a.dtype, a.format);
}

void infer_full_like(InferContext& c) {
  const auto& a = c.attrs<FullLikeAttrs>();
  const DType dtype = a.dtype.value_or(c.meta(0).dtype);
  check_value(a.value, dtype);
  set_with_format(c, dtype, a.format);
}

void infer_fill(InferContext& c) {
  const TensorMeta& x = c.meta(0);
  check_value(c.attrs<FillAttrs>().value, x.dtype);
  c.set_like(0, x.sizes, x.dtype, x);
}

void infer_empty_like(InferContext& c) {
  const auto& a = c.attrs<EmptyLikeAttrs>();
  set_with_format(c, a.dtype.value_or(c.meta(0).dtype), a.format);
}

void vjp_zero(const VjpContext& c) {
  if (c.needs(0)) c.set(0, zeros_like(c.grad()));
}

void infer_arange(InferContext& c) {
  const auto& a = c.attrs<ArangeAttrs>();
  c.set(0, {arange_length(a)}, a.dtype);
}

void infer_linspace(InferContext& c) {
  const auto& a = c.attrs<LinspaceAttrs>();
  SINTER_CHECK_AS(ValueError, a.steps >= 0, "[linspace] steps must not be negative; got ", a.steps);
  c.set(0, {a.steps}, a.dtype);
}

void infer_eye(InferContext& c) {
  const auto& a = c.attrs<EyeAttrs>();
  c.set(0, {a.n, a.m}, a.dtype);
}

void infer_triangle(InferContext& c) {
  const TensorMeta& x = c.meta(0);
  SINTER_CHECK_AS(ValueError, x.dim() >= 2, "[", c.op(), "] takes at least 2 dimensions; got ",
                  IntArrayRef(x.sizes));
  c.set(0, x.sizes, x.dtype);
}

void vjp_tril(const VjpContext& c) {
  if (c.needs(0)) c.set(0, tril(c.grad(), c.attrs<TriangleAttrs>().diagonal));
}
void vjp_triu(const VjpContext& c) {
  if (c.needs(0)) c.set(0, triu(c.grad(), c.attrs<TriangleAttrs>().diagonal));
}

constexpr const char* kNoInputs = "it has no inputs";
constexpr const char* kLater = "CUDA kernels come later";

constexpr OpDef kEmpty{.name = "empty",
                       .arity = 0,
                       .attrs = &attrs_type<EmptyAttrs>,
                       .infer = infer_empty,
                       .kernel = {cpu::empty},
                       .place = device_of<EmptyAttrs>,
                       .no_vjp = kNoInputs,
                       .no_onnx = "ONNX has no uninitialised tensors"};
constexpr OpDef kFull{.name = "full",
                      .arity = 0,
                      .attrs = &attrs_type<FullAttrs>,
                      .infer = infer_full,
                      .kernel = {cpu::full},
                      .place = device_of<FullAttrs>,
                      .no_vjp = kNoInputs,
                      .onnx = {"ConstantOfShape", 9}};
constexpr OpDef kFullLike{.name = "full_like",
                          .attrs = &attrs_type<FullLikeAttrs>,
                          .infer = infer_full_like,
                          .kernel = {cpu::full_like},
                          .any_layout = true,
                          .no_vjp = "its result does not depend on elements",
                          .onnx = {"ConstantOfShape", 9}};
constexpr OpDef kFill{.name = "fill",
                      .attrs = &attrs_type<FillAttrs>,
                      .infer = infer_fill,
                      .kernel = {cpu::fill},
                      .in_place = true,
                      .any_layout = true,
                      .vjp = vjp_zero,
                      .onnx = {"ConstantOfShape", 9}};
constexpr OpDef kEmptyLike{.name = "empty_like",
                           .attrs = &attrs_type<EmptyLikeAttrs>,
                           .infer = infer_empty_like,
                           .kernel = {cpu::empty},
                           .any_layout = true,
                           .no_vjp = "its result is uninitialised",
                           .no_onnx = "ONNX has no uninitialised tensors"};
constexpr OpDef kArange{.name = "arange",
                        .arity = 0,
                        .attrs = &attrs_type<ArangeAttrs>,
                        .infer = infer_arange,
                        .kernel = {cpu::arange},
                        .place = device_of<ArangeAttrs>,
                        .no_vjp = kNoInputs,
                        .onnx = {"Range", 11}};
constexpr OpDef kLinspace{.name = "linspace",
                          .arity = 0,
                          .attrs = &attrs_type<LinspaceAttrs>,
                          .infer = infer_linspace,
                          .kernel = {cpu::linspace},
                          .place = device_of<LinspaceAttrs>,
                          .no_vjp = kNoInputs,
                          .no_onnx = "it is exported as a constant",
                          .no_cuda = kLater};
constexpr OpDef kEye{.name = "eye",
                     .arity = 0,
                     .attrs = &attrs_type<EyeAttrs>,
                     .infer = infer_eye,
                     .kernel = {cpu::eye},
                     .place = device_of<EyeAttrs>,
                     .no_vjp = kNoInputs,
                     .onnx = {"EyeLike", 9},
                     .no_cuda = kLater};
constexpr OpDef kTril{.name = "tril",
                      .attrs = &attrs_type<TriangleAttrs>,
                      .infer = infer_triangle,
                      .kernel = {cpu::tril},
                      .in_place = true,
                      .vjp = vjp_tril,
                      .onnx = {"Trilu", 14}};
constexpr OpDef kTriu{.name = "triu",
                      .attrs = &attrs_type<TriangleAttrs>,
                      .infer = infer_triangle,
                      .kernel = {cpu::triu},
                      .in_place = true,
                      .vjp = vjp_triu,
                      .onnx = {"Trilu", 14}};

std::int64_t integer_length(std::int64_t start, std::int64_t end, std::int64_t step) {
  const __int128 span = static_cast<__int128>(end) - start;
  const __int128 length = (span + step - (step > 0 ? 1 : -1)) / step;
  SINTER_CHECK_AS(ValueError, length <= std::numeric_limits<std::int64_t>::max(),
                  "[arange] too many elements; got ", start, " to ", end, " by ", step);
  return static_cast<std::int64_t>(length);
}

std::int64_t floating_length(double start, double end, double step) {
  const double length = std::ceil((end - start) / step);
  SINTER_CHECK_AS(ValueError, length < 0x1p63, "[arange] too many elements; got ", start, " to ",
                  end, " by ", step);
  return static_cast<std::int64_t>(length);
}

Tensor with_grad(Tensor x, const TensorOptions& options) {
  if (options.requires_grad()) x.set_requires_grad(true);
  return x;
}

MemoryFormat chosen_format(const char* op, const TensorOptions& options,
                           std::optional<MemoryFormat> format, MemoryFormat otherwise) {
  SINTER_CHECK_AS(ValueError, !format || !options.memory_format_opt(), "[", op,
                  "] takes one memory format; got one in the options and one beside them");
  return format ? *format : options.memory_format_opt().value_or(otherwise);
}

Tensor make_full(IntArrayRef sizes, const Scalar& value, const TensorOptions& options) {
  FullAttrs attrs{sizes, value, options.dtype(), options.device()};
  attrs.format = options.memory_format_opt().value_or(MemoryFormat::contiguous);
  return with_grad(call(kFull, attrs), options);
}

// Options with what they leave out taken from x.
TensorOptions options_like(const Tensor& x, const TensorOptions& options) {
  return options.dtype(options.dtype_opt().value_or(x.dtype()))
      .device(options.device_opt().value_or(x.device()));
}

}  // namespace

std::int64_t arange_length(const ArangeAttrs& a) {
  SINTER_CHECK_AS(NotImplementedError, a.dtype != kBool, "[arange] is not for bool; got bool");
  for (const Scalar& x : {a.start, a.end, a.step}) {
    SINTER_CHECK_AS(ValueError, std::isfinite(x.to_double()), "[arange] takes finite numbers; got ",
                    x);
  }
  const bool integers =
      a.start.dtype() != kFloat64 && a.end.dtype() != kFloat64 && a.step.dtype() != kFloat64;
  const bool exact = a.dtype == kInt64 || (integers && is_integral(a.dtype));
  const Scalar start = exact ? Scalar(a.start.to_int()) : a.start;
  const Scalar end = exact ? Scalar(a.end.to_int()) : a.end;
  const Scalar step = exact ? Scalar(a.step.to_int()) : a.step;
  SINTER_CHECK_AS(ValueError, step.to_double() != 0, "[arange] step must not be 0; got ", a.step);
  const bool forward = step.to_double() > 0;
  const bool reaches =
      exact
          ? (forward ? start.to_int() <= end.to_int() : start.to_int() >= end.to_int())
          : (forward ? start.to_double() <= end.to_double() : start.to_double() >= end.to_double());
  SINTER_CHECK_AS(ValueError, reaches, "[arange] step must lead from start to end; got ", a.start,
                  " to ", a.end, " by ", a.step);
  return exact ? integer_length(start.to_int(), end.to_int(), step.to_int())
               : floating_length(start.to_double(), end.to_double(), step.to_double());
}

OpTable creation_ops() {
  static constexpr const OpDef* kOps[] = {&kEmpty,  &kEmptyLike, &kFull, &kFullLike, &kFill,
                                          &kArange, &kLinspace,  &kEye,  &kTril,     &kTriu};
  return kOps;
}

}  // namespace ops

using namespace ops;

Tensor empty(IntArrayRef sizes, const TensorOptions& options, std::optional<MemoryFormat> format) {
  const MemoryFormat chosen = chosen_format("empty", options, format, MemoryFormat::contiguous);
  const EmptyAttrs attrs{sizes, options.dtype(), options.device(), chosen, std::nullopt};
  SINTER_CHECK_AS(ValueError, chosen != MemoryFormat::preserve,
                  "[empty] has no strides to keep; got the memory format preserve");
  return with_grad(call(kEmpty, attrs), options);
}

Tensor empty_strided(IntArrayRef sizes, IntArrayRef strides, const TensorOptions& options) {
  const EmptyAttrs attrs{sizes, options.dtype(), options.device(), MemoryFormat::contiguous,
                         Dims(strides)};
  return with_grad(call(kEmpty, attrs), options);
}

Tensor zeros(IntArrayRef sizes, const TensorOptions& options) {
  return make_full(sizes, 0, options);
}
Tensor ones(IntArrayRef sizes, const TensorOptions& options) {
  return make_full(sizes, 1, options);
}

Tensor full(IntArrayRef sizes, const Scalar& value, TensorOptions options) {
  if (!options.has_dtype() && !value.is_floating_point()) options = options.dtype(value.dtype());
  return make_full(sizes, value, options);
}

Tensor scalar_tensor(const Scalar& value, const TensorOptions& options) {
  return make_full({}, value, options);
}

Tensor eye(std::int64_t n, const TensorOptions& options) { return eye(n, n, options); }
Tensor eye(std::int64_t n, std::int64_t m, const TensorOptions& options) {
  return with_grad(call(kEye, EyeAttrs{n, m, options.dtype(), options.device()}), options);
}

Tensor empty_like(const Tensor& x, const TensorOptions& options,
                  std::optional<MemoryFormat> format) {
  const MemoryFormat chosen = chosen_format("empty_like", options, format, MemoryFormat::preserve);
  const TensorOptions like = options_like(x, options);
  if (!(like.device() == x.device())) {
    return empty(x.sizes(), like.memory_format(chosen == MemoryFormat::channels_last
                                                   ? chosen
                                                   : MemoryFormat::contiguous));
  }
  return with_grad(call(kEmptyLike, EmptyLikeAttrs{options.dtype_opt(), chosen}, x), options);
}

Tensor full_like(const Tensor& x, const Scalar& value, const TensorOptions& options,
                 std::optional<MemoryFormat> format) {
  const MemoryFormat chosen = chosen_format("full_like", options, format, MemoryFormat::preserve);
  const TensorOptions like = options_like(x, options);
  if (!(like.device() == x.device())) {
    return make_full(x.sizes(), value, like.memory_format(chosen));
  }
  return with_grad(call(kFullLike, FullLikeAttrs{value, options.dtype_opt(), chosen}, x), options);
}

Tensor zeros_like(const Tensor& x, const TensorOptions& options,
                  std::optional<MemoryFormat> format) {
  return full_like(x, 0, options, format);
}
Tensor ones_like(const Tensor& x, const TensorOptions& options,
                 std::optional<MemoryFormat> format) {
  return full_like(x, 1, options, format);
}

Tensor arange(const Scalar& end, const TensorOptions& options) {
  return arange(0, end, 1, options);
}
Tensor arange(const Scalar& start, const Scalar& end, const TensorOptions& options) {
  return arange(start, end, 1, options);
}
Tensor arange(const Scalar& start, const Scalar& end, const Scalar& step, TensorOptions options) {
  const bool floating =
      start.is_floating_point() || end.is_floating_point() || step.is_floating_point();
  if (!options.has_dtype() && !floating) options = options.dtype(kInt64);
  return with_grad(call(kArange, ArangeAttrs{start, end, step, options.dtype(), options.device()}),
                   options);
}

Tensor linspace(const Scalar& start, const Scalar& end, std::int64_t steps,
                const TensorOptions& options) {
  LinspaceAttrs attrs{start, end, steps, std::nullopt, options.dtype(), options.device()};
  return with_grad(call(kLinspace, attrs), options);
}
Tensor logspace(const Scalar& start, const Scalar& end, std::int64_t steps, double base,
                const TensorOptions& options) {
  LinspaceAttrs attrs{start, end, steps, base, options.dtype(), options.device()};
  return with_grad(call(kLinspace, attrs), options);
}

Tensor tril(const Tensor& x, std::int64_t diagonal) {
  return call(kTril, TriangleAttrs{diagonal}, x);
}
Tensor triu(const Tensor& x, std::int64_t diagonal) {
  return call(kTriu, TriangleAttrs{diagonal}, x);
}

Tensor Tensor::tril(std::int64_t diagonal) const { return sinter::tril(*this, diagonal); }
Tensor Tensor::triu(std::int64_t diagonal) const { return sinter::triu(*this, diagonal); }

Tensor& Tensor::fill_(const Scalar& value) { return call_in_place(kFill, FillAttrs{value}, *this); }
Tensor& Tensor::fill_(const Tensor& value) {
  SINTER_CHECK_AS(ValueError, value.dim() == 0, "[fill_] the value must be 0-d; got sizes ",
                  value.sizes());
  return copy_(value);
}
Tensor& Tensor::zero_() { return fill_(0); }

Tensor Tensor::new_empty(IntArrayRef sizes, const TensorOptions& options) const {
  return empty(sizes, options_like(*this, options));
}
Tensor Tensor::new_full(IntArrayRef sizes, const Scalar& value,
                        const TensorOptions& options) const {
  return full(sizes, value, options_like(*this, options));
}
Tensor Tensor::new_zeros(IntArrayRef sizes, const TensorOptions& options) const {
  return new_full(sizes, 0, options);
}
Tensor Tensor::new_ones(IntArrayRef sizes, const TensorOptions& options) const {
  return new_full(sizes, 1, options);
}

}  // namespace sinter
