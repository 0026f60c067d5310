#include <sinter/core/allocator.h>
#include <sinter/core/block_cache_internal.h>
#include <sinter/core/error.h>
#include <sinter/core/sanitizer_internal.h>
#include <sinter/core/scratch.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <mutex>
#include <utility>

namespace sinter::cpu_allocator {

namespace {

using detail::kSmallClasses;
using detail::LargeClasses;
using detail::SmallClasses;

constexpr auto relaxed = std::memory_order_relaxed;
// A thread's changes of current_bytes reach the global count when they exceed this.
constexpr std::int64_t kFlushBytes = 64 << 10;

// How many free blocks of a class a thread keeps.
constexpr std::size_t thread_limit(std::size_t index) {
  return std::clamp<std::size_t>((256 << 10) / SmallClasses::bytes(index), 2, 64);
}

constinit detail::BlockCache shared;
constinit std::atomic<FaultHook> fault_hook{nullptr};

// The counts of everything but what the live threads have not flushed yet.
struct Totals {
  std::atomic<std::int64_t> current{0};
  std::atomic<std::int64_t> peak{0};
  std::atomic<std::int64_t> allocations{0};
  std::atomic<std::int64_t> system_allocations{0};

  void raise_peak(std::int64_t bytes) {
    std::int64_t seen = peak.load(relaxed);
    while (bytes > seen && !peak.compare_exchange_weak(seen, bytes, relaxed)) {
    }
  }
  void add(std::int64_t change, std::int64_t highest) {
    raise_peak(current.fetch_add(change, relaxed) + highest);
  }
};
constinit Totals totals;

// A number that one thread changes and others may read.
class OwnedCount {
 public:
  std::int64_t get() const { return value_.load(relaxed); }
  void set(std::int64_t value) { value_.store(value, relaxed); }
  std::int64_t add(std::int64_t change) {
    const std::int64_t sum = get() + change;
    set(sum);
    return sum;
  }

 private:
  std::atomic<std::int64_t> value_{0};
};

// A thread's free blocks and unflushed counts.
struct ThreadCache {
  detail::FreeList lists[kSmallClasses];
  OwnedCount change;         // of current_bytes since the last flush
  std::int64_t highest = 0;  // value of change since then
  OwnedCount allocations;
  OwnedCount owned;  // bytes in lists, plus change: so that the fast paths leave it alone
  ThreadCache* next = nullptr;
  ThreadCache* previous = nullptr;

  void count_allocation(std::size_t bytes) {
    allocations.add(1);
    const std::int64_t now = change.add(static_cast<std::int64_t>(bytes));
    if (now > highest) [[unlikely]] {
      highest = now;
      if (now > kFlushBytes) flush();
    }
  }
  void count_deallocation(std::size_t bytes) {
    if (change.add(-static_cast<std::int64_t>(bytes)) < -kFlushBytes) [[unlikely]]
      flush();
  }
  [[gnu::noinline]] void flush() {
    totals.add(change.get(), highest);
    owned.add(-change.get());
    change.set(0);
    highest = 0;
  }
  // To be called when n blocks of a class came into the lists or left them in another way than by
  // allocate and deallocate.
  void moved(std::size_t index, std::size_t before) {
    const auto blocks = static_cast<std::int64_t>(lists[index].count - before);
    owned.add(blocks * static_cast<std::int64_t>(SmallClasses::bytes(index)));
  }
  void give_back(std::size_t index, std::size_t n) noexcept {
    const std::size_t before = lists[index].count;
    shared.give_small(index, lists[index], n);
    moved(index, before);
  }
  void give_back_all() noexcept {
    for (std::size_t i = 0; i < kSmallClasses; ++i) give_back(i, SIZE_MAX);
  }

  ThreadCache();
  ~ThreadCache();
};

constinit std::mutex registry_mutex;
constinit ThreadCache* registry = nullptr;
SINTER_FAST_TLS ThreadCache* cache = nullptr;
constinit thread_local bool thread_ended = false;
// While a scratch scope is open, cache is null, so that calls take the slow paths, which look here.
constinit thread_local std::span<ScratchRegion> scratch;

ThreadCache::ThreadCache() {
  const std::lock_guard lock(registry_mutex);
  next = registry;
  if (next != nullptr) next->previous = this;
  registry = this;
  cache = this;
}

ThreadCache::~ThreadCache() {
  cache = nullptr;
  thread_ended = true;
  give_back_all();
  const std::lock_guard lock(registry_mutex);
  flush();
  totals.allocations.fetch_add(allocations.get(), relaxed);
  (previous != nullptr ? previous->next : registry) = next;
  if (next != nullptr) next->previous = previous;
}

// This thread's cache; null while the thread ends.
ThreadCache* own_cache() {
  if (cache != nullptr || thread_ended) return cache;
  thread_local ThreadCache own;
  return cache;
}

void count_allocation(ThreadCache* own, std::size_t bytes) {
  if (own != nullptr) return own->count_allocation(bytes);
  totals.allocations.fetch_add(1, relaxed);
  totals.add(static_cast<std::int64_t>(bytes), static_cast<std::int64_t>(bytes));
}

void count_deallocation(ThreadCache* own, std::size_t bytes) {
  if (own != nullptr) return own->count_deallocation(bytes);
  totals.add(-static_cast<std::int64_t>(bytes), 0);
}

[[noreturn, gnu::cold, gnu::noinline]] void throw_out_of_memory(std::size_t bytes) {
  fail<OutOfMemoryError>("[allocate] out of memory; got ", bytes, " bytes");
}

void check_request(std::size_t bytes) {
  if (bytes > detail::kMaxRequest) throw_out_of_memory(bytes);
  const FaultHook hook = fault_hook.load(relaxed);
  if (hook != nullptr && hook(bytes)) throw_out_of_memory(bytes);
}

// A block of exactly bytes, so that a memory checker sees the first byte past its end.
void* allocate_exact(std::size_t bytes) {
  void* memory = nullptr;
  if (posix_memalign(&memory, detail::kBlockAlignment, bytes) != 0) return nullptr;
  totals.system_allocations.fetch_add(1, relaxed);
  return memory;
}

void* allocate_large(std::size_t bytes) {
  bool from_system = false;
  const std::size_t index = LargeClasses::index(bytes);
  void* block = shared.take_large(index, from_system);
  if (block == nullptr) {
    empty_cache();
    block = shared.take_large(index, from_system);
  }
  if (from_system && block != nullptr) totals.system_allocations.fetch_add(1, relaxed);
  return block;
}

void* allocate_small(ThreadCache* own, std::size_t index) {
  detail::FreeList local;
  detail::FreeList& list = own != nullptr ? own->lists[index] : local;
  if (list.head != nullptr) return list.pop();
  shared.take_small(index, list, own != nullptr ? thread_limit(index) / 2 : 1);
  if (own != nullptr) own->moved(index, 0);
  if (list.head != nullptr) return list.pop();
  void* block = shared.new_small(index);
  if (block == nullptr) return nullptr;
  if (own != nullptr) own->owned.add(static_cast<std::int64_t>(SmallClasses::bytes(index)));
  totals.system_allocations.fetch_add(1, relaxed);
  return block;
}

// Whether free blocks of this size are kept in the threads' lists.
constexpr bool is_listed(std::size_t bytes) {
  return detail::kRecycleMemory && bytes <= detail::kMaxSmall;
}

[[gnu::noinline]] void* allocate_slow(std::size_t bytes) {
  if (bytes == 0) return nullptr;
  check_request(bytes);
  if (!scratch.empty()) {
    if (void* block = scratch[0].take(bytes)) return block;
    scratch[0].miss();
  }
  ThreadCache* own = own_cache();
  void* block = nullptr;
  if (is_listed(bytes)) {
    block = allocate_small(own, SmallClasses::index(bytes));
  } else {
    block = detail::kRecycleMemory ? allocate_large(bytes) : allocate_exact(bytes);
  }
  if (block == nullptr) throw_out_of_memory(bytes);
  const std::size_t size = detail::block_bytes(bytes);
  if (own != nullptr && !is_listed(bytes)) own->owned.add(static_cast<std::int64_t>(size));
  count_allocation(own, size);
  return block;
}

void deallocate_small(ThreadCache* own, void* block, std::size_t index) noexcept {
  if (own != nullptr) {
    own->give_back(index, thread_limit(index) / 2);
    own->lists[index].push(block);
  } else {
    detail::FreeList one;
    one.push(block);
    shared.give_small(index, one, 1);
  }
}

[[gnu::noinline]] void deallocate_slow(void* block, std::size_t bytes) noexcept {
  if (block == nullptr) return;
  if (!scratch.empty() && scratch[0].give(block, bytes)) return;
  ThreadCache* own = own_cache();
  if (is_listed(bytes)) {
    deallocate_small(own, block, SmallClasses::index(bytes));
  } else if (detail::kRecycleMemory) {
    shared.give_large(block, LargeClasses::index(bytes));
  } else {
    std::free(block);
  }
  const std::size_t size = detail::block_bytes(bytes);
  if (own != nullptr && !is_listed(bytes)) own->owned.add(-static_cast<std::int64_t>(size));
  count_deallocation(own, size);
}

}  // namespace

void* allocate(std::size_t bytes) {
  ThreadCache* own = cache;
  // A request of 0 bytes wraps, and goes the slow way too.
  if (own == nullptr || bytes - 1 >= detail::kMaxSmall || fault_hook.load(relaxed) != nullptr)
      [[unlikely]] {
    return allocate_slow(bytes);
  }
  const std::size_t index = SmallClasses::index(bytes);
  if (own->lists[index].head == nullptr) [[unlikely]]
    return allocate_slow(bytes);
  own->count_allocation(SmallClasses::bytes(index));
  return own->lists[index].pop();
}

void deallocate(void* block, std::size_t bytes) noexcept {
  ThreadCache* own = cache;
  if (own == nullptr || !is_listed(bytes) || block == nullptr) [[unlikely]]
    return deallocate_slow(block, bytes);
  const std::size_t index = SmallClasses::index(bytes);
  if (own->lists[index].count >= thread_limit(index)) [[unlikely]]
    return deallocate_slow(block, bytes);
  own->lists[index].push(block);
  own->count_deallocation(SmallClasses::bytes(index));
}

// --- Scratch.

namespace {
constexpr std::size_t kScratchAlignment = 64;

std::size_t scratch_bytes(std::size_t bytes) {
  return (bytes + kScratchAlignment - 1) / kScratchAlignment * kScratchAlignment;
}

// The thread's own free lists, put aside while its allocations come from scratch.
constinit thread_local ThreadCache* aside = nullptr;

void set_scratch(std::span<ScratchRegion> regions) {
  if (scratch.empty() && !regions.empty()) {
    own_cache();  // made now rather than inside the scope, where it would take the place of null
    aside = std::exchange(cache, nullptr);
  }
  if (!scratch.empty() && regions.empty()) cache = std::exchange(aside, nullptr);
  scratch = regions;
}
}  // namespace

void* ScratchRegion::take(std::size_t bytes) noexcept {
  const std::size_t size = scratch_bytes(bytes);
  if (size > bytes_ - used_) return nullptr;
  void* block = begin_ + used_;
  used_ += size;
  ++live_;
  peak_ = std::max(peak_, used_);
  return block;
}

bool ScratchRegion::give(void* block, std::size_t bytes) noexcept {
  char* at = static_cast<char*>(block);
  if (at < begin_ || at >= begin_ + bytes_) return false;
  if (at + scratch_bytes(bytes) == begin_ + used_) used_ = static_cast<std::size_t>(at - begin_);
  if (--live_ == 0) used_ = 0;
  return true;
}

ScratchScope::ScratchScope(std::span<ScratchRegion> regions) : outer_(scratch) {
  set_scratch(regions);
}
ScratchScope::~ScratchScope() { set_scratch(outer_); }
ScratchPause::ScratchPause() : regions_(scratch) {
  if (!regions_.empty()) regions_[0].miss();
  set_scratch({});
}
ScratchPause::~ScratchPause() { set_scratch(regions_); }
std::span<ScratchRegion> scratch_regions() { return scratch; }

AllocatorStats stats() {
  const std::lock_guard lock(registry_mutex);
  if (cache != nullptr) cache->flush();
  AllocatorStats out;
  out.current_bytes = totals.current.load(relaxed);
  out.allocations = totals.allocations.load(relaxed);
  out.cached_bytes = static_cast<std::int64_t>(shared.cached_bytes());
  for (const ThreadCache* thread = registry; thread != nullptr; thread = thread->next) {
    out.current_bytes += thread->change.get();
    out.allocations += thread->allocations.get();
    out.cached_bytes += thread->owned.get() - thread->change.get();
  }
  totals.raise_peak(out.current_bytes);
  out.peak_bytes = totals.peak.load(relaxed);
  out.system_allocations = totals.system_allocations.load(relaxed);
  return out;
}

void reset_peak() { totals.peak.store(stats().current_bytes, relaxed); }

void empty_cache() {
  if (cache != nullptr) cache->give_back_all();
  shared.clear();
}

void set_fault_hook(FaultHook hook) { fault_hook.store(hook, relaxed); }

}  // namespace sinter::cpu_allocator
