#include <sinter/core/device.h>
#include <sinter/core/error.h>
#include <sinter/cuda/allocator.h>
#include <sinter/cuda/runtime.h>

#include <algorithm>
#include <array>
#include <bit>
#include <map>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace sinter::cuda_allocator {

namespace {

constexpr std::size_t kSmallest = 512;
constexpr std::size_t kLargest = std::size_t{1} << 48;

std::size_t class_of(std::size_t bytes) {
  const std::size_t least = std::max(bytes, kSmallest);
  const std::size_t step = std::max(std::bit_floor(least) / 8, kSmallest);
  return (least + step - 1) / step * step;
}

// Blocks of one class whose last user was one stream.
struct Key {
  cudaStream_t stream;
  std::size_t bytes;
  friend auto operator<=>(const Key&, const Key&) = default;
};

class Pool {
 public:
  void* take(int device, std::size_t bytes);
  void give(void* block) noexcept;
  AllocatorStats stats() {
    const std::lock_guard lock(mutex_);
    return stats_;
  }
  void reset_peak() {
    const std::lock_guard lock(mutex_);
    stats_.peak_bytes = stats_.current_bytes;
  }
  void clear(int device) {
    const std::lock_guard lock(mutex_);
    release(device);
  }

 private:
  void* from_device(int device, std::size_t bytes);
  void release(int device);

  std::mutex mutex_;
  std::map<Key, std::vector<void*>> free_;
  std::unordered_map<void*, Key> live_;
  AllocatorStats stats_;
};

// Never destroyed: tensors of static duration give their memory back after main().
Pool& pool(int device) {
  static auto* pools = new std::array<Pool, kMaxDevices>;
  return (*pools)[static_cast<std::size_t>(device)];
}

void* Pool::take(int device, std::size_t bytes) {
  const Key key{cuda::current_stream(device), class_of(bytes)};
  const std::lock_guard lock(mutex_);
  std::vector<void*>& list = free_[key];
  void* block = nullptr;
  if (!list.empty()) {
    block = list.back();
    list.pop_back();
    stats_.cached_bytes -= static_cast<std::int64_t>(key.bytes);
  } else {
    block = from_device(device, key.bytes);
    ++stats_.system_allocations;
  }
  live_.emplace(block, key);
  ++stats_.allocations;
  stats_.current_bytes += static_cast<std::int64_t>(key.bytes);
  stats_.peak_bytes = std::max(stats_.peak_bytes, stats_.current_bytes);
  return block;
}

void* Pool::from_device(int device, std::size_t bytes) {
  const cuda::DeviceScope scope(device);
  void* block = nullptr;
  cudaError_t status = cudaMalloc(&block, bytes);
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    release(device);
    status = cudaMalloc(&block, bytes);
  }
  if (status == cudaErrorMemoryAllocation) {
    cudaGetLastError();
    fail<OutOfMemoryError>("[allocate] out of memory on cuda:", device, "; got ", bytes, " bytes");
  }
  cuda::check(status, "cudaMalloc");
  return block;
}

void Pool::give(void* block) noexcept {
  const std::lock_guard lock(mutex_);
  const auto found = live_.find(block);
  if (found == live_.end()) return;
  const auto bytes = static_cast<std::int64_t>(found->second.bytes);
  free_[found->second].push_back(block);
  live_.erase(found);
  stats_.current_bytes -= bytes;
  stats_.cached_bytes += bytes;
}

void Pool::release(int device) {
  const cuda::DeviceScope scope(device);
  SINTER_CUDA_CHECK(cudaDeviceSynchronize());
  for (auto& [key, blocks] : free_) {
    for (void* block : blocks) SINTER_CUDA_CHECK(cudaFree(block));
    stats_.cached_bytes -= static_cast<std::int64_t>(key.bytes * blocks.size());
    blocks.clear();
  }
}

}  // namespace

void* allocate(int device, std::size_t bytes) {
  if (bytes == 0) return nullptr;
  if (bytes > kLargest) {
    fail<OutOfMemoryError>("[allocate] out of memory on cuda:", device, "; got ", bytes, " bytes");
  }
  return pool(device).take(device, bytes);
}

void deallocate(int device, void* block) noexcept {
  if (block != nullptr) pool(device).give(block);
}

AllocatorStats stats(int device) { return pool(device).stats(); }
void reset_peak(int device) { pool(device).reset_peak(); }
void empty_cache(int device) { pool(device).clear(device); }

}  // namespace sinter::cuda_allocator
