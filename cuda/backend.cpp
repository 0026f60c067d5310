#include <sinter/core/backend.h>
#include <sinter/cuda/allocator.h>
#include <sinter/cuda/kernels.h>
#include <sinter/cuda/runtime.h>

namespace sinter {

namespace cuda {
namespace {

// In the stream of the device that takes part; host memory may be used again on return.
void copy_bytes(void* to, Device to_device, const void* from, Device from_device,
                std::size_t bytes) {
  const int device = to_device.is_cuda() ? to_device.index() : from_device.index();
  const DeviceScope scope(device);
  const cudaStream_t stream = current_stream(device);
  if (from_device.is_cuda() && to_device.is_cuda() && !(from_device == to_device)) {
    // What fills the source has its own stream.
    SINTER_CUDA_CHECK(cudaStreamSynchronize(current_stream(from_device.index())));
  }
  SINTER_CUDA_CHECK(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDefault, stream));
  if (to_device.is_cpu() || from_device.is_cpu()) SINTER_CUDA_CHECK(cudaStreamSynchronize(stream));
}

void synchronize_device(int device) {
  const DeviceScope scope(device);
  SINTER_CUDA_CHECK(cudaDeviceSynchronize());
}

}  // namespace
}  // namespace cuda

namespace detail {

DeviceBackend cuda_backend() {
  cuda::register_all_kernels();
  DeviceBackend backend;
  backend.allocate = cuda_allocator::allocate;
  backend.deallocate = [](int device, void* block, std::size_t) {
    cuda_allocator::deallocate(device, block);
  };
  backend.copy = cuda::copy_bytes;
  backend.copy_strided = cuda::copy_layout;
  backend.synchronize = cuda::synchronize_device;
  backend.device_count = cuda::device_total;
  return backend;
}

}  // namespace detail
}  // namespace sinter
