#include <sinter/core/tensor_factory.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/view.h>
#include <sinter/ops/view_internal.h>

#include <algorithm>

namespace sinter {

Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, Callable<void(void*)> deleter,
                 const TensorOptions& options) {
  constexpr const char* kOp = "from_blob";
  ops::check_strided(kOp, sizes, strides);
  const bool empty = std::find(sizes.begin(), sizes.end(), 0) != sizes.end();
  SINTER_CHECK_AS(ValueError, empty || data != nullptr,
                  "[from_blob] memory for the elements is required; got a null pointer for ",
                  sizes);
  TensorMeta meta;
  meta.dtype = options.dtype();
  meta.device = options.device();
  meta.set_strided(sizes, strides, 0);
  const std::int64_t elements =
      empty ? 0 : checked_add(kOp, ops::last_position(kOp, sizes, strides), 1);
  const std::int64_t bytes =
      checked_mul(kOp, elements, static_cast<std::int64_t>(element_size(meta.dtype)));
  Tensor out = make_view(
      StorageImpl::wrap(data, static_cast<std::size_t>(bytes), meta.device, std::move(deleter)),
      meta);
  if (options.requires_grad()) out.set_requires_grad(true);
  return out;
}

Tensor from_blob(void* data, IntArrayRef sizes, Callable<void(void*)> deleter,
                 const TensorOptions& options) {
  checked_numel("from_blob", sizes);
  return from_blob(data, sizes, contiguous_strides(sizes), std::move(deleter), options);
}

Tensor from_blob(void* data, IntArrayRef sizes, IntArrayRef strides, const TensorOptions& options) {
  return from_blob(data, sizes, strides, {}, options);
}

Tensor from_blob(void* data, IntArrayRef sizes, const TensorOptions& options) {
  return from_blob(data, sizes, Callable<void(void*)>(), options);
}

std::vector<Tensor> meshgrid(const std::vector<Tensor>& tensors, std::string_view indexing) {
  SINTER_CHECK_AS(ValueError, indexing == "ij" || indexing == "xy",
                  "[meshgrid] indexing must be ij or xy; got ", indexing);
  SINTER_CHECK_AS(ValueError, !tensors.empty(), "[meshgrid] takes at least one tensor; got none");
  const bool swap = indexing == "xy" && tensors.size() >= 2;
  Dims sizes;
  for (const Tensor& x : tensors) {
    SINTER_CHECK_AS(ValueError, x.dim() <= 1, "[meshgrid] takes 0-d and 1-d tensors; got ",
                    x.sizes());
    sizes.push_back(x.numel());
  }
  if (swap) std::swap(sizes[0], sizes[1]);
  std::vector<Tensor> out;
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    Dims shape(tensors.size(), 1);
    shape[swap && i < 2 ? 1 - i : i] = tensors[i].numel();
    out.push_back(expand(view(tensors[i].contiguous(), shape), sizes));
  }
  return out;
}

}  // namespace sinter
