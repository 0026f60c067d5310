#include <sinter/core/error.h>
#include <sinter/core/free_list_internal.h>
#include <sinter/core/object_pool.h>
#include <sinter/core/sanitizer_internal.h>

#include <mutex>
#include <new>

namespace sinter::object_pool {

namespace {

using detail::FreeList;

constexpr std::size_t kUnit = 64;
constexpr std::size_t kMaxPooled = 1024;
constexpr std::size_t kClasses = kMaxPooled / kUnit;
constexpr std::size_t kBatch = 32;                // objects that move to or from the shared lists
constexpr std::size_t kThreadLimit = 4 * kBatch;  // per class in a thread's cache

struct Lists {
  FreeList of[kClasses];
};

// Neither is ever destroyed: objects may be freed until the very end of the process.
constinit std::mutex shared_mutex;
constinit Lists shared;

SINTER_FAST_TLS Lists* cache = nullptr;
constinit thread_local bool thread_ended = false;

std::size_t class_of(std::size_t bytes) { return (bytes - (bytes != 0)) / kUnit; }

// Hands a thread's objects to the other threads when it ends.
struct ThreadCache {
  Lists lists;
  ThreadCache() { cache = &lists; }
  ~ThreadCache() {
    cache = nullptr;
    thread_ended = true;
    const std::lock_guard lock(shared_mutex);
    for (std::size_t i = 0; i < kClasses; ++i) lists.of[i].move_to(shared.of[i], SIZE_MAX);
  }
};

bool start_cache() {
  if (thread_ended) return false;
  thread_local ThreadCache own;
  return cache != nullptr;
}

void* from_heap(std::size_t bytes) {
  void* memory = ::operator new(bytes, std::align_val_t(kUnit), std::nothrow);
  SINTER_CHECK_AS(OutOfMemoryError, memory != nullptr,
                  "[allocate] out of memory for an object; got ", bytes, " bytes");
  return memory;
}

void to_heap(void* object) noexcept { ::operator delete(object, std::align_val_t(kUnit)); }

// Cuts a new piece of memory into objects. Called with the mutex held.
void refill_shared(std::size_t index) {
  const std::size_t size = (index + 1) * kUnit;
  auto* memory = static_cast<char*>(from_heap(size * kBatch));
  for (std::size_t i = kBatch; i-- > 0;) shared.of[index].push(memory + i * size);
}

[[gnu::noinline]] void* allocate_slow(std::size_t bytes) {
  if (!detail::kRecycleMemory || bytes > kMaxPooled) return from_heap(bytes);
  const std::size_t index = class_of(bytes);
  const bool cached = cache != nullptr || start_cache();
  const std::lock_guard lock(shared_mutex);
  FreeList& list = shared.of[index];
  if (list.head == nullptr) refill_shared(index);
  if (cached) list.move_to(cache->of[index], kBatch - 1);
  if (list.head == nullptr) return cache->of[index].pop();
  return list.pop();
}

[[gnu::noinline]] void deallocate_slow(void* object, std::size_t bytes) noexcept {
  if (!detail::kRecycleMemory || bytes > kMaxPooled) return to_heap(object);
  const std::size_t index = class_of(bytes);
  const bool cached = cache != nullptr || start_cache();
  const std::lock_guard lock(shared_mutex);
  shared.of[index].push(object);
  if (cached) cache->of[index].move_to(shared.of[index], kThreadLimit / 2);
}

}  // namespace

void* allocate(std::size_t bytes) {
  Lists* lists = cache;
  if (lists == nullptr || bytes > kMaxPooled) [[unlikely]]
    return allocate_slow(bytes);
  FreeList& list = lists->of[class_of(bytes)];
  if (list.head == nullptr) [[unlikely]]
    return allocate_slow(bytes);
  return list.pop();
}

void deallocate(void* object, std::size_t bytes) noexcept {
  Lists* lists = cache;
  if (lists == nullptr || bytes > kMaxPooled) [[unlikely]]
    return deallocate_slow(object, bytes);
  FreeList& list = lists->of[class_of(bytes)];
  if (list.count >= kThreadLimit) [[unlikely]]
    return deallocate_slow(object, bytes);
  list.push(object);
}

}  // namespace sinter::object_pool
