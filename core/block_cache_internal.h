// The CPU allocator's blocks that no thread owns, and those that come from the system.
#pragma once
#include <sinter/core/block_size_internal.h>
#include <sinter/core/free_list_internal.h>

#include <cstddef>
#include <mutex>

namespace sinter::detail {

// A free large block: in the list of its class, and in that of all of them by age.
struct LargeBlock {
  LargeBlock* next;
  LargeBlock* previous;
  LargeBlock* newer;
  LargeBlock* older;
  std::size_t index;
};

// Free blocks shared by all threads. Never destroyed, so that memory can be freed until the very
// end of the process. Blocks are kept until the memory held from the system nears the machine's;
// then those unused for longest go back first.
class BlockCache {
 public:
  // A large block, new or recycled; null when the system has no memory. Sets from_system.
  void* take_large(std::size_t index, bool& from_system);
  void give_large(void* block, std::size_t index) noexcept;
  // Moves up to n small blocks to or from a thread's list.
  void take_small(std::size_t index, FreeList& to, std::size_t n);
  void give_small(std::size_t index, FreeList& from, std::size_t n) noexcept;
  // A small block from the system, or null.
  void* new_small(std::size_t index);
  // Gives every free block back to the system.
  void clear() noexcept;
  std::size_t cached_bytes() const;

 private:
  void* map_within_budget(std::size_t bytes);
  void unlink(LargeBlock* block) noexcept;
  void release(LargeBlock* block) noexcept;
  void clear_locked() noexcept;

  mutable std::mutex mutex_;
  FreeList small_[kSmallClasses];
  LargeBlock* large_[kLargeClasses] = {};
  LargeBlock* oldest_ = nullptr;
  LargeBlock* newest_ = nullptr;
  std::size_t cached_ = 0;  // bytes of free blocks
  std::size_t mapped_ = 0;  // bytes of large blocks, free and live
};

}  // namespace sinter::detail
