#include <sinter/autograd/gradient_sum_internal.h>
#include <sinter/ops/dispatch.h>

namespace sinter::autograd {

bool exclusively_owned(const Tensor& grad) {
  const TensorImpl& impl = *grad.impl();
  if (impl.use_count() != 1 || impl.fake() || impl.wrapped_number) return false;
  // A view is as good as its base when it alone keeps the base.
  const std::uint32_t owners = impl.view_base && impl.view_base->use_count() == 1 ? 2 : 1;
  return impl.storage->use_count() == owners && impl.meta.non_overlapping_and_dense();
}

void add_gradient(Tensor& total, Tensor grad) {
  if (!total.defined()) {
    total = std::move(grad);
    return;
  }
  const ops::DispatchState& state = ops::dispatch_state();
  const bool in_place = !state.grad_enabled && state.below == nullptr && state.above == nullptr;
  if (in_place && exclusively_owned(total)) {
    total.add_(grad);
  } else if (in_place && exclusively_owned(grad)) {
    grad.add_(total);
    total = std::move(grad);
  } else {
    total = total.add(grad);
  }
}

}  // namespace sinter::autograd
