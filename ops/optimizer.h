// Steps of optimizers: ops that change a parameter and its state in place.
//
// Learning rates and step counts are 0-d CPU tensors, so that a captured training step reads them
// anew each time. Nothing here is differentiable, and nothing that is written may require a
// gradient while operations are recorded (NoGradGuard).
#pragma once
#include <sinter/core/tensor.h>

namespace sinter {

struct SgdStep {
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;
  // The momentum buffer holds nothing yet: it becomes the gradient, without dampening.
  bool first = false;
};

// One step of stochastic gradient descent, as torch.optim.SGD:
//   g = grad + weight_decay * param
//   momentum_buffer = momentum * momentum_buffer + (1 - dampening) * g
//   param -= lr * (nesterov ? g + momentum * momentum_buffer : momentum_buffer)
// Without momentum, momentum_buffer is not used and may be undefined. param, grad and
// momentum_buffer are floating point, of one shape and dtype; lr is a 0-d f64 tensor. Throws
// ValueError and TypeError `[sgd_update] ...` where they are not, or where a written tensor shares
// memory with another.
void sgd_update_(Tensor& param, const Tensor& grad, Tensor& momentum_buffer, const Tensor& lr,
                 const SgdStep& options);

struct AdamStep {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;
  bool decoupled =
      false;  // AdamW: weight decay shrinks the parameter instead of adding to the gradient
};

// The state of one parameter under Adam, which a step changes: moments of its shape and dtype, and
// the number of steps taken as a 0-d i64 tensor. max_exp_avg_sq is defined for the AMSGrad variant
// only. Borrowed for the call.
struct AdamMoments {
  const Tensor& exp_avg;
  const Tensor& exp_avg_sq;
  const Tensor& max_exp_avg_sq;
  const Tensor& step;
};

// One step of Adam (Kingma and Ba, 2014), AdamW (Loshchilov and Hutter, 2017) or AMSGrad (Reddi et
// al., 2018), as torch.optim.Adam and AdamW:
//   step += 1
//   decoupled: param *= 1 - lr * weight_decay; otherwise g = grad + weight_decay * param
//   exp_avg += (1 - beta1) * (g - exp_avg)
//   exp_avg_sq = beta2 * exp_avg_sq + (1 - beta2) * g * g
//   v = exp_avg_sq, or max_exp_avg_sq = max(max_exp_avg_sq, exp_avg_sq)
//   param -= lr / (1 - beta1^step) * exp_avg / (sqrt(v) / sqrt(1 - beta2^step) + eps)
// lr is a 0-d f64 tensor. Throws as sgd_update_ does, and a ValueError that changes nothing if the
// step is negative or cannot grow.
void adam_update_(Tensor& param, const Tensor& grad, const AdamMoments& moments, const Tensor& lr,
                  const AdamStep& options);

}  // namespace sinter
