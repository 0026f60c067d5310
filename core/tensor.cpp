#include <sinter/core/error.h>
#include <sinter/core/fake_read.h>
#include <sinter/core/host_elements_internal.h>
#include <sinter/core/tensor.h>

#include <cstring>

namespace sinter {

namespace {

bool strides_like_channels_last(const TensorMeta& meta) {
  if (meta.dim() != 4 || meta.strides[1] == 0) return false;
  std::int64_t smallest = 0;
  for (const std::size_t d : {1U, 3U, 2U, 0U}) {
    if (meta.sizes[d] == 0 || meta.strides[d] < smallest) return false;
    // One channel of one pixel is as well contiguous, which is preferred.
    if (d == 0 && smallest == meta.strides[1]) return false;
    smallest = meta.strides[d];
    if (meta.sizes[d] > 1) smallest *= meta.sizes[d];
  }
  return true;
}

template <class T>
Scalar read_scalar(const void* data) {
  T value;
  std::memcpy(&value, data, sizeof value);
  return value;
}

[[noreturn]] void fail_fake(const char* op, const TensorImpl& impl) {
  const std::string why = explain_fake_read != nullptr ? explain_fake_read(impl) : "";
  fail("[", op, "] a fake tensor has no elements; got sizes ", IntArrayRef(impl.meta.sizes), why);
}

}  // namespace

constinit thread_local ExplainFakeRead explain_fake_read = nullptr;

void Tensor::throw_undefined() {
  fail("[tensor] the tensor must be defined; got an undefined tensor");
}

void Tensor::check_dtype(const char* op, DType wanted) const {
  SINTER_CHECK_AS(TypeError, dtype() == wanted, "[", op,
                  "] the element type is not the tensor's; got ", wanted, " for a tensor of ",
                  dtype());
}

std::int64_t Tensor::size(std::int64_t dim) const {
  const Dims& sizes = meta().sizes;
  SINTER_CHECK_AS(IndexError, !sizes.empty(), "[size] a 0-d tensor has no dimensions; got ", dim);
  return sizes[wrap_dim("size", dim, sizes.size())];
}

std::int64_t Tensor::stride(std::int64_t dim) const {
  const Dims& strides = settled().strides;
  SINTER_CHECK_AS(IndexError, !strides.empty(), "[stride] a 0-d tensor has no dimensions; got ",
                  dim);
  return strides[wrap_dim("stride", dim, strides.size())];
}

const Storage& Tensor::storage() const {
  settled();
  return impl_->storage;
}

bool Tensor::is_contiguous(MemoryFormat format) const {
  SINTER_CHECK_AS(ValueError, format != MemoryFormat::preserve,
                  "[is_contiguous] the format must be contiguous or channels_last; got preserve");
  return format == MemoryFormat::channels_last ? settled().channels_last : settled().contiguous;
}

MemoryFormat Tensor::suggest_memory_format() const {
  return strides_like_channels_last(settled()) ? MemoryFormat::channels_last
                                               : MemoryFormat::contiguous;
}

std::uint32_t Tensor::_version() const { return checked().storage ? impl_->storage->version() : 0; }

const void* Tensor::const_data_ptr() const {
  settled();
  if (impl_->fake()) [[unlikely]]
    fail_fake("data_ptr", *impl_);
  return impl_->data();
}

void* Tensor::data_ptr() const {
  const void* data = const_data_ptr();
  impl_->storage->expose();
  return const_cast<void*>(data);
}

Scalar Tensor::item() const {
  SINTER_CHECK_AS(ValueError, numel() == 1, "[item] the tensor must have one element; got sizes ",
                  sizes());
  // What a graph being captured has changed is not in a real tensor's memory either.
  const bool hidden = explain_fake_read != nullptr && !impl_->wrapped_number;
  if (impl_->fake() || hidden) [[unlikely]]
    fail_fake("item", *impl_);
  const detail::HostElements elements(*this);
  return visit_dtype(dtype(), [&]<class T>() { return read_scalar<T>(elements.data()); });
}

}  // namespace sinter
