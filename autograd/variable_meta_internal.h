// Autograd's part of a tensor.
#pragma once
#include <sinter/autograd/accumulate_grad_internal.h>
#include <sinter/autograd/node.h>

#include <atomic>

namespace sinter::autograd {

struct VariableMeta final : AutogradMeta {
  ~VariableMeta() override;

  IntrusivePtr<Node> grad_fn;  // null for a leaf
  std::uint32_t output_nr = 0;
  // Counts the in-place calls recorded on a tensor and its views; a view remembers for which of
  // its base's epochs its grad_fn was made.
  std::uint32_t epoch = 0;
  std::uint32_t view_epoch = 0;
  bool retains_grad = false;
  // Shared with the node that fills it. Null until someone needs it.
  IntrusivePtr<GradSlot> slot;
  // Of a leaf, made when a graph first uses it. Owned.
  std::atomic<AccumulateGrad*> accumulator{nullptr};
  // Where each hook sits, by its number; the node is null once it was removed.
  struct HookPlace {
    IntrusivePtr<Node> node;
    std::uint64_t id;
  };
  std::unique_ptr<std::vector<HookPlace>> hooks;

  GradSlot& own_slot();
  void drop_accumulator();

  static void* operator new(std::size_t bytes);
  static void operator delete(void* object, std::size_t bytes) noexcept;
};

// Null when the tensor has none yet.
inline VariableMeta* meta_of(const TensorImpl& impl) {
  return static_cast<VariableMeta*>(impl.autograd);
}
// Makes it when the tensor has none yet.
VariableMeta& ensure_meta(TensorImpl& impl);

// Brings the grad_fn of a view up to date when its base, which requires a gradient, was changed.
void follow_base(TensorImpl& view);
// The node that made the tensor, brought up to date for a view; null for a leaf.
inline Node* current_grad_fn(TensorImpl& impl) {
  if (impl.view_base && !impl.detached_view && impl.view_base->requires_grad) follow_base(impl);
  const VariableMeta* meta = meta_of(impl);
  return meta != nullptr ? meta->grad_fn.get() : nullptr;
}

AccumulateGrad& make_accumulator(TensorImpl& leaf);
// The accumulator of a leaf.
inline AccumulateGrad& accumulator_of(TensorImpl& leaf) {
  const VariableMeta* meta = meta_of(leaf);
  AccumulateGrad* made =
      meta != nullptr ? meta->accumulator.load(std::memory_order_acquire) : nullptr;
  return made != nullptr ? *made : make_accumulator(leaf);
}

// Where the gradient of the tensor goes: its grad_fn, or the accumulator of a leaf. Invalid when it
// wants no gradient.
inline Edge gradient_edge(TensorImpl& impl) {
  if (!impl.wants_grad()) return {};
  if (Node* node = current_grad_fn(impl)) {
    return {IntrusivePtr<Node>::share(node), meta_of(impl)->output_nr};
  }
  return {IntrusivePtr<Node>::share(&accumulator_of(impl)), 0};
}
inline Edge gradient_edge(const Tensor& tensor) { return gradient_edge(*tensor.impl()); }

// Records that output output_nr of node made the tensor.
void set_history(TensorImpl& impl, IntrusivePtr<Node> node, std::uint32_t output_nr);
// The same for a tensor that an in-place call changed; a retained gradient is from now on that of
// the new value.
void rebase_history(TensorImpl& impl, IntrusivePtr<Node> node, std::uint32_t output_nr);

}  // namespace sinter::autograd
