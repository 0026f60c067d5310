#include <sinter/ops/checks_internal.h>
#include <sinter/ops/cpu/quantize_kernels.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/quantize.h>
#include <sinter/ops/quantize_attrs.h>
#include <sinter/ops/reduce.h>
#include <sinter/ops/registry.h>
#include <sinter/ops/view.h>

#include <limits>

namespace sinter {
namespace ops {
namespace {

constexpr const char* kNoCuda = "CUDA kernels come later";

// Inputs (x, scale, zero point).
void check_affine(const InferContext& c, const std::optional<std::int64_t>& axis) {
  const TensorMeta &x = c.meta(0), &scale = c.meta(1);
  SINTER_CHECK_AS(TypeError, is_floating_point(scale.dtype), "[", c.op(),
                  "] scale must be floating point; got ", scale.dtype);
  if (axis) {
    SINTER_CHECK_AS(IndexError, x.dim() > 0, "[", c.op(), "] axis needs a dimension; got a 0-d ",
                    "tensor");
    check_dim(c, *axis, x.dim());
    const std::int64_t size = x.sizes[static_cast<std::size_t>(*axis)];
    SINTER_CHECK_AS(ValueError, scale.sizes == Dims{size}, "[", c.op(),
                    "] scale must have one element for each of the ", size,
                    " slices along the axis; got sizes ", IntArrayRef(scale.sizes));
  } else {
    SINTER_CHECK_AS(ValueError, scale.numel == 1, "[", c.op(),
                    "] scale must have one element; got sizes ", IntArrayRef(scale.sizes));
  }
  if (!c.in.defined(2)) return;
  SINTER_CHECK_AS(TypeError, c.meta(2).dtype == kInt32, "[", c.op(),
                  "] zero_point must be i32; got ", c.meta(2).dtype);
  SINTER_CHECK_AS(ValueError, c.meta(2).sizes == scale.sizes, "[", c.op(),
                  "] zero_point must have the sizes of scale ", IntArrayRef(scale.sizes), "; got ",
                  IntArrayRef(c.meta(2).sizes));
}

template <class A>
void check_range(const InferContext& c, const A& a) {
  constexpr std::int64_t kLeast = std::numeric_limits<std::int32_t>::min();
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  SINTER_CHECK_AS(ValueError,
                  a.quant_min <= a.quant_max && a.quant_min >= kLeast && a.quant_max <= kMost, "[",
                  c.op(), "] quant_min must not be above quant_max, both in the range of i32; got ",
                  a.quant_min, " and ", a.quant_max);
}

void check_fake(const InferContext& c) {
  const auto& a = c.attrs<FakeQuantizeAttrs>();
  check_floating(c);
  check_affine(c, a.axis);
  check_range(c, a);
}

void infer_fake_quantize(InferContext& c) {
  check_fake(c);
  c.set_like(0, c.meta(0).sizes, c.meta(0).dtype, c.meta(0));
}
void infer_mask(InferContext& c) {
  check_fake(c);
  c.set_like(0, c.meta(0).sizes, kBool, c.meta(0));
}

void infer_quantize(InferContext& c) {
  const auto& a = c.attrs<QuantizeAttrs>();
  check_floating(c);
  check_affine(c, a.axis);
  SINTER_CHECK_AS(TypeError, a.dtype == kUInt8 || a.dtype == kInt8,
                  "[quantize] dtype must be u8 or i8; got ", a.dtype);
  c.set_like(0, c.meta(0).sizes, a.dtype, c.meta(0));
}

void infer_dequantize(InferContext& c) {
  const DType dtype = c.meta(0).dtype;
  SINTER_CHECK_AS(TypeError, dtype == kUInt8 || dtype == kInt8 || dtype == kInt32,
                  "[dequantize] works on u8, i8 and i32; got ", dtype);
  check_affine(c, c.attrs<DequantizeAttrs>().axis);
  c.set_like(0, c.meta(0).sizes, c.meta(1).dtype, c.meta(0));
}

void infer_choose(InferContext& c) {
  const auto& a = c.attrs<ChooseQParamsAttrs>();
  check_range(c, a);
  SINTER_CHECK_AS(ValueError, a.quant_max > 0 && a.quant_min < a.quant_max,
                  "[choose_qparams] quant_max must be positive and above quant_min; got ",
                  a.quant_max, " and ", a.quant_min);
  const TensorMeta &low = c.meta(0), &high = c.meta(1);
  check_floating(c);
  SINTER_CHECK_AS(TypeError, low.dtype == high.dtype,
                  "[choose_qparams] both ends must have the same dtype; got ", low.dtype, " and ",
                  high.dtype);
  SINTER_CHECK_AS(ValueError, low.sizes == high.sizes,
                  "[choose_qparams] both ends must have the same sizes; got ",
                  IntArrayRef(low.sizes), " and ", IntArrayRef(high.sizes));
  c.set(0, low.sizes, kFloat32);
  c.set(1, low.sizes, kInt32);
}

Tensor inside(const VjpContext& c);

// Broadcast along all dimensions but the axis.
Tensor along_axis(const Tensor& scale, std::size_t rank, const std::optional<std::int64_t>& axis) {
  if (!axis) return reshape(scale, {});
  Dims sizes(rank, 1);
  sizes[static_cast<std::size_t>(*axis)] = scale.numel();
  return reshape(scale, sizes);
}

void vjp_fake_quantize(const VjpContext& c) {
  const auto& a = c.attrs<FakeQuantizeAttrs>();
  const Tensor mask = inside(c);
  if (c.needs(0)) c.set(0, mul(c.grad(), mask));
  if (!c.needs(1)) return;
  // Inside y = round(x / s) s, outside y = (end - zero point) s.
  const Tensor scale = along_axis(c.in(1), c.sizes(0).size(), a.axis);
  const Tensor slope = div(sub(c.out(), mul(c.in(0), mask)), scale);
  const Tensor sum = sum_to_size(mul(c.grad(), slope), scale.sizes());
  c.set(1, reshape(sum.to(c.in(1).dtype()), c.sizes(1)));
}

constexpr Saved save_for_fake(std::uint64_t needed) {
  return {0b111, (needed & 2U) != 0 ? std::uint64_t{1} : 0};
}

constexpr OpDef kFakeQuantize{.name = "fake_quantize",
                              .arity = 3,
                              .attrs = &attrs_type<FakeQuantizeAttrs>,
                              .infer = infer_fake_quantize,
                              .kernel = {cpu::fake_quantize},
                              .any_layout = true,
                              .saves = save_for_fake,
                              .vjp = vjp_fake_quantize,
                              .no_onnx = "written as QuantizeLinear and DequantizeLinear",
                              .no_cuda = kNoCuda};
constexpr OpDef kFakeQuantizeMask{.name = "fake_quantize_mask",
                                  .arity = 3,
                                  .attrs = &attrs_type<FakeQuantizeAttrs>,
                                  .infer = infer_mask,
                                  .kernel = {cpu::fake_quantize_mask},
                                  .any_layout = true,
                                  .no_vjp = "its result is boolean",
                                  .no_onnx = "gradients are not exported",
                                  .no_cuda = kNoCuda};
constexpr OpDef kQuantize{.name = "quantize",
                          .arity = 3,
                          .optional_inputs = 4,
                          .attrs = &attrs_type<QuantizeAttrs>,
                          .infer = infer_quantize,
                          .kernel = {cpu::quantize},
                          .any_layout = true,
                          .no_vjp = "its result is integral",
                          .onnx = {"QuantizeLinear", 13},
                          .no_cuda = kNoCuda};
constexpr OpDef kDequantize{.name = "dequantize",
                            .arity = 3,
                            .optional_inputs = 4,
                            .attrs = &attrs_type<DequantizeAttrs>,
                            .infer = infer_dequantize,
                            .kernel = {cpu::dequantize},
                            .any_layout = true,
                            .no_vjp = "its input is integral",
                            .onnx = {"DequantizeLinear", 13},
                            .no_cuda = kNoCuda};
constexpr OpDef kChooseQParams{.name = "choose_qparams",
                               .arity = 2,
                               .outputs = 2,
                               .attrs = &attrs_type<ChooseQParamsAttrs>,
                               .infer = infer_choose,
                               .kernel = {cpu::choose_qparams},
                               .no_vjp = "scales follow ranges without gradients",
                               .no_onnx = "exported models have their scales",
                               .no_cuda = kNoCuda};

Tensor inside(const VjpContext& c) {
  return call(kFakeQuantizeMask, c.attrs<FakeQuantizeAttrs>(), c.in(0), c.in(1), c.in(2));
}

std::optional<std::int64_t> wrapped_axis(const char* op, const Tensor& x,
                                         const std::optional<std::int64_t>& axis) {
  if (!axis) return axis;
  return call_dim(op, x, *axis);
}

}  // namespace

OpTable quantize_ops() {
  static constexpr const OpDef* ops[] = {&kFakeQuantize, &kFakeQuantizeMask, &kQuantize,
                                         &kDequantize, &kChooseQParams};
  return ops;
}

}  // namespace ops

Tensor fake_quantize_per_tensor_affine(const Tensor& self, const Tensor& scale,
                                       const Tensor& zero_point, std::int64_t quant_min,
                                       std::int64_t quant_max) {
  return ops::call(ops::kFakeQuantize, ops::FakeQuantizeAttrs{quant_min, quant_max, {}}, self,
                   scale, zero_point);
}
Tensor fake_quantize_per_tensor_affine(const Tensor& self, double scale, std::int64_t zero_point,
                                       std::int64_t quant_min, std::int64_t quant_max) {
  return fake_quantize_per_tensor_affine(self, full({}, scale, kFloat32),
                                         full({}, zero_point, kInt32), quant_min, quant_max);
}
Tensor fake_quantize_per_channel_affine(const Tensor& self, const Tensor& scale,
                                        const Tensor& zero_point, std::int64_t axis,
                                        std::int64_t quant_min, std::int64_t quant_max) {
  const auto dim = ops::wrapped_axis("fake_quantize", self, axis);
  return ops::call(ops::kFakeQuantize, ops::FakeQuantizeAttrs{quant_min, quant_max, dim}, self,
                   scale, zero_point);
}

Tensor quantize(const Tensor& x, const Tensor& scale, const Tensor& zero_point, DType dtype,
                std::optional<std::int64_t> axis) {
  const ops::QuantizeAttrs attrs{dtype, ops::wrapped_axis("quantize", x, axis)};
  return ops::call(ops::kQuantize, attrs, x, scale, zero_point);
}
Tensor dequantize(const Tensor& q, const Tensor& scale, const Tensor& zero_point,
                  std::optional<std::int64_t> axis) {
  const ops::DequantizeAttrs attrs{ops::wrapped_axis("dequantize", q, axis)};
  return ops::call(ops::kDequantize, attrs, q, scale, zero_point);
}

std::pair<Tensor, Tensor> choose_qparams(const Tensor& low, const Tensor& high,
                                         const QuantRange& range) {
  const ops::ChooseQParamsAttrs attrs{range.quant_min, range.quant_max, range.symmetric};
  auto [scale, zero_point] = ops::call_multi<2>(ops::kChooseQParams, attrs, low, high);
  return {std::move(scale), std::move(zero_point)};
}

}  // namespace sinter
