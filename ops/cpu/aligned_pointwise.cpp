// The common case of a pointwise call: contiguous tensors of one dtype and shape, or a few elements
// and a C++ number or one element broadcast. There is nothing to promote or gather, so the call
// goes straight to the op's loop.
#include <sinter/ops/cpu/convert.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/pointwise_op.h>

namespace sinter::ops::cpu {

namespace {

constexpr std::size_t kMaxInputs = 5;
constexpr std::int64_t kSmall = std::int64_t{1} << 15;  // elements; larger calls use threads

bool plain(const TensorImpl& impl) {
  return impl.meta.contiguous && !impl.wrapped_number && !impl.fake() && impl.meta.device.is_cpu();
}

bool like(const TensorImpl& impl, const TensorImpl& model) {
  return plain(impl) && impl.meta.dtype == model.meta.dtype && impl.meta.sizes == model.meta.sizes;
}

// One element repeated.
struct alignas(64) Repeated {
  static constexpr std::int64_t kMax = 64;
  char bytes[kMax * sizeof(double)];
};

// Whether it is a C++ number that takes no part in promotion, or one element of the model's dtype,
// broadcast to its shape.
bool one_element(const TensorImpl& impl, const TensorImpl& model) {
  const TensorMeta& meta = impl.meta;
  if (impl.wrapped_number) return category(meta.dtype) <= category(model.meta.dtype);
  if (meta.dtype != model.meta.dtype || !meta.device.is_cpu()) return false;
  if (meta.dim() == 0) return true;
  if (!(meta.sizes == model.meta.sizes)) return false;
  for (std::size_t d = 0; d < meta.dim(); ++d) {
    if (meta.strides[d] != 0 && meta.sizes[d] != 1) return false;
  }
  return true;
}

bool repeat(const TensorImpl& impl, const TensorImpl& model, Repeated& out) {
  const std::int64_t n = model.meta.numel;
  if (n > Repeated::kMax || n == 0 || impl.fake() || !one_element(impl, model)) return false;
  convert_fn(impl.meta.dtype, model.meta.dtype)(impl.data(), 0, out.bytes, 1,
                                                static_cast<std::size_t>(n));
  return true;
}

// Finds each input where it lies; false when one is not like the first.
bool all_alike(const OpCall& call, const TensorImpl& first, const void** in) {
  in[0] = first.data();
  for (std::size_t i = 1; i < call.in.size(); ++i) {
    const TensorImpl* impl = call.in[i].impl();
    if (impl == nullptr || !like(*impl, first)) return false;
    in[i] = impl->data();
  }
  return true;
}

// The tensor that the result is to be like; the others are like it, or one element. Null when there
// is none.
const TensorImpl* model_of(const OpCall& call) {
  const bool only_first = call.in_place || call.in.size() == 1;
  const TensorImpl* first = call.in[0].impl();
  if (first != nullptr && plain(*first) && (first->meta.dim() != 0 || only_first)) return first;
  const TensorImpl* second = only_first ? nullptr : call.in[1].impl();
  return second != nullptr && plain(*second) ? second : nullptr;
}

// The same where one of the inputs is a single element; false when one needs more than that.
[[gnu::noinline]] bool find_inputs(const OpCall& call, const TensorImpl& model, const void** in,
                                   Repeated& repeated) {
  bool any_repeated = false;
  for (std::size_t i = 0; i < call.in.size(); ++i) {
    const TensorImpl* impl = call.in[i].impl();
    if (impl == nullptr) return false;
    if (like(*impl, model)) {
      in[i] = impl->data();
    } else if (!any_repeated && repeat(*impl, model, repeated)) {
      in[i] = repeated.bytes;
      any_repeated = true;
    } else {
      return false;
    }
  }
  return true;
}

// The in-place call writes memory that nothing else about it forbids.
bool may_write(const OpCall& call, const TensorImpl& self) {
  if (self.inference || !call.def.in_place || call.def.pointwise->traits.bool_result) return false;
  for (std::size_t i = 1; i < call.in.size(); ++i) {
    // Shared memory has to be the same elements.
    const TensorImpl& input = *call.in[i].impl();
    if (self.storage == input.storage &&
        !(self.meta.offset == input.meta.offset && like(input, self))) {
      return false;
    }
  }
  return true;
}

Tensor new_output(const TensorImpl& like, DType dtype) {
  Tensor out(IntrusivePtr<TensorImpl>::adopt(TensorImpl::create()));
  TensorImpl& impl = *out.impl();
  impl.meta = like.meta;
  impl.meta.offset = 0;
  impl.meta.dtype = dtype;
  impl.meta.free_layout = false;
  impl.storage = StorageImpl::create(impl.meta.nbytes(), impl.meta.device);
  return out;
}

}  // namespace

bool run_aligned_pointwise(OpCall& call) {
  const PointwiseOp& op = *call.def.pointwise;
  if (call.in.size() != static_cast<std::size_t>(call.def.arity)) return false;
  const TensorImpl* model = call.in[0].impl();
  const void* in[kMaxInputs];
  Repeated repeated;
  if (model == nullptr || !plain(*model) || !all_alike(call, *model, in)) {
    model = model_of(call);
    if (model == nullptr || model->meta.numel > Repeated::kMax) return false;
    if (!find_inputs(call, *model, in, repeated)) return false;
  }
  const DType dtype = model->meta.dtype;
  if (model->meta.numel > kSmall || (op.as_is & dtype_bit(dtype)) == 0) return false;
  if (!call.in_place) {
    call.out[0] = new_output(*model, op.traits.bool_result ? kBool : dtype);
  } else if (!may_write(call, *model)) {
    return false;
  }
  const TensorImpl& out = *call.out[0].impl();
  if (out.meta.numel != 0) {
    op.rows()[op.row].fn[static_cast<std::size_t>(dtype)](
        in, out.data(), static_cast<std::size_t>(out.meta.numel), call.attributes);
  }
  if (call.in_place) out.storage->bump_version();
  return true;
}

}  // namespace sinter::ops::cpu
