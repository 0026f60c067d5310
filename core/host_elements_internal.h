// The elements of a tensor of any device, readable by the host.
#pragma once
#include <sinter/core/tensor.h>

#include <vector>

namespace sinter::detail {

// The tensor must have a storage; its strides hold for data() too. Lives no longer than the tensor.
class HostElements {
 public:
  explicit HostElements(const Tensor& tensor);
  // The first element.
  const char* data() const { return data_; }

 private:
  std::vector<char> copy_;
  const char* data_;
};

}  // namespace sinter::detail
