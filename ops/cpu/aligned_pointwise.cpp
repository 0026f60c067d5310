// The common case of a pointwise call: contiguous tensors of one dtype and shape, or a few elements
// and a C++ number. There is nothing to promote or gather, so the call goes straight to the op's
// loop.
#include <sinter/ops/cpu/convert.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/pointwise_op.h>

namespace sinter::ops::cpu {

namespace {

constexpr std::size_t kMaxInputs = 5;
constexpr std::int64_t kSmall = std::int64_t{1} << 15;  // elements; larger calls use threads

bool like(const TensorImpl& impl, const TensorImpl& first) {
  return impl.meta.contiguous && impl.meta.dtype == first.meta.dtype && !impl.wrapped_number &&
         impl.storage && impl.meta.device.is_cpu() && impl.meta.sizes == first.meta.sizes;
}

// Elements of a C++ number repeated.
struct alignas(64) Repeated {
  static constexpr std::int64_t kMax = 64;
  char bytes[kMax * sizeof(double)];
};

// A C++ number as n elements of dtype, where that takes part in no promotion.
bool repeat(const TensorImpl& number, DType dtype, std::int64_t n, Repeated& out) {
  if (n > Repeated::kMax || category(number.meta.dtype) > category(dtype) || number.fake()) {
    return false;
  }
  convert_fn(number.meta.dtype, dtype)(number.data(), 0, out.bytes, 1, static_cast<std::size_t>(n));
  return true;
}

// Whether self and another input share memory without being the same elements.
bool clashes(const TensorImpl& self, const TensorImpl& input) {
  return self.storage == input.storage && self.meta.offset != input.meta.offset;
}

bool computes_as_is(const PointwiseTraits& traits, DType dtype) {
  if (is_floating_point(dtype)) {
    if (is_reduced_floating_point(dtype)) return false;
  } else if (traits.promote == Promote::to_float || traits.integer_divisor) {
    return false;
  }
  return !traits.condition_first && (traits.dtypes & dtype_bit(dtype)) != 0;
}

// The in-place call writes memory that nothing else about it forbids.
bool may_write(const OpCall& call, const TensorImpl& self) {
  if (self.inference) return false;
  for (std::size_t i = 1; i < call.in.size(); ++i) {
    if (clashes(self, *call.in[i].impl())) return false;
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
  if (call.def.infer != infer_pointwise || call.def.kernel[0] != run_pointwise) return false;
  if (call.in.size() != static_cast<std::size_t>(call.def.arity)) return false;
  const PointwiseOp& op = *call.def.pointwise;
  const TensorImpl* first = call.in[0].impl();
  if (first == nullptr || first->meta.numel > kSmall || call.in.size() > kMaxInputs) return false;
  const DType dtype = first->meta.dtype;
  if (!computes_as_is(op.traits, dtype)) return false;
  const void* in[kMaxInputs];
  Repeated number;
  for (std::size_t i = 0; i < call.in.size(); ++i) {
    const TensorImpl* impl = call.in[i].impl();
    if (impl == nullptr) return false;
    if (like(*impl, *first)) {
      in[i] = impl->data();
    } else if (i == 1 && impl->wrapped_number && repeat(*impl, dtype, first->meta.numel, number)) {
      in[i] = number.bytes;
    } else {
      return false;
    }
  }
  if (call.in_place) {
    if (op.traits.bool_result || !call.def.in_place || !may_write(call, *first)) return false;
  } else {
    call.out[0] = new_output(*first, op.traits.bool_result ? kBool : dtype);
  }
  TensorImpl& out = *call.out[0].impl();
  if (out.meta.numel != 0) {
    op.rows()[op.row].fn[static_cast<std::size_t>(dtype)](
        in, out.data(), static_cast<std::size_t>(out.meta.numel), call.attributes);
  }
  if (call.in_place) out.storage->bump_version();
  return true;
}

}  // namespace sinter::ops::cpu
