// The caching allocator of device memory and its statistics.
#pragma once
#include <sinter/core/allocator.h>

#include <cuda_runtime_api.h>

#include <cstddef>

namespace sinter::cuda_allocator {

// Memory of a device, from the cache when a free block of the same class was last used in the
// device's current stream (whose order then keeps its uses apart), else from cudaMalloc. Sizes are
// rounded up to a multiple of an eighth of the power of two below them, at least 512 bytes, so the
// block is aligned to 256. Null for 0 bytes. When the device is full the cache is emptied first.
// Throws OutOfMemoryError `[allocate] out of memory on cuda:0; got N bytes`.
void* allocate(int device, std::size_t bytes);
// Gives back memory of allocate, from any thread. Null is ignored. The block goes to the stream it
// was allocated in; use in another one must have been waited for.
void deallocate(int device, void* block) noexcept;

AllocatorStats stats(int device);
// Sets peak_bytes to current_bytes.
void reset_peak(int device);
// Waits for the device and returns free blocks to it.
void empty_cache(int device);

}  // namespace sinter::cuda_allocator
