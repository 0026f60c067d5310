#include <sinter/core/backend.h>
#include <sinter/core/host_elements_internal.h>

namespace sinter::detail {

HostElements::HostElements(const Tensor& tensor) : data_(tensor.impl()->data()) {
  if (tensor.is_cpu()) return;
  const StorageImpl& storage = *tensor.impl()->storage;
  copy_.resize(storage.nbytes());
  backend(tensor.device())
      .copy(copy_.data(), kCPU, storage.data(), tensor.device(), storage.nbytes());
  data_ = copy_.data() + (data_ - static_cast<const char*>(storage.data()));
}

}  // namespace sinter::detail
