#include <sinter/core/error.h>
#include <sinter/core/tensor_factory.h>

namespace sinter {

namespace {

void check_bytes(const char* op, const TensorMeta& meta, std::int64_t numel) {
  std::int64_t bytes = 0;
  SINTER_CHECK_AS(
      ValueError,
      !__builtin_mul_overflow(numel, static_cast<std::int64_t>(element_size(meta.dtype)), &bytes),
      "[", op, "] the number of bytes exceeds 2^63 - 1; got ", numel, " elements of ", meta.dtype);
}

void set_layout(const char* op, TensorMeta& meta, IntArrayRef sizes, MemoryFormat format) {
  if (format != MemoryFormat::channels_last) return meta.set_contiguous(sizes);
  SINTER_CHECK_AS(ValueError, sizes.size() == 4, "[", op,
                  "] channels_last needs 4 dimensions; got ", sizes);
  meta.set_channels_last(sizes);
}

}  // namespace

Tensor empty_tensor(const char* op, IntArrayRef sizes, DType dtype, Device device,
                    MemoryFormat format) {
  const std::int64_t numel = checked_numel(op, sizes);
  Tensor out(IntrusivePtr<TensorImpl>::adopt(TensorImpl::create()));
  TensorImpl& impl = *out.impl();
  impl.meta.dtype = dtype;
  impl.meta.device = device;
  check_bytes(op, impl.meta, numel);
  set_layout(op, impl.meta, sizes, format);
  impl.storage = StorageImpl::create(impl.meta.nbytes(), device);
  return out;
}

Tensor make_view(const Storage& storage, const TensorMeta& meta) {
  Tensor out(IntrusivePtr<TensorImpl>::adopt(TensorImpl::create()));
  out.impl()->meta = meta;
  out.impl()->storage = storage;
  return out;
}

Tensor wrapped_number(const Scalar& value) {
  Tensor out = empty_tensor("scalar", {}, value.dtype());
  char* data = out.impl()->data();
  if (value.is_floating_point()) {
    *reinterpret_cast<double*>(data) = value.to_double();
  } else if (value.is_boolean()) {
    *reinterpret_cast<bool*>(data) = value.to_bool();
  } else {
    *reinterpret_cast<std::int64_t*>(data) = value.to_int();
  }
  out.impl()->wrapped_number = true;
  return out;
}

}  // namespace sinter
