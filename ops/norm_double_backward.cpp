#include <sinter/ops/norm_internal.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/reduce.h>

namespace sinter::ops {

namespace {

// The mean over one group's elements, and the projection that the gradient of a normalisation is:
// P(a) = a - <a> - normal <a normal>, which is its own adjoint.
struct Projection {
  const Dims& dims;
  const Tensor& normal;
  bool centred;

  Tensor mean_of(const Tensor& a) const { return mean(a, dims, true); }
  Tensor operator()(const Tensor& a) const {
    const Tensor shifted = centred ? a - mean_of(a) : a;
    return shifted - normal * mean_of(a * normal);
  }
};

// a + b where either may be undefined.
Tensor sum_of(const Tensor& a, const Tensor& b) {
  if (!a.defined()) return b;
  return b.defined() ? a + b : a;
}

}  // namespace

// With G = dy weight and normal = (x - mean) rstd, the first gradients are dx = rstd P(G),
// dweight = sum dy normal, dbias = sum dy. Both normal and the factor rstd depend on x:
// d normal = rstd P(dx), d rstd = -rstd^2 <normal dx>.
NormDoubleBackward::Result NormDoubleBackward::run() const {
  const Tensor normal = (centred ? x - mean : x) * rstd;
  const Projection project{reduced, normal, centred};
  const auto weighted = [&](const Tensor& a) { return weight.defined() ? a * weight : a; };
  Result result;
  Tensor along_normal;  // the gradient with respect to normal
  Tensor along_rstd;    // through rstd alone, with respect to x
  if (u.defined()) {
    const Tensor g = weighted(dy);
    const Tensor projected = rstd * project(u);
    const Tensor g_normal = project.mean_of(g * normal), u_normal = project.mean_of(u * normal);
    result.dy = weighted(projected);
    result.weight = dy * projected;
    along_normal = -(rstd * (u * g_normal + g * u_normal));
    Tensor whole = project.mean_of(u * g) - u_normal * g_normal;
    if (centred) whole = whole - project.mean_of(u) * project.mean_of(g);
    along_rstd = -(rstd * rstd * normal * whole);
  }
  if (v.defined()) {
    result.dy = sum_of(result.dy, v * normal);
    along_normal = sum_of(along_normal, v * dy);
  }
  if (t.defined()) result.dy = sum_of(result.dy, t.expand(dy.sizes()));
  if (along_normal.defined()) result.x = rstd * project(along_normal);
  if (along_rstd.defined()) result.x = sum_of(result.x, along_rstd);
  return result;
}

Tensor statistics_gradient(const Tensor& x, const Tensor& mean, const Tensor& rstd,
                           const Tensor& mean_gradient, const Tensor& rstd_gradient, double count) {
  Tensor result;
  if (mean_gradient.defined()) result = (mean_gradient * (1 / count)).expand(x.sizes());
  if (rstd_gradient.defined()) {
    const Tensor distance = mean.defined() ? x - mean : x;
    result = sum_of(result, distance * (rstd_gradient * rstd * rstd * rstd * (-1 / count)));
  }
  return result.defined() ? result.to(x.dtype()) : result;
}

void check_parameter_dtype(const InferContext& c, std::size_t like, std::size_t i) {
  if (!c.in.defined(i)) return;
  const DType dtype = c.meta(like).dtype, own = c.meta(i).dtype;
  SINTER_CHECK_AS(TypeError, own == dtype || (is_reduced_floating_point(dtype) && own == kFloat32),
                  "[", c.op(),
                  "] parameters must have the dtype of the input, or f32 beside f16 and "
                  "bf16; got ",
                  own, " for an input of ", dtype);
}

DType parameter_dtype(const InferContext& c, std::size_t like, std::size_t i) {
  return c.in.defined(i) ? c.meta(i).dtype : statistics_dtype(c.meta(like).dtype);
}

}  // namespace sinter::ops
