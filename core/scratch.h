// Scratch memory planned ahead: what kernels allocate and free during a call comes from a region
// that a graph's plan has set aside, instead of the allocator.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace sinter::cpu_allocator {

// A piece of memory that hands out blocks, last in first out as a rule.
class ScratchRegion {
 public:
  ScratchRegion() = default;
  ScratchRegion(void* memory, std::size_t bytes)
      : begin_(static_cast<char*>(memory)), bytes_(bytes) {}
  // A block aligned to 64 bytes, or null when there is no room.
  void* take(std::size_t bytes) noexcept;
  // Gives a block back; false when it is not of this region.
  bool give(void* block, std::size_t bytes) noexcept;
  // Hands out other memory from now on. No block of the former may be in use.
  void use(void* memory, std::size_t bytes) noexcept {
    begin_ = static_cast<char*>(memory);
    bytes_ = bytes;
  }
  // Blocks in use.
  std::size_t live() const { return live_; }
  // The most that was in use at a time.
  std::size_t peak() const { return peak_; }
  // Notes that the allocator was asked instead, and says how often since the last answer.
  void miss() noexcept { ++misses_; }
  std::int64_t take_misses() noexcept { return std::exchange(misses_, 0); }

 private:
  char* begin_ = nullptr;
  std::size_t bytes_ = 0;
  std::size_t used_ = 0;
  std::size_t live_ = 0;
  std::size_t peak_ = 0;
  std::int64_t misses_ = 0;
};

// While it lives, this thread's allocations come from regions[0], and those of the i-th thread of
// its parallel loops from regions[i]; what finds no room there comes from the allocator. Blocks
// must be given back before the scope ends.
class ScratchScope {
 public:
  explicit ScratchScope(std::span<ScratchRegion> regions);
  ~ScratchScope();
  ScratchScope(const ScratchScope&) = delete;
  ScratchScope& operator=(const ScratchScope&) = delete;

 private:
  std::span<ScratchRegion> outer_;
};

// Suspends the scope for memory that outlives the call: caches. Counts as a miss.
class ScratchPause {
 public:
  ScratchPause();
  ~ScratchPause();
  ScratchPause(const ScratchPause&) = delete;
  ScratchPause& operator=(const ScratchPause&) = delete;

 private:
  std::span<ScratchRegion> regions_;
};

// The regions of this thread's scope, for the threads of its loops.
std::span<ScratchRegion> scratch_regions();

}  // namespace sinter::cpu_allocator
