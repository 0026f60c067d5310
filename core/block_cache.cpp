#include <sinter/core/block_cache_internal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

namespace sinter::detail {

namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;

// The memory of the machine, or of this process's control group when that is less.
std::size_t machine_bytes() {
  unsigned long long bytes = static_cast<unsigned long long>(sysconf(_SC_PHYS_PAGES)) *
                             static_cast<unsigned long long>(sysconf(_SC_PAGESIZE));
  if (std::FILE* file = std::fopen("/sys/fs/cgroup/memory.max", "re")) {
    unsigned long long limit = 0;
    if (std::fscanf(file, "%llu", &limit) == 1 && limit < bytes) bytes = limit;
    std::fclose(file);
  }
  return static_cast<std::size_t>(bytes);
}

// What the cache may hold before it gives old blocks back.
std::size_t budget() {
  static const std::size_t bytes = machine_bytes() / 4 * 3;
  return bytes;
}

void* map_pages(std::size_t bytes) {
  void* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
}

// Blocks of at least a huge page start at a huge page: one page fault instead of 512.
void* map_block(std::size_t bytes) {
  if (bytes < kHugePage) return map_pages(bytes);
  auto* memory = static_cast<char*>(map_pages(bytes + kHugePage));
  if (memory == nullptr) return map_pages(bytes);
  const std::size_t misalignment = reinterpret_cast<std::uintptr_t>(memory) % kHugePage;
  const std::size_t before = misalignment == 0 ? 0 : kHugePage - misalignment;
  if (before != 0) munmap(memory, before);
  munmap(memory + before + bytes, kHugePage - before);
  madvise(memory + before, bytes, MADV_HUGEPAGE);
  return memory + before;
}

}  // namespace

void* BlockCache::take_large(std::size_t index, bool& from_system) {
  const std::lock_guard lock(mutex_);
  LargeBlock* block = large_[index];
  from_system = block == nullptr;
  if (from_system) return map_within_budget(LargeClasses::bytes(index));
  unlink(block);
  cached_ -= LargeClasses::bytes(index);
  return block;
}

void* BlockCache::map_within_budget(std::size_t bytes) {
  while (oldest_ != nullptr && mapped_ + bytes > budget()) release(oldest_);
  void* memory = map_block(bytes);
  if (memory == nullptr) {
    clear_locked();
    memory = map_block(bytes);
  }
  if (memory != nullptr) mapped_ += bytes;
  return memory;
}

void BlockCache::give_large(void* block, std::size_t index) noexcept {
  const std::lock_guard lock(mutex_);
  auto* free = static_cast<LargeBlock*>(block);
  *free = {large_[index], nullptr, nullptr, newest_, index};
  if (free->next != nullptr) free->next->previous = free;
  (newest_ != nullptr ? newest_->newer : oldest_) = free;
  large_[index] = newest_ = free;
  cached_ += LargeClasses::bytes(index);
}

void BlockCache::unlink(LargeBlock* block) noexcept {
  (block->previous != nullptr ? block->previous->next : large_[block->index]) = block->next;
  if (block->next != nullptr) block->next->previous = block->previous;
  (block->newer != nullptr ? block->newer->older : newest_) = block->older;
  (block->older != nullptr ? block->older->newer : oldest_) = block->newer;
}

void BlockCache::release(LargeBlock* block) noexcept {
  const std::size_t bytes = LargeClasses::bytes(block->index);
  unlink(block);
  munmap(block, bytes);
  cached_ -= bytes;
  mapped_ -= bytes;
}

void BlockCache::take_small(std::size_t index, FreeList& to, std::size_t n) {
  const std::lock_guard lock(mutex_);
  const std::size_t before = small_[index].count;
  small_[index].move_to(to, n);
  cached_ -= (before - small_[index].count) * SmallClasses::bytes(index);
}

void BlockCache::give_small(std::size_t index, FreeList& from, std::size_t n) noexcept {
  const std::lock_guard lock(mutex_);
  const std::size_t before = small_[index].count;
  from.move_to(small_[index], n);
  cached_ += (small_[index].count - before) * SmallClasses::bytes(index);
}

void* BlockCache::new_small(std::size_t index) {
  const std::size_t bytes = SmallClasses::bytes(index);
  void* memory = nullptr;
  if (posix_memalign(&memory, kBlockAlignment, bytes) == 0) return memory;
  clear();
  return posix_memalign(&memory, kBlockAlignment, bytes) == 0 ? memory : nullptr;
}

void BlockCache::clear() noexcept {
  const std::lock_guard lock(mutex_);
  clear_locked();
}

void BlockCache::clear_locked() noexcept {
  while (oldest_ != nullptr) release(oldest_);
  for (std::size_t i = 0; i < kSmallClasses; ++i) {
    cached_ -= small_[i].count * SmallClasses::bytes(i);
    while (small_[i].head != nullptr) std::free(small_[i].pop());
  }
}

std::size_t BlockCache::cached_bytes() const {
  const std::lock_guard lock(mutex_);
  return cached_;
}

}  // namespace sinter::detail
