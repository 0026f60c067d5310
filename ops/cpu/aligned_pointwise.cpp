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

bool plain(const TensorImpl& impl) {
  return impl.meta.contiguous && !impl.wrapped_number && !impl.fake() && impl.meta.device.is_cpu();
}

bool like(const TensorImpl& impl, const TensorImpl& first) {
  return plain(impl) && impl.meta.dtype == first.meta.dtype && impl.meta.sizes == first.meta.sizes;
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

// Where the loop finds each input; false when one of them needs more than that.
bool find_inputs(const OpCall& call, const TensorImpl& first, const void** in, Repeated& number) {
  in[0] = first.data();
  for (std::size_t i = 1; i < call.in.size(); ++i) {
    const TensorImpl* impl = call.in[i].impl();
    if (impl == nullptr) return false;
    if (like(*impl, first)) {
      in[i] = impl->data();
    } else if (i == 1 && impl->wrapped_number &&
               repeat(*impl, first.meta.dtype, first.meta.numel, number)) {
      in[i] = number.bytes;
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
    if (self.storage == input.storage && self.meta.offset != input.meta.offset) return false;
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
  const TensorImpl* first = call.in[0].impl();
  if (first == nullptr || first->meta.numel > kSmall || !plain(*first)) return false;
  const DType dtype = first->meta.dtype;
  if ((op.as_is & dtype_bit(dtype)) == 0) return false;
  const void* in[kMaxInputs];
  Repeated number;
  if (!find_inputs(call, *first, in, number)) return false;
  if (!call.in_place) {
    call.out[0] = new_output(*first, op.traits.bool_result ? kBool : dtype);
  } else if (!may_write(call, *first)) {
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
