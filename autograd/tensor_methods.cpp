#include <sinter/autograd/autograd.h>
#include <sinter/autograd/grad_mode.h>
#include <sinter/autograd/record_internal.h>
#include <sinter/autograd/variable_meta_internal.h>
#include <sinter/core/tensor_factory.h>

namespace sinter {

using autograd::AccumulateGrad;
using autograd::ensure_meta;
using autograd::meta_of;
using autograd::Node;
using autograd::VariableMeta;

namespace {

void check_can_require_grad(const TensorImpl& impl) {
  SINTER_CHECK_AS(TypeError, is_floating_point(impl.meta.dtype),
                  "[requires_grad_] only floating point tensors can require gradients; got ",
                  impl.meta.dtype);
  SINTER_CHECK(!impl.inference || InferenceMode::is_enabled(),
               "[requires_grad_] a tensor made in inference mode cannot require gradients; got ",
               impl.meta.dtype, " ", IntArrayRef(impl.meta.sizes), "; clone() it first");
}

// A view takes part in its base's history, which starts anew when the base becomes a leaf.
void start_history(TensorImpl& impl) {
  autograd::install_recorder();
  VariableMeta& meta = ensure_meta(impl);
  ++meta.epoch;
  impl.requires_grad = true;
  autograd::accumulator_of(impl);
}

// The tensor that gradients are kept for must take part in recording.
TensorImpl& tracked(const Tensor& tensor, const char* op) {
  SINTER_CHECK(tensor.requires_grad(), "[", op,
               "] only tensors that require grad have gradients; got ", tensor.dtype(), " ",
               tensor.sizes(), " that does not");
  return *tensor.impl();
}

}  // namespace

Tensor& Tensor::set_requires_grad(bool requires_grad) {
  requires_grad_(requires_grad);
  return *this;
}

const Tensor& Tensor::requires_grad_(bool requires_grad) const {
  TensorImpl& impl = checked();
  if (requires_grad) check_can_require_grad(impl);
  if (requires_grad == impl.wants_grad()) return *this;
  SINTER_CHECK(requires_grad || is_leaf(),
               "[requires_grad_] only leaf tensors can stop requiring gradients; detach() gives a "
               "tensor that does not; got ",
               grad_fn()->name());
  if (requires_grad) {
    start_history(impl);
  } else {
    impl.requires_grad = false;
  }
  return *this;
}

bool Tensor::is_leaf() const {
  TensorImpl& impl = checked();
  return !impl.wants_grad() || autograd::current_grad_fn(impl) == nullptr;
}

const Tensor& Tensor::grad() const {
  static const Tensor undefined;
  const VariableMeta* meta = meta_of(checked());
  return meta != nullptr && meta->slot ? meta->slot->grad : undefined;
}

Tensor& Tensor::mutable_grad() const { return ensure_meta(checked()).own_slot().grad; }

IntrusivePtr<Node> Tensor::grad_fn() const {
  TensorImpl& impl = checked();
  return IntrusivePtr<Node>::share(impl.wants_grad() ? autograd::current_grad_fn(impl) : nullptr);
}

void Tensor::retain_grad() const {
  TensorImpl& impl = tracked(*this, "retain_grad");
  if (is_leaf() || retains_grad()) return;
  VariableMeta& meta = ensure_meta(impl);
  meta.own_slot();
  meta.grad_fn->retain_gradient(meta.output_nr, meta.slot);
  meta.retains_grad = true;
}

bool Tensor::retains_grad() const {
  const VariableMeta* meta = meta_of(checked());
  return meta != nullptr && meta->retains_grad;
}

unsigned Tensor::add_hook(Callable<Tensor(const Tensor&)> hook) const {
  const autograd::Edge edge = autograd::gradient_edge(tracked(*this, "register_hook"));
  VariableMeta& meta = ensure_meta(*impl_);
  if (!meta.hooks) meta.hooks = std::make_unique<std::vector<VariableMeta::HookPlace>>();
  const std::uint64_t id = edge.function->add_hook(edge.input_nr, std::move(hook));
  meta.hooks->push_back({edge.function, id});
  return static_cast<unsigned>(meta.hooks->size() - 1);
}

void Tensor::remove_hook(unsigned position) const {
  VariableMeta* meta = meta_of(checked());
  const std::size_t count = meta != nullptr && meta->hooks ? meta->hooks->size() : 0;
  SINTER_CHECK_AS(IndexError, position < count, "[remove_hook] the number must be one of ", count,
                  " that register_hook returned; got ", position);
  VariableMeta::HookPlace& place = (*meta->hooks)[position];
  if (place.node) place.node->remove_hook(place.id);
  place.node.reset();
}

Tensor Tensor::detach() const {
  settled();
  return Tensor(TensorImpl::shallow_copy(*impl_));
}

Tensor& Tensor::detach_() {
  TensorImpl& impl = checked();
  SINTER_CHECK(!impl.view_base, "[detach_] a view cannot be detached in place; use detach(); got ",
               dtype(), " ", sizes());
  if (VariableMeta* meta = meta_of(impl)) {
    if (meta->retains_grad && meta->grad_fn) meta->grad_fn->stop_retaining(meta->slot.get());
    meta->retains_grad = false;
    meta->grad_fn.reset();
    meta->output_nr = 0;
    ++meta->epoch;
  }
  impl.requires_grad = false;
  return *this;
}

void Tensor::set_data(const Tensor& source) const {
  TensorImpl& impl = checked();
  SINTER_CHECK_AS(TypeError, !impl.wants_grad() || source.is_floating_point(),
                  "[set_data] a tensor that requires grad must stay floating point; got ",
                  source.dtype());
  const Tensor from = source.detach();
  impl.meta = from.impl()->meta;
  impl.storage = from.impl()->storage;
  if (const VariableMeta* meta = meta_of(impl)) {
    if (AccumulateGrad* leaf = meta->accumulator) leaf->set_meta(impl.meta);
  }
}

Tensor Tensor::variable_data() const {
  settled();
  auto copy = TensorImpl::shallow_copy(*impl_);
  if (const Storage kept = copy->storage) {
    copy->storage =
        StorageImpl::wrap(kept->data(), kept->nbytes(), kept->device(), [kept](void*) {});
  }
  return Tensor(std::move(copy));
}

}  // namespace sinter
