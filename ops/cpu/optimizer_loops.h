// Loops over the elements of a parameter, its gradient and its state.
#pragma once
#include <sinter/ops/optimizer_attrs.h>

#include <cstddef>
#include <cstdint>

namespace sinter::ops::cpu {

// Numbers of one step, computed once in double.
struct SgdNumbers {
  double lr;
  double momentum;
  double one_minus_dampening;
  double weight_decay;
  bool nesterov;
  bool first;
};
struct AdamNumbers {
  double shrink;  // 1 - lr * weight_decay when decoupled
  double weight_decay;
  double one_minus_beta1;
  double beta2;
  double one_minus_beta2;
  double root_correction2;  // sqrt(1 - beta2^step)
  double eps;
  double step_size;  // lr / (1 - beta1^step)
};

// The numbers of the next step, which is counted.
AdamNumbers adam_numbers(const AdamAttrs& attrs, std::int64_t& step, double lr);

// arrays: param, grad, momentum buffer (null without momentum).
inline constexpr std::size_t kSgdArrays = 3;
template <class T>
using SgdLoop = void (*)(T* const* arrays, std::size_t n, const SgdNumbers& numbers);
// arrays: param, grad, exp_avg, exp_avg_sq, max_exp_avg_sq (null without AMSGrad).
inline constexpr std::size_t kAdamArrays = 5;
template <class T>
using AdamLoop = void (*)(T* const* arrays, std::size_t n, const AdamNumbers& numbers);

struct OptimizerLoops {
  SgdLoop<float> sgd_f32;
  SgdLoop<double> sgd_f64;
  AdamLoop<float> adam_f32;
  AdamLoop<double> adam_f64;
};
// For this machine's best SIMD target.
const OptimizerLoops& optimizer_loops();

}  // namespace sinter::ops::cpu
