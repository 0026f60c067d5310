// Scans: running sums and products.
#include <sinter/ops/cpu/reduce_kernels.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/reduce.h>
#include <sinter/ops/reduce_internal.h>

namespace sinter {
namespace ops {

namespace {

void infer_scan(InferContext& c) {
  const auto& attrs = c.attrs<ScanAttrs>();
  const DType in = c.meta(0).dtype;
  const DType out = attrs.dtype.value_or(is_floating_point(in) ? in : kInt64);
  check_dim(c, attrs.dim, c.meta(0).dim());
  SINTER_CHECK_AS(TypeError, is_floating_point(out) || !is_floating_point(in), "[", c.op(),
                  "] cannot compute a floating point input in ", out, "; got ", in);
  c.set(0, c.meta(0).sizes, out);
}

void vjp_cumsum(const VjpContext& c) {
  const std::int64_t dim = c.attrs<ScanAttrs>().dim;
  const Tensor grad = c.sizes(0).empty() ? c.grad() : c.grad().flip(dim).cumsum(dim).flip(dim);
  c.set(0, grad.to(c.shapes[0].dtype));
}

}  // namespace

constinit const OpDef kCumsum{.name = "cumsum",
                              .attrs = &attrs_type<ScanAttrs>,
                              .infer = infer_scan,
                              .kernel = {cpu::cumsum},
                              .vjp = vjp_cumsum,
                              .onnx = {"CumSum", 14},
                              .no_cuda = "CUDA kernels come later"};

namespace {

Tensor scan(const OpDef& def, const Tensor& x, std::int64_t dim, std::optional<DType> dtype) {
  const ScanAttrs attrs{call_dim(def.name, x, dim), dtype};
  if (dtype && !is_floating_point(*dtype) && x.is_floating_point()) {
    return call(def, attrs, x.to(*dtype));
  }
  return call(def, attrs, x);
}

}  // namespace
}  // namespace ops

Tensor cumsum(const Tensor& self, std::int64_t dim, std::optional<DType> dtype) {
  return ops::scan(ops::kCumsum, self, dim, dtype);
}

}  // namespace sinter
