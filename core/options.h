// TensorOptions: dtype, device, memory format and requires_grad of a tensor to be made.
#pragma once
#include <sinter/core/device.h>
#include <sinter/core/dtype.h>

#include <optional>

namespace sinter {

// How a tensor's dimensions lie in memory. preserve keeps the strides of the source. Those in
// capitals are libtorch's names.
enum class MemoryFormat : std::uint8_t {
  contiguous,
  channels_last,
  preserve,
  Contiguous = contiguous,
  ChannelsLast = channels_last,
  Preserve = preserve,
};

// How elements are addressed: all tensors are strided. For programs that name it.
enum class Layout : std::uint8_t { strided, Strided = strided };
inline constexpr Layout kStrided = Layout::strided;

// Chained setters, as in libtorch: TensorOptions().dtype(kFloat64).requires_grad(true). What is not
// set takes its default: the default dtype, the CPU, contiguous, no gradient.
class TensorOptions {
 public:
  TensorOptions() = default;
  TensorOptions(DType dtype) : dtype_(dtype) {}            // NOLINT: a dtype is an option
  TensorOptions(Device device) : device_(device) {}        // NOLINT
  TensorOptions(DeviceType device) : device_(device) {}    // NOLINT
  TensorOptions(MemoryFormat format) : format_(format) {}  // NOLINT
  TensorOptions(Layout) {}                                 // NOLINT

  TensorOptions dtype(std::optional<DType> value) const {
    return with(&TensorOptions::dtype_, value);
  }
  template <class T>
  TensorOptions dtype() const {
    return dtype(dtype_of<T>);
  }
  TensorOptions layout(std::optional<Layout>) const { return *this; }
  TensorOptions device(std::optional<Device> value) const {
    return with(&TensorOptions::device_, value);
  }
  TensorOptions device(DeviceType type, int index = -1) const {
    return device(Device(type, index));
  }
  TensorOptions requires_grad(std::optional<bool> value) const {
    return with(&TensorOptions::requires_grad_, value);
  }
  TensorOptions memory_format(std::optional<MemoryFormat> value) const {
    return with(&TensorOptions::format_, value);
  }

  DType dtype() const { return dtype_.value_or(get_default_dtype()); }
  Device device() const { return device_.value_or(Device()); }
  Layout layout() const { return kStrided; }
  bool requires_grad() const { return requires_grad_.value_or(false); }
  std::optional<DType> dtype_opt() const { return dtype_; }
  std::optional<Device> device_opt() const { return device_; }
  std::optional<bool> requires_grad_opt() const { return requires_grad_; }
  std::optional<MemoryFormat> memory_format_opt() const { return format_; }
  bool has_dtype() const { return dtype_.has_value(); }
  bool has_device() const { return device_.has_value(); }

 private:
  // Not inlined: g++ 12 would take the value of an empty optional for one that is used.
  template <class T>
  [[gnu::noinline]] TensorOptions with(std::optional<T> TensorOptions::*member,
                                       std::optional<T> value) const {
    TensorOptions copy = *this;
    copy.*member = value;
    return copy;
  }

  std::optional<DType> dtype_;
  std::optional<Device> device_;
  std::optional<bool> requires_grad_;
  std::optional<MemoryFormat> format_;
};

// libtorch's starters: sinter::dtype(kInt64), sinter::device(kCPU), sinter::requires_grad().
inline TensorOptions dtype(DType value) { return {value}; }
template <class T>
TensorOptions dtype() {
  return {dtype_of<T>};
}
inline TensorOptions layout(Layout value) { return {value}; }
inline TensorOptions device(Device value) { return {value}; }
inline TensorOptions requires_grad(bool value = true) {
  return TensorOptions().requires_grad(value);
}
inline TensorOptions memory_format(MemoryFormat value) { return {value}; }

}  // namespace sinter
