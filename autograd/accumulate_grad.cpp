#include <sinter/autograd/accumulate_grad_internal.h>
#include <sinter/autograd/gradient_sum_internal.h>
#include <sinter/core/object_pool_internal.h>
#include <sinter/ops/dispatch.h>

#include <limits>

namespace sinter::autograd {

AccumulateGrad::AccumulateGrad(const TensorMeta& meta, IntrusivePtr<GradSlot> slot)
    : Node(nullptr, 0, 1), meta_(meta), slot_(std::move(slot)) {
  // Runs as soon as it can, so that gradients do not wait in memory.
  set_sequence_nr(std::numeric_limits<std::uint64_t>::max());
}

void AccumulateGrad::apply(NodeCall& call) {
  Tensor& grad = call.grads[0];
  if (!grad.defined()) return;
  const std::lock_guard lock(mutex_);
  Tensor& total = slot_->grad;
  if (!total.defined()) {
    total = keepable(std::move(grad), call.create_graph);
  } else if (call.create_graph) {
    total = total.add(grad);
  } else {
    total.add_(grad);
  }
}

// A gradient that nobody else holds is kept itself, if it lies as the leaf does; else a copy.
Tensor AccumulateGrad::keepable(Tensor grad, bool create_graph) const {
  if (create_graph) return grad;
  const bool as_leaf = meta_.contiguous || !meta_.non_overlapping_and_dense()
                           ? grad.is_contiguous()
                           : grad.strides() == IntArrayRef(meta_.strides);
  if (as_leaf && exclusively_owned(grad)) {
    grad.impl()->view_base.reset();
    return grad;
  }
  const bool channels_last = meta_.channels_last && !meta_.contiguous;
  return grad.clone(channels_last ? MemoryFormat::channels_last : MemoryFormat::contiguous);
}

void* AccumulateGrad::operator new(std::size_t bytes) { return object_pool::allocate(bytes); }
void AccumulateGrad::operator delete(void* object, std::size_t bytes) noexcept {
  object_pool::deallocate(object, bytes);
}

}  // namespace sinter::autograd
