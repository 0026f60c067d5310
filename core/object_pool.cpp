#include <sinter/core/error.h>
#include <sinter/core/object_pool_internal.h>

#include <mutex>
#include <new>

namespace sinter::object_pool::detail {

SINTER_FAST_TLS Lists* cache = nullptr;

namespace {

using sinter::detail::FreeList;
using sinter::detail::kRecycleMemory;

// Neither is ever destroyed: objects may be freed until the very end of the process.
constinit std::mutex shared_mutex;
constinit Lists shared;

constinit thread_local bool thread_ended = false;

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

}  // namespace

void* allocate_slow(std::size_t bytes) {
  if (!kRecycleMemory || bytes > kMaxPooled) return from_heap(bytes);
  const std::size_t index = class_of(bytes);
  const bool cached = cache != nullptr || start_cache();
  const std::lock_guard lock(shared_mutex);
  FreeList& list = shared.of[index];
  if (list.head == nullptr) refill_shared(index);
  if (cached) list.move_to(cache->of[index], kBatch - 1);
  if (list.head == nullptr) return cache->of[index].pop();
  return list.pop();
}

void deallocate_slow(void* object, std::size_t bytes) noexcept {
  if (!kRecycleMemory || bytes > kMaxPooled) return to_heap(object);
  const std::size_t index = class_of(bytes);
  const bool cached = cache != nullptr || start_cache();
  const std::lock_guard lock(shared_mutex);
  shared.of[index].push(object);
  if (cached) cache->of[index].move_to(shared.of[index], kThreadLimit / 2);
}

}  // namespace sinter::object_pool::detail
