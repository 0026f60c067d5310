// The caching allocator of CPU memory, its statistics and its fault hook.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sinter {

// Counters of the CPU allocator, in bytes and calls. Exact while no other thread allocates. What
// another thread allocated and freed since its last 64 KiB may be missing in peak_bytes.
struct AllocatorStats {
  std::int64_t current_bytes = 0;  // held by live blocks (rounded up to block sizes)
  std::int64_t peak_bytes = 0;     // maximum of current_bytes since the start or the last reset
  std::int64_t allocations = 0;    // calls of allocate so far
  std::int64_t system_allocations = 0;  // of those, the ones that had to ask the system
  std::int64_t cached_bytes = 0;        // free blocks kept for reuse
};

namespace cpu_allocator {
// Returns memory aligned to 64 bytes, from a thread-local free list when possible, else from the
// shared cache, else from the system. Small requests are rounded up to one of four block sizes per
// power of two, those above 1 MiB to one of eight. Null for 0 bytes. When the system refuses, the
// caches are emptied first. Throws OutOfMemoryError `[allocate] out of memory; got N bytes`.
void* allocate(std::size_t bytes);
// Gives back memory of allocate(bytes), with the same bytes; any thread may do so, at any time
// until the process ends. Null is ignored.
void deallocate(void* block, std::size_t bytes) noexcept;

AllocatorStats stats();
// Sets peak_bytes to current_bytes.
void reset_peak();
// Returns cached blocks (this thread's and the shared ones) to the system.
void empty_cache();

// A hook for tests: called with the size before each allocation; when it returns true the
// allocation fails with OutOfMemoryError. nullptr removes it. Set it while no other thread
// allocates; threads that allocate call it concurrently.
using FaultHook = bool (*)(std::size_t bytes);
void set_fault_hook(FaultHook hook);
}  // namespace cpu_allocator

}  // namespace sinter
