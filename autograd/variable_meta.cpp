#include <sinter/autograd/unseen_internal.h>
#include <sinter/autograd/variable_meta_internal.h>
#include <sinter/core/object_pool_internal.h>

#include <utility>

namespace sinter::autograd {

namespace {

constinit std::mutex accumulator_mutex;

// The elements of the view as elements of what the base is now.
void take_history_of_base(TensorImpl& view, std::uint32_t epoch) {
  VariableMeta& meta = ensure_meta(view);
  const Unseen unseen;
  const TensorMeta& m = view.meta;
  const Tensor fresh = Tensor(view.view_base).as_strided(m.sizes, m.strides, m.offset);
  if (meta.retains_grad && meta.grad_fn) meta.grad_fn->stop_retaining(meta.slot.get());
  meta.grad_fn = meta_of(*fresh.impl())->grad_fn;
  if (meta.retains_grad) meta.grad_fn->retain_gradient(0, meta.slot);
  meta.output_nr = 0;
  meta.view_epoch = epoch;
  view.requires_grad = true;
}

}  // namespace

VariableMeta::~VariableMeta() { drop_accumulator(); }

GradSlot& VariableMeta::own_slot() {
  if (!slot) slot = GradSlot::create();
  return *slot;
}

void VariableMeta::drop_accumulator() {
  if (accumulator.load(std::memory_order_acquire) == nullptr) return;
  accumulator.exchange(nullptr)->release();
}

void* VariableMeta::operator new(std::size_t bytes) { return object_pool::allocate(bytes); }
void VariableMeta::operator delete(void* object, std::size_t bytes) noexcept {
  object_pool::deallocate(object, bytes);
}

VariableMeta& ensure_meta(TensorImpl& impl) {
  if (impl.autograd == nullptr) impl.autograd = new VariableMeta;
  return *meta_of(impl);
}

void follow_base(TensorImpl& view) {
  const VariableMeta* meta = meta_of(view);
  const std::uint32_t epoch = meta_of(*view.view_base)->epoch;
  if (epoch != (meta != nullptr ? meta->view_epoch : 0)) take_history_of_base(view, epoch);
}

AccumulateGrad& make_accumulator(TensorImpl& leaf) {
  VariableMeta& meta = ensure_meta(leaf);
  const std::lock_guard lock(accumulator_mutex);
  AccumulateGrad* accumulator = meta.accumulator.load(std::memory_order_relaxed);
  if (accumulator == nullptr) {
    meta.own_slot();
    accumulator = new AccumulateGrad(leaf.meta, meta.slot);
    meta.accumulator.store(accumulator, std::memory_order_release);
  }
  return *accumulator;
}

void set_history(TensorImpl& impl, IntrusivePtr<Node> node, std::uint32_t output_nr) {
  VariableMeta& meta = ensure_meta(impl);
  meta.grad_fn = std::move(node);
  meta.output_nr = output_nr;
  if (impl.view_base) {
    const VariableMeta* base = meta_of(*impl.view_base);
    meta.view_epoch = base != nullptr ? base->epoch : 0;
  }
  impl.requires_grad = true;
}

void rebase_history(TensorImpl& impl, IntrusivePtr<Node> node, std::uint32_t output_nr) {
  VariableMeta& meta = ensure_meta(impl);
  meta.drop_accumulator();
  if (meta.retains_grad) {
    if (meta.grad_fn) meta.grad_fn->stop_retaining(meta.slot.get());
    node->retain_gradient(output_nr, meta.slot);
  }
  ++meta.epoch;
  set_history(impl, std::move(node), output_nr);
}

}  // namespace sinter::autograd
