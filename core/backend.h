// The slots that a device other than the CPU fills.
#pragma once
#include <sinter/core/device.h>
#include <sinter/core/dims.h>

#include <cstddef>

namespace sinter {

// Elements to be copied from one layout to another of the same sizes; strides in elements.
struct StridedCopy {
  void* to;
  IntArrayRef to_strides;
  const void* from;
  IntArrayRef from_strides;
  IntArrayRef sizes;
  std::size_t element_bytes;
};

// What core needs of a device. The cuda layer fills one and registers it; core calls through it.
struct DeviceBackend {
  void* (*allocate)(int index, std::size_t bytes) = nullptr;
  void (*deallocate)(int index, void* block, std::size_t bytes) = nullptr;
  // Copies bytes between any two of {host, this device}; returns when the source may be reused.
  void (*copy)(void* to, Device to_device, const void* from, Device from_device,
               std::size_t bytes) = nullptr;
  // Copies elements between two layouts of the same sizes on the device, as copy_strided does.
  void (*copy_strided)(int index, const StridedCopy& copy) = nullptr;
  void (*synchronize)(int index) = nullptr;
  int (*device_count)() = nullptr;
};

// Installs the backend of a device type (once, at start); one without allocate takes it away.
void register_backend(DeviceType type, const DeviceBackend& backend);
bool has_backend(DeviceType type);
// Throws NotImplementedError `[cuda] this build has no CUDA backend; got device cuda:0`.
const DeviceBackend& backend(Device device);

namespace detail {
// The CUDA layer's backend, defined there; called once, before the first question about devices, in
// a build that has it.
DeviceBackend cuda_backend();
}  // namespace detail

// What programs ask before they choose a device, as torch::cuda.
namespace cuda {
// Whether there is a device that tensors can be moved to.
bool is_available();
// How many there are; 0 without the backend.
int device_count();
// Waits until the device (the first, unless given) has done all it was asked. Throws
// NotImplementedError without the backend.
void synchronize(int index = -1);
}  // namespace cuda

}  // namespace sinter
