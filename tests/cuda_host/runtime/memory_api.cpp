// Devices and their memory.
#include <cstring>
#include <vector>

#include "../ptx/memory.h"
#include "device_state.h"

using sinter::cuda_host::drain;
using sinter::cuda_host::drain_all;
using sinter::cuda_host::ended;
using sinter::cuda_host::enqueue;
using sinter::ptx::DeviceMemory;

namespace {

constexpr std::size_t kDeviceBytes = std::size_t{2} << 30;
std::size_t g_used = 0;

bool is_device(const void* pointer, std::size_t bytes) {
  return DeviceMemory::instance().find(reinterpret_cast<std::uint64_t>(pointer), bytes) != nullptr;
}

// Some byte of it is device memory.
bool touches_device(const void* pointer) { return is_device(pointer, 1); }

bool valid_side(const void* pointer, std::size_t bytes) {
  return !touches_device(pointer) || is_device(pointer, bytes);
}

}  // namespace

extern "C" {

cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}
cudaError_t cudaGetDevice(int* device) {
  *device = 0;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
  return ended(device == 0 ? cudaSuccess : cudaErrorInvalidDevice);
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  switch (attribute) {
    case cudaDevAttrComputeCapabilityMajor:
      *value = 8;
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMinor:
      *value = 0;
      return cudaSuccess;
    default:
      return ended(cudaErrorInvalidValue);
  }
}

cudaError_t cudaMalloc(void** out, std::size_t bytes) {
  *out = nullptr;
  if (bytes > kDeviceBytes - g_used) return ended(cudaErrorMemoryAllocation);
  *out = DeviceMemory::instance().allocate(bytes);
  if (*out == nullptr) return ended(cudaErrorMemoryAllocation);
  g_used += bytes;
  return cudaSuccess;
}
cudaError_t cudaFree(void* block) {
  if (block == nullptr) return cudaSuccess;
  const cudaError_t status = drain_all();
  const auto* found = DeviceMemory::instance().find(reinterpret_cast<std::uint64_t>(block), 1);
  if (found == nullptr) return ended(cudaErrorInvalidValue);
  g_used -= found->bytes;
  return DeviceMemory::instance().free(block) ? status : ended(cudaErrorInvalidValue);
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, std::size_t bytes, cudaMemcpyKind,
                            cudaStream_t stream) {
  if (bytes == 0) return cudaSuccess;
  if (!valid_side(to, bytes) || !valid_side(from, bytes)) return ended(cudaErrorInvalidValue);
  if (touches_device(from)) {
    enqueue(stream, [=] { std::memcpy(to, from, bytes); });
    return cudaSuccess;
  }
  // Pageable host memory is read before the call returns.
  const auto* bytes_from = static_cast<const unsigned char*>(from);
  enqueue(stream, [to, staged = std::vector<unsigned char>(bytes_from, bytes_from + bytes)] {
    std::memcpy(to, staged.data(), staged.size());
  });
  return cudaSuccess;
}
cudaError_t cudaMemcpy(void* to, const void* from, std::size_t bytes, cudaMemcpyKind kind) {
  const cudaError_t status = cudaMemcpyAsync(to, from, bytes, kind, nullptr);
  return status == cudaSuccess ? drain(nullptr) : status;
}
cudaError_t cudaMemsetAsync(void* to, int value, std::size_t bytes, cudaStream_t stream) {
  if (bytes == 0) return cudaSuccess;
  if (!is_device(to, bytes)) return ended(cudaErrorInvalidValue);
  enqueue(stream, [=] { std::memset(to, value, bytes); });
  return cudaSuccess;
}
}
