// Launching kernels.
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/cuda/runtime.h>

#include <cstdint>

namespace sinter::cuda {

inline constexpr unsigned kBlock = 256;

// Where and how a kernel runs: on the device of a tensor, in its current stream.
class Launch {
 public:
  explicit Launch(const Tensor& on) : Launch(on.impl()->meta.device.index()) {}
  explicit Launch(int device) : scope_(device), device_(device), stream_(current_stream(device)) {}
  int device() const { return device_; }
  cudaStream_t stream() const { return stream_; }

 private:
  DeviceScope scope_;
  int device_;
  cudaStream_t stream_;
};

// Throws Error when the launch just made was refused.
inline void check_launch() { SINTER_CUDA_CHECK(cudaGetLastError()); }

// Blocks for n elements, one thread each; kernels loop on where the grid is full.
inline unsigned blocks_for(std::int64_t n, unsigned block = kBlock) {
  constexpr std::int64_t kMost = 1 << 20;
  const std::int64_t blocks = (n + block - 1) / block;
  return static_cast<unsigned>(blocks < kMost ? blocks : kMost);
}

}  // namespace sinter::cuda
