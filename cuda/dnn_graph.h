// cuDNN's backend descriptors: what its graph API is made of.
#pragma once
#include <sinter/cuda/dnn.h>

#include <cudnn.h>

#include <initializer_list>
#include <utility>
#include <vector>

namespace sinter::cuda {

// Throws Error `[cuda] CALL failed; got STATUS: text` unless the status is success.
void check_dnn(cudnnStatus_t status, const char* call);

// One descriptor, owned.
class Descriptor {
 public:
  explicit Descriptor(cudnnBackendDescriptorType_t type);
  Descriptor(Descriptor&& other) noexcept : get_(std::exchange(other.get_, nullptr)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(get_, other.get_);
    return *this;
  }
  ~Descriptor();

  Descriptor& set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                  std::int64_t count, const void* values);
  Descriptor& set(cudnnBackendAttributeName_t name, const std::vector<std::int64_t>& values);
  Descriptor& set(cudnnBackendAttributeName_t name, const Descriptor& value);
  template <class T>
  Descriptor& set_one(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type,
                      const T& value) {
    return set(name, type, 1, &value);
  }
  Descriptor& finalize();
  cudnnBackendDescriptor_t get() const { return get_; }

 private:
  cudnnBackendDescriptor_t get_ = nullptr;
};

// Names of the tensors in a plan.
inline constexpr std::int64_t kDnnX = 'x', kDnnW = 'w', kDnnY = 'y';

// The operation graph of a convolution, with the descriptors that it is made of.
struct ConvolutionGraph {
  Descriptor x, w, y, convolution, operation, graph;
};

// Finalized; handle may be null (deviceless planning).
ConvolutionGraph convolution_graph(cudnnHandle_t handle, const Convolution& problem);

// The engine configurations that cuDNN's heuristics propose for a graph, best first; for the device
// of the graph's handle, or the one that device_properties (null: none) describes.
std::vector<Descriptor> engine_configs(const Descriptor& graph,
                                       const Descriptor* device_properties = nullptr);

// The description of a device by its properties as JSON.
Descriptor device_properties(const char* json);

}  // namespace sinter::cuda
