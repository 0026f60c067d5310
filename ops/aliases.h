// libtorch's second names for functions: each does what the one that it calls does.
#pragma once
#include <sinter/ops/arithmetic.h>
#include <sinter/ops/comparison.h>
#include <sinter/ops/elementary.h>
#include <sinter/ops/loss.h>
#include <sinter/ops/norm.h>
#include <sinter/ops/view.h>

namespace sinter {

#define SINTER_ALIAS_OF_BINARY(name, function)                                    \
  inline Tensor name(const Tensor& a, const Tensor& b) { return function(a, b); } \
  inline Tensor name(const Tensor& a, const Scalar& b) { return function(a, b); }
SINTER_ALIAS_OF_BINARY(subtract, sub)
SINTER_ALIAS_OF_BINARY(multiply, mul)
SINTER_ALIAS_OF_BINARY(divide, div)
SINTER_ALIAS_OF_BINARY(true_divide, div)
SINTER_ALIAS_OF_BINARY(not_equal, ne)
SINTER_ALIAS_OF_BINARY(less, lt)
SINTER_ALIAS_OF_BINARY(less_equal, le)
SINTER_ALIAS_OF_BINARY(greater, gt)
SINTER_ALIAS_OF_BINARY(greater_equal, ge)
#undef SINTER_ALIAS_OF_BINARY

inline Tensor absolute(const Tensor& x) { return abs(x); }
inline Tensor arcsin(const Tensor& x) { return asin(x); }
inline Tensor arccos(const Tensor& x) { return acos(x); }
inline Tensor arctan(const Tensor& x) { return atan(x); }
inline Tensor clip(const Tensor& x, const std::optional<Scalar>& min,
                   const std::optional<Scalar>& max = std::nullopt) {
  return clamp(x, min, max);
}
inline Tensor broadcast_to(const Tensor& x, IntArrayRef sizes) { return expand(x, sizes); }
inline Tensor swapaxes(const Tensor& x, std::int64_t axis0, std::int64_t axis1) {
  return transpose(x, axis0, axis1);
}
inline Tensor cross_entropy_loss(const Tensor& self, const Tensor& target,
                                 const Tensor& weight = {}, Reduction reduction = Reduction::mean,
                                 std::int64_t ignore_index = -100, double label_smoothing = 0) {
  return cross_entropy(self, target, weight, reduction, ignore_index, label_smoothing);
}

// The last argument of libtorch's, whether cuDNN may be used, has no effect.
inline Tensor batch_norm(const Tensor& input, const Tensor& weight, const Tensor& bias,
                         const Tensor& running_mean, const Tensor& running_var, bool training,
                         double momentum, double eps, bool /*cudnn_enabled*/) {
  return batch_norm(input, weight, bias, running_mean, running_var, training, momentum, eps);
}
inline Tensor instance_norm(const Tensor& input, const Tensor& weight, const Tensor& bias,
                            const Tensor& running_mean, const Tensor& running_var,
                            bool use_input_stats, double momentum, double eps,
                            bool /*cudnn_enabled*/) {
  return instance_norm(input, weight, bias, running_mean, running_var, use_input_stats, momentum,
                       eps);
}

}  // namespace sinter
