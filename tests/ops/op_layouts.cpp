#include <sinter/core/strided_copy.h>
#include <sinter/core/tensor_factory.h>

#include <cstring>

#include "op_suite.h"

namespace sinter::testing {

namespace {
// A tensor of the given geometry over a new buffer filled with junk, holding t's elements.
Tensor relaid(const Tensor& t, const Dims& strides, std::int64_t offset, std::int64_t extent) {
  const Tensor buffer = empty_tensor("test", {extent}, t.dtype());
  if (buffer.nbytes() > 0) std::memset(buffer.data_ptr(), 0x3c, buffer.nbytes());
  TensorMeta meta;
  meta.dtype = t.dtype();
  meta.set_strided(t.sizes(), strides, offset);
  Tensor out = make_view(buffer.storage(), meta);
  if (t.numel() > 0) {
    copy_strided(out.impl()->data(), strides, t.data_ptr(), t.strides(), t.sizes(),
                 t.element_size());
  }
  return out;
}
}  // namespace

Tensors cast(const Tensors& tensors, DType dtype) {
  Tensors out;
  for (const Tensor& t : tensors) {
    out.push_back(t.defined() && t.is_floating_point() ? t.detach().to(dtype) : t);
  }
  return out;
}

Tensor with_gaps(const Tensor& t) {
  Dims strides = contiguous_strides(t.sizes());
  for (auto& s : strides) s *= 2;
  return relaid(t, strides, 1, 2 * t.numel() + 2);
}

Tensor with_reversed_strides(const Tensor& t) {
  const Dims sizes = t.sizes();
  Dims strides(sizes.size(), 1);
  for (std::size_t d = 1; d < sizes.size(); ++d)
    strides[d] = strides[d - 1] * std::max<std::int64_t>(sizes[d - 1], 1);
  return relaid(t, strides, 0, t.numel());
}

Tensor in_channels_last(const Tensor& t) {
  return t.dim() == 4 ? relaid(t, channels_last_strides(t.sizes()), 0, t.numel()) : t;
}

Tensor in_free_layout(const Tensor& t) {
  if (t.dim() != 4) return t;
  Tensor out = in_channels_last(t);
  out.impl()->meta.free_layout = !out.impl()->meta.contiguous;
  return out;
}

Tensor as_fake(const Tensor& t) {
  if (!t.defined()) return t;
  return make_view({}, t.impl()->meta);
}

std::vector<char> to_bytes(const Tensor& t) {
  std::vector<char> bytes(t.nbytes());
  if (!bytes.empty()) {
    copy_strided(bytes.data(), contiguous_strides(t.sizes()), t.data_ptr(), t.strides(), t.sizes(),
                 t.element_size());
  }
  return bytes;
}

std::vector<double> to_doubles(const Tensor& t) {
  const std::vector<char> bytes = to_bytes(t);
  std::vector<double> out(static_cast<std::size_t>(t.numel()));
  visit_dtype(t.dtype(), [&]<class T>() {
    for (std::size_t i = 0; i < out.size(); ++i) {
      T value;
      std::memcpy(&value, bytes.data() + i * sizeof(T), sizeof(T));
      out[i] = static_cast<double>(value);
    }
  });
  return out;
}

}  // namespace sinter::testing
