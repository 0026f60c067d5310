// Second derivatives of the normalisations, and the checks they share.
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/ops/op_def.h>

namespace sinter::ops {

// The gradients of a normalisation y = (x - mean) * rstd * weight + bias, as a function of dy, x
// and weight (mean and rstd follow from x), multiplied with the cotangents of its results and
// differentiated once more.
struct NormDoubleBackward {
  // Given. Shapes broadcast: mean and rstd have ones in the reduced dimensions, weight (which may
  // be undefined), dweight and dbias ones in the others.
  Tensor dy, x, mean, rstd, weight;
  Dims reduced;         // dimensions that a mean is taken over
  bool centred = true;  // false: mean is 0 (rms_norm)
  // Cotangents of dx, dweight and dbias; each may be undefined.
  Tensor u, v, t;

  // The gradients with respect to dy, x and (not yet summed over what it broadcasts over) weight.
  struct Result {
    Tensor dy, x, weight;
  };
  Result run() const;
};

// What reaches x through its mean and through rstd = (mean((x - mean)^2) + eps)^(-1/2), each of
// which is over `count` elements and broadcasts over x; undefined where neither has a gradient. An
// undefined mean counts as 0.
Tensor statistics_gradient(const Tensor& x, const Tensor& mean, const Tensor& rstd,
                           const Tensor& mean_gradient, const Tensor& rstd_gradient, double count);

// The type of statistics of a floating dtype: f32 for f16 and bf16.
inline DType statistics_dtype(DType dtype) { return dtype == kFloat64 ? kFloat64 : kFloat32; }

// Throws TypeError unless input i, if given, has the dtype of input `like`, or f32 beside f16 or
// bf16.
void check_parameter_dtype(const InferContext& c, std::size_t like, std::size_t i);
// The dtype of the gradient of a parameter, whether it is given or not.
DType parameter_dtype(const InferContext& c, std::size_t like, std::size_t i);

}  // namespace sinter::ops
