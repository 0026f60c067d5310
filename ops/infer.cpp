#include <sinter/ops/op_def.h>

namespace sinter::ops {

namespace {
void check_sizes(const char* op, IntArrayRef sizes, DType dtype) {
  const std::int64_t numel = checked_numel(op, sizes);
  checked_mul(op, numel, static_cast<std::int64_t>(element_size(dtype)));
}
}  // namespace

void InferContext::set(std::size_t i, IntArrayRef sizes, DType dtype) const {
  check_sizes(op(), sizes, dtype);
  out[i]->dtype = dtype;
  out[i]->set_contiguous(sizes);
}

void InferContext::set_like(std::size_t i, IntArrayRef sizes, DType dtype,
                            const TensorMeta& like) const {
  if (like.contiguous || !(IntArrayRef(like.sizes) == sizes)) {
    set(i, sizes, dtype);
  } else {
    check_sizes(op(), sizes, dtype);
    out[i]->dtype = dtype;
    if (like.non_overlapping_and_dense()) {
      out[i]->set_strided(sizes, like.strides, 0);
    } else {
      set(i, sizes, dtype);
    }
  }
  out[i]->free_layout = like.free_layout && !out[i]->contiguous;
}

void InferContext::set_free_channels_last(std::size_t i, IntArrayRef sizes, DType dtype) const {
  check_sizes(op(), sizes, dtype);
  out[i]->dtype = dtype;
  out[i]->set_channels_last(sizes);
  out[i]->free_layout = !out[i]->contiguous;
}

void InferContext::set_view(IntArrayRef sizes, IntArrayRef strides, std::int64_t offset) const {
  const TensorMeta& source = meta(0);
  check_sizes(op(), sizes, source.dtype);
  out[0]->dtype = source.dtype;
  out[0]->set_strided(sizes, strides, offset);
}

}  // namespace sinter::ops
