#include "defects.h"

#include <cstring>

namespace sinter::cuda_host {
namespace {

constexpr int kCount = 1000;
constexpr int kThreads = 256;

// Sums a block's elements into b[block]. Correct with kBarriers.
template <bool kBarriers>
__global__ void sum_block(const float* a, float* b) {
  __shared__ float parts[kThreads];
  const int i = blockIdx.x * kThreads + threadIdx.x;
  parts[threadIdx.x] = i < kCount ? a[i] : 0;
  __syncthreads();
  for (int step = kThreads / 2; step > 0; step /= 2) {
    if (threadIdx.x < step) parts[threadIdx.x] += parts[threadIdx.x + step];
    if (kBarriers) __syncthreads();
  }
  if (threadIdx.x == 0) b[blockIdx.x] = parts[0];
}

// Swaps neighbours within a warp. Correct with kWait.
template <bool kWait>
__global__ void swap_in_warp(float* b) {
  __shared__ float tile[32];
  tile[threadIdx.x] = static_cast<float>(threadIdx.x);
  if (kWait) __syncwarp();
  b[threadIdx.x] = tile[threadIdx.x ^ 1];
}

// Counts the threads of all blocks in b[0]. Correct with kAtomic.
template <bool kAtomic>
__global__ void count_threads(float* b) {
  if (kAtomic) {
    atomicAdd(b, 1.0F);
  } else {
    b[0] += 1;
  }
}

// Moves elements down by one, which reads what another block may have written.
__global__ void shift_in_place(float* a) {
  const int i = blockIdx.x * kThreads + threadIdx.x;
  if (i + 1 < kCount) a[i] = a[i + 1];
}
__global__ void read_past_end(const float* a, float* b) {
  const int i = blockIdx.x * kThreads + threadIdx.x;
  if (i < kCount) b[i] = a[i + 1];
}
__global__ void write_past_end(float* b) {
  const int i = blockIdx.x * kThreads + threadIdx.x;
  if (i <= kCount) b[i] = 1;
}
__global__ void misaligned(float* b) {
  *reinterpret_cast<float4*>(b + 1) = make_float4(0, 0, 0, 0);
}
__global__ void shared_past_end(float* b) {
  __shared__ float tile[64];
  tile[threadIdx.x + 1] = 1;
  __syncthreads();
  b[threadIdx.x] = tile[threadIdx.x + 1];
}
__global__ void dynamic_shared_past_end(float* b) {
  extern __shared__ float dynamic[];
  dynamic[threadIdx.x + 1] = 1;
  __syncthreads();
  b[threadIdx.x] = dynamic[threadIdx.x + 1];
}
__global__ void shared_not_written(float* b) {
  __shared__ float tile[64];
  if (threadIdx.x < 63) tile[threadIdx.x] = 1;
  __syncthreads();
  b[threadIdx.x] = tile[threadIdx.x];
}
__global__ void barriers_at_two_places(float* b) {
  if (threadIdx.x < 32) {
    b[threadIdx.x] = 1;
    __syncthreads();
    b[threadIdx.x] = 3;
  } else {
    b[threadIdx.x] = 2;
    __syncthreads();
    b[threadIdx.x] = 4;
  }
}
__global__ void barrier_after_exit(float* b, int n) {
  if (static_cast<int>(threadIdx.x) >= n) return;
  b[threadIdx.x] = 1;
  __syncthreads();
  b[threadIdx.x] += 1;
}
__global__ void shuffle_without_all_lanes(float* b, int n) {
  float v = 0;
  if (static_cast<int>(threadIdx.x) < n) v = __shfl_xor_sync(0xffffffffU, b[threadIdx.x], 1);
  b[threadIdx.x] = v;
}
__global__ void traps(float* b) {
  if (b != nullptr) __trap();
}

void launch_sharing(const char* name, float* a, float* b) {
  const auto is = [&](const char* other) { return std::strcmp(name, other) == 0; };
  if (is("sum_block")) sum_block<true><<<4, kThreads>>>(a, b);
  if (is("sum_block without barriers")) sum_block<false><<<4, kThreads>>>(a, b);
  if (is("swap_in_warp")) swap_in_warp<true><<<1, 32>>>(b);
  if (is("swap_in_warp without __syncwarp")) swap_in_warp<false><<<1, 32>>>(b);
  if (is("count_threads")) count_threads<true><<<8, 1>>>(b);
  if (is("count_threads without atomics")) count_threads<false><<<8, 1>>>(b);
  if (is("shift_in_place")) shift_in_place<<<4, kThreads>>>(a);
  if (is("shared_not_written")) shared_not_written<<<1, 64>>>(b);
}

}  // namespace

void launch_defect(const char* name, float* a, float* b) {
  const auto is = [&](const char* other) { return std::strcmp(name, other) == 0; };
  launch_sharing(name, a, b);
  if (is("read_past_end")) read_past_end<<<4, kThreads>>>(a, b);
  if (is("write_past_end")) write_past_end<<<4, kThreads>>>(b);
  if (is("misaligned")) misaligned<<<1, 1>>>(b);
  if (is("shared_past_end")) shared_past_end<<<1, 64>>>(b);
  if (is("dynamic_shared_past_end")) dynamic_shared_past_end<<<1, 64, 256>>>(b);
  if (is("barriers_at_two_places")) barriers_at_two_places<<<1, 64>>>(b);
  if (is("barrier_after_exit")) barrier_after_exit<<<1, 64>>>(b, 40);
  if (is("shuffle_without_all_lanes")) shuffle_without_all_lanes<<<1, 32>>>(b, 20);
  if (is("traps")) traps<<<1, 1>>>(b);
  if (is("too many threads")) traps<<<1, 2048>>>(nullptr);
}

}  // namespace sinter::cuda_host
