// Sums of gradients, in place where nobody can see it.
#pragma once
#include <sinter/core/tensor.h>

namespace sinter::autograd {

// Whether this handle is the only way to reach the elements, each of which has its own address.
bool exclusively_owned(const Tensor& grad);
// total += grad; an undefined total becomes grad. Written into one of the two when that is
// exclusively owned, unless the sum is to be differentiated or seen by an interceptor.
void add_gradient(Tensor& total, Tensor grad);

}  // namespace sinter::autograd
