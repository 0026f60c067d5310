#include <sinter/ops/copy.h>
#include <sinter/ops/copy_op.h>
#include <sinter/ops/cpu/copy_kernels.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/memory_format.h>
#include <sinter/ops/registry.h>

namespace sinter {

Tensor sum_to_size(const Tensor& grad, IntArrayRef sizes);

namespace ops {
namespace {

struct CloneAttrs {
  MemoryFormat format = MemoryFormat::preserve;
  static constexpr auto fields = std::tuple{Field{"memory_format", &CloneAttrs::format}};
};
struct CastAttrs {
  DType dtype = kFloat32;
  static constexpr auto fields = std::tuple{Field{"dtype", &CastAttrs::dtype, "to"}};
};
struct DeviceAttrs {
  Device device;
  static constexpr auto fields = std::tuple{Field{"device", &DeviceAttrs::device}};
};

void infer_clone(InferContext& c) {
  const TensorMeta& x = c.meta(0);
  set_with_format(c, x.dtype, c.attrs<CloneAttrs>().format);
}

void vjp_clone(const VjpContext& c) {
  if (c.needs(0)) c.set(0, c.grad());
}

void infer_copy(InferContext& c) {
  const TensorMeta& self = c.meta(0);
  const TensorMeta& source = c.meta(1);
  bool broadcasts = source.dim() <= self.dim();
  for (std::size_t i = 1; broadcasts && i <= source.dim(); ++i) {
    const std::int64_t size = source.sizes[source.dim() - i];
    broadcasts = size == 1 || size == self.sizes[self.dim() - i];
  }
  SINTER_CHECK_AS(ValueError, broadcasts, "[copy] the source must broadcast to self; got ",
                  IntArrayRef(source.sizes), " for ", IntArrayRef(self.sizes));
  c.set_like(0, self.sizes, self.dtype, self);
}

void vjp_copy(const VjpContext& c) {
  if (c.needs(0)) c.set(0, zeros_like(c.grad()));
  if (c.needs(1)) {
    c.set(1, sum_to_size(to(c.grad(), TensorOptions(c.shapes[1].dtype).device(c.shapes[1].device)),
                         c.sizes(1)));
  }
}

void infer_cast(InferContext& c) {
  c.set_like(0, c.meta(0).sizes, c.attrs<CastAttrs>().dtype, c.meta(0));
}

void vjp_cast(const VjpContext& c) {
  if (c.needs(0)) c.set(0, cast(c.grad(), c.shapes[0].dtype));
}

void infer_to_device(InferContext& c) {
  const TensorMeta& x = c.meta(0);
  SINTER_CHECK_AS(ValueError, x.non_overlapping_and_dense(),
                  "[to_device] moves dense memory; got sizes ", IntArrayRef(x.sizes),
                  " with strides ", IntArrayRef(x.strides));
  c.set_like(0, x.sizes, x.dtype, x);
  c.out[0]->device = c.attrs<DeviceAttrs>().device;
}

void vjp_to_device(const VjpContext& c) {
  if (c.needs(0)) c.set(0, to(c.grad(), c.shapes[0].device));
}

constexpr OpDef kClone{.name = "clone",
                       .attrs = &attrs_type<CloneAttrs>,
                       .infer = infer_clone,
                       .kernel = {cpu::clone},
                       .any_layout = true,
                       .vjp = vjp_clone,
                       .onnx = {"Identity", 1}};
constexpr OpDef kCopy{.name = "copy",
                      .arity = 2,
                      .infer = infer_copy,
                      .kernel = {cpu::copy},
                      .in_place = true,
                      .any_layout = true,
                      .vjp = vjp_copy,
                      .onnx = {"Expand", 8}};
constexpr OpDef kCast{.name = "cast",
                      .attrs = &attrs_type<CastAttrs>,
                      .infer = infer_cast,
                      .kernel = {cpu::cast},
                      .any_layout = true,
                      .vjp = vjp_cast,
                      .onnx = {"Cast", 6}};
constexpr OpDef kToDevice{.name = "to_device",
                          .attrs = &attrs_type<DeviceAttrs>,
                          .infer = infer_to_device,
                          .kernel = {cpu::to_device, cpu::to_device},
                          .vjp = vjp_to_device,
                          .no_onnx = "ONNX models name no devices"};

// Dense memory moves as it is; anything else is packed first.
Tensor to_device(const Tensor& x, Device device) {
  const Tensor dense = x.is_non_overlapping_and_dense() ? x : clone(x, MemoryFormat::contiguous);
  return call(kToDevice, DeviceAttrs{device}, dense);
}

}  // namespace

bool is_copy(const OpDef& op) { return &op == &kClone; }

OpTable copy_ops() {
  static constexpr const OpDef* kOps[] = {&kClone, &kCopy, &kCast, &kToDevice};
  return kOps;
}

}  // namespace ops

using namespace ops;

Tensor clone(const Tensor& x, std::optional<MemoryFormat> format) {
  return call(kClone, CloneAttrs{format.value_or(MemoryFormat::preserve)}, x);
}

Tensor contiguous(const Tensor& x, MemoryFormat format) {
  SINTER_CHECK_AS(ValueError, format != MemoryFormat::preserve,
                  "[contiguous] the format must be contiguous or channels_last; got preserve");
  // To look at a free layout would settle it, and channels_last is a copy of it in any case.
  const bool free_form = x.dim() == 4 && x.impl()->layout_is_free();
  if (format == MemoryFormat::channels_last && free_form) return clone(x, format);
  return x.is_contiguous(format) ? x : clone(x, format);
}

Tensor copy(const Tensor& self, const Tensor& source) {
  return call(kCopy, self, to(source, self.device()));
}

Tensor cast(const Tensor& x, DType dtype) {
  return x.dtype() == dtype ? x : call(kCast, CastAttrs{dtype}, x);
}

Tensor to(const Tensor& x, const TensorOptions& options, bool /*non_blocking*/, bool copy,
          std::optional<MemoryFormat> format) {
  SINTER_CHECK_AS(ValueError, !options.requires_grad(),
                  "[to] does not take requires_grad; got options that set it");
  SINTER_CHECK_AS(ValueError, !format || !options.memory_format_opt(),
                  "[to] takes one memory format; got one in the options and one beside them");
  const MemoryFormat wanted =
      format ? *format : options.memory_format_opt().value_or(MemoryFormat::preserve);
  Tensor out = x;
  if (!(x.device() == options.device_opt().value_or(x.device()))) {
    out = to_device(out, options.device());
  }
  out = cast(out, options.dtype_opt().value_or(x.dtype()));
  if (wanted != MemoryFormat::preserve) out = contiguous(out, wanted);
  return copy && out.is_same(x) ? clone(x, wanted) : out;
}

Tensor Tensor::clone(std::optional<MemoryFormat> format) const {
  return sinter::clone(*this, format);
}
Tensor Tensor::contiguous(MemoryFormat format) const { return sinter::contiguous(*this, format); }
Tensor& Tensor::copy_(const Tensor& source, bool /*non_blocking*/) {
  return call_in_place(kCopy, *this, sinter::to(source, device()));
}
Tensor Tensor::to(const TensorOptions& options, bool non_blocking, bool copy,
                  std::optional<MemoryFormat> format) const {
  return sinter::to(*this, options, non_blocking, copy, format);
}
Tensor Tensor::to(DType dtype, bool non_blocking, bool copy,
                  std::optional<MemoryFormat> format) const {
  return sinter::to(*this, TensorOptions(dtype), non_blocking, copy, format);
}
Tensor Tensor::to(Device device, bool non_blocking, bool copy) const {
  return sinter::to(*this, TensorOptions(device), non_blocking, copy);
}
Tensor Tensor::to(Device device, DType dtype, bool non_blocking, bool copy,
                  std::optional<MemoryFormat> format) const {
  return sinter::to(*this, TensorOptions(dtype).device(device), non_blocking, copy, format);
}
Tensor Tensor::to(const Tensor& other, bool non_blocking, bool copy) const {
  return sinter::to(*this, other.options(), non_blocking, copy);
}
Tensor Tensor::to(MemoryFormat format) const {
  return sinter::to(*this, TensorOptions(), false, false, format);
}

}  // namespace sinter
