// A kernel that calls a function for each element of an index space.
#pragma once
#include <sinter/cuda/launch.h>

namespace sinter::cuda {

// The first element of this thread, and the step to its next.
__device__ inline std::int64_t first_element() {
  return static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x;
}
__device__ inline std::int64_t element_step() {
  return static_cast<std::int64_t>(gridDim.x) * blockDim.x;
}

template <class F>
__global__ void each_kernel(F f, std::int64_t n) {
  for (std::int64_t i = first_element(); i < n; i += element_step()) f(i);
}

// f(i) for 0 <= i < n in any order; F is a struct of values with a device operator().
template <class F>
void for_each_element(const Launch& launch, std::int64_t n, const F& f) {
  if (n == 0) return;
  each_kernel<<<blocks_for(n), kBlock, 0, launch.stream()>>>(f, n);
  check_launch();
}

}  // namespace sinter::cuda
