// gradcheck: compare gradients with finite differences.
#pragma once
#include <sinter/autograd/node.h>
#include <sinter/core/callable.h>

namespace sinter::autograd {

// What gradcheck allows and does.
struct GradcheckOptions {
  double eps = 1e-6;   // the step of the central differences
  double atol = 1e-5;  // |numerical - analytical| <= atol + rtol * |numerical|
  double rtol = 1e-3;
  double nondet_tol = 0;             // how much two analytical gradients may differ
  bool check_undefined_grad = true;  // also with undefined gradients for some outputs
  bool check_grad_layout = true;     // also with gradients that are not contiguous
  bool raise_exception = true;       // false: return false instead of throwing
};

using GradcheckFn = Callable<variable_list(const variable_list&)>;

// Compares the gradient of every floating output of fn(inputs) with respect to every element of
// every input that requires grad (which must be f64, else ValueError) with central differences. fn
// must not change its inputs in place. Returns true, or throws Error `[gradcheck] ...` that names
// output, input, element and both derivatives. As torch.autograd.gradcheck (slow mode).
bool gradcheck(const GradcheckFn& fn, const variable_list& inputs,
               const GradcheckOptions& options = {});
// The same for the gradients of the gradients, for gradients of the outputs drawn at random unless
// grad_outputs gives them. As torch.autograd.gradgradcheck.
bool gradgradcheck(const GradcheckFn& fn, const variable_list& inputs,
                   const variable_list& grad_outputs = {}, const GradcheckOptions& options = {});

}  // namespace sinter::autograd
