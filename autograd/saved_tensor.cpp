#include <sinter/autograd/saved_tensor.h>
#include <sinter/autograd/variable_meta_internal.h>

namespace sinter::autograd {

namespace {

constinit thread_local SavedTensorSink* sink = nullptr;

std::uint32_t version_of(const TensorImpl& impl) {
  return impl.storage ? impl.storage->version() : 0;
}

// A second header that leads to edge, as the tensor that was saved did.
Tensor connected(const TensorImpl& header, const Edge& edge) {
  auto impl = TensorImpl::shallow_copy(header);
  impl->requires_grad = true;
  VariableMeta& meta = ensure_meta(*impl);
  if (auto* leaf = dynamic_cast<AccumulateGrad*>(edge.function.get())) {
    leaf->retain();
    meta.accumulator = leaf;
  } else {
    meta.grad_fn = edge.function;
    meta.output_nr = edge.input_nr;
  }
  return Tensor(std::move(impl));
}

}  // namespace

SavedTensorSink*& saved_tensor_sink() { return sink; }

SavedTensor::SavedTensor(const TensorImpl& impl, const char* op) {
  SINTER_CHECK(!impl.inference, "[", op,
               "] a tensor made in inference mode cannot be saved for backward; clone() it outside "
               "of inference mode");
  if (sink != nullptr) [[unlikely]] {
    sink_ = IntrusivePtr<SavedTensorSink>::share(sink);
    version_ = sink->put(impl);
    return;
  }
  header_ = TensorImpl::shallow_copy(impl);
  version_ = version_of(impl);
}

void SavedTensor::reset() noexcept {
  header_.reset();
  sink_.reset();
}

void SavedTensor::check_version(const char* op, const char* what, std::size_t index) const {
  const std::uint32_t now = version_of(*header_);
  SINTER_CHECK(now == version_, "[", op, "] a tensor saved for backward (", what, " ", index,
               " of ", op, ", ", header_->meta.dtype, " ", IntArrayRef(header_->meta.sizes),
               ") was changed in place since: version ", now, ", expected ", version_);
}

Tensor SavedTensor::unpack(const char* op, const char* what, std::size_t index,
                           const NodeCall& call, const Edge& edge) const {
  IntrusivePtr<TensorImpl> header = header_;
  if (sink_) {
    header = sink_->take(version_, call.keep_graph);
  } else if (header) {
    check_version(op, what, index);
  }
  if (!header || !call.create_graph || !edge.is_valid()) return Tensor(std::move(header));
  return connected(*header, edge);
}

}  // namespace sinter::autograd
