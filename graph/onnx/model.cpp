#include <sinter/core/error.h>
#include <sinter/graph/onnx/model_internal.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/view.h>

#include <bit>
#include <cstring>
#include <limits>
#include <utility>

namespace sinter::onnx {

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");

namespace {

constexpr std::pair<DType, int> kDTypes[] = {
    {kFloat32, 1}, {kUInt8, 2}, {kInt8, 3},     {kInt16, 5},    {kInt32, 6},
    {kInt64, 7},   {kBool, 9},  {kFloat16, 10}, {kFloat64, 11}, {kBFloat16, 16},
};

std::string tensor_name(const proto::Tensor& message) { return shown(message.name()); }

std::size_t bytes_of(const proto::Tensor& message, IntArrayRef sizes, DType dtype) {
  const std::int64_t count = checked_numel("onnx", sizes);
  const auto size = static_cast<std::int64_t>(element_size(dtype));
  SINTER_CHECK_AS(IOError, count <= std::numeric_limits<std::int64_t>::max() / size,
                  "[onnx] a tensor is larger than memory can be; got sizes ", sizes, " in ",
                  tensor_name(message));
  return static_cast<std::size_t>(count * size);
}

void check_data(const proto::Tensor& message, std::size_t got, std::size_t wanted,
                const char* unit) {
  SINTER_CHECK_AS(IOError, got == wanted, "[onnx] a tensor must hold the elements its sizes say; ",
                  "got ", got, " ", unit, " instead of ", wanted, " in ", tensor_name(message));
}

// Elements that the message keeps in a list of a wider type.
template <class To, class List>
void convert(const proto::Tensor& message, const List& list, Tensor& out) {
  check_data(message, static_cast<std::size_t>(list.size()), static_cast<std::size_t>(out.numel()),
             "elements");
  auto* to = static_cast<To*>(out.data_ptr());
  for (const auto value : list) {
    if constexpr (!std::is_same_v<To, bool>) {
      if constexpr (std::is_integral_v<To>) {
        SINTER_CHECK_AS(IOError, std::in_range<To>(value), "[onnx] an element must fit its dtype; ",
                        "got ", value, " in ", tensor_name(message));
      }
      *to++ = static_cast<To>(value);
    } else {
      *to++ = value != 0;
    }
  }
}

// Tensors whose elements are in lists, not in raw_data.
void read_list(const proto::Tensor& message, Tensor& out) {
  switch (out.dtype()) {
    case DType::f32:
      return convert<float>(message, message.float_data(), out);
    case DType::f64:
      return convert<double>(message, message.double_data(), out);
    case DType::i64:
      return convert<std::int64_t>(message, message.int64_data(), out);
    case DType::i32:
      return convert<std::int32_t>(message, message.int32_data(), out);
    case DType::i16:
      return convert<std::int16_t>(message, message.int32_data(), out);
    case DType::i8:
      return convert<std::int8_t>(message, message.int32_data(), out);
    case DType::u8:
      return convert<std::uint8_t>(message, message.int32_data(), out);
    case DType::boolean:
      return convert<bool>(message, message.int32_data(), out);
    case DType::f16:
    case DType::bf16:  // the bits
      return convert<std::uint16_t>(message, message.int32_data(), out);
  }
}

std::size_t list_elements(const proto::Tensor& message) {
  return static_cast<std::size_t>(message.float_data_size()) +
         static_cast<std::size_t>(message.double_data_size()) +
         static_cast<std::size_t>(message.int32_data_size()) +
         static_cast<std::size_t>(message.int64_data_size());
}

}  // namespace

int onnx_dtype(DType dtype) {
  for (const auto& [ours, theirs] : kDTypes) {
    if (ours == dtype) return theirs;
  }
  return 0;
}

DType dtype_of(int onnx_dtype) {
  for (const auto& [ours, theirs] : kDTypes) {
    if (theirs == onnx_dtype) return ours;
  }
  fail<NotImplementedError>("[onnx] there is no dtype of this number here; got ", onnx_dtype);
}

std::string shown(std::string_view name) {
  constexpr std::size_t kMost = 64;
  std::string out = "\"";
  for (const char c : name.substr(0, kMost)) out += c >= ' ' && c <= '~' ? c : '?';
  return out + (name.size() > kMost ? "...\"" : "\"");
}

void write_tensor(const Tensor& tensor, proto::Tensor& message) {
  const Tensor whole = tensor.contiguous();
  for (const std::int64_t size : whole.sizes()) message.add_dims(size);
  message.set_data_type(onnx_dtype(whole.dtype()));
  const std::size_t bytes = static_cast<std::size_t>(whole.numel()) * element_size(whole.dtype());
  message.set_raw_data(bytes == 0 ? "" : static_cast<const char*>(whole.data_ptr()), bytes);
}

Tensor read_tensor(const proto::Tensor& message) {
  SINTER_CHECK_AS(IOError, message.external_data().empty() && message.data_location() == 0,
                  "[onnx] weights must lie in the file itself; got external data for ",
                  tensor_name(message));
  SINTER_CHECK_AS(IOError, message.dims_size() <= static_cast<int>(kMaxDims),
                  "[onnx] tensors have at most ", kMaxDims, " dimensions; got ",
                  message.dims_size(), " in ", tensor_name(message));
  Dims sizes;
  for (const std::int64_t size : message.dims()) {
    SINTER_CHECK_AS(IOError, size >= 0, "[onnx] sizes must not be negative; got ", size, " in ",
                    tensor_name(message));
    sizes.push_back(size);
  }
  const DType dtype = dtype_of(message.data_type());
  const std::size_t bytes = bytes_of(message, sizes, dtype);
  // Before memory is asked for: a few bytes must not claim gigabytes.
  if (message.has_raw_data()) {
    check_data(message, message.raw_data().size(), bytes, "bytes");
  } else {
    check_data(message, list_elements(message), bytes / element_size(dtype), "elements");
  }
  Tensor out = empty(sizes, TensorOptions().dtype(dtype));
  if (!message.has_raw_data()) {
    read_list(message, out);
  } else if (dtype == kBool) {
    auto* to = static_cast<bool*>(out.data_ptr());
    for (const char byte : message.raw_data()) *to++ = byte != 0;
  } else if (bytes > 0) {
    std::memcpy(out.data_ptr(), message.raw_data().data(), bytes);
  }
  return out;
}

}  // namespace sinter::onnx
