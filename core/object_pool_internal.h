// Free lists for the small objects that every op makes: tensor headers, storages, tape nodes.
#pragma once
#include <sinter/core/free_list_internal.h>
#include <sinter/core/sanitizer_internal.h>

#include <cstddef>

namespace sinter::object_pool {

namespace detail {

inline constexpr std::size_t kUnit = 64;
inline constexpr std::size_t kMaxPooled = 1024;
inline constexpr std::size_t kClasses = kMaxPooled / kUnit;
inline constexpr std::size_t kBatch = 32;  // objects that move to or from the shared lists
inline constexpr std::size_t kThreadLimit = 4 * kBatch;  // per class in a thread's cache

struct Lists {
  sinter::detail::FreeList of[kClasses];
};
// This thread's; null before it first needs them, and while it ends.
SINTER_FAST_TLS extern Lists* cache;

constexpr std::size_t class_of(std::size_t bytes) { return (bytes - (bytes != 0)) / kUnit; }
void* allocate_slow(std::size_t bytes);
void deallocate_slow(void* object, std::size_t bytes) noexcept;

}  // namespace detail

// Memory for an object of at most 1 KiB, from this thread's free list; larger ones go to the heap.
// Throws OutOfMemoryError.
inline void* allocate(std::size_t bytes) {
  detail::Lists* lists = detail::cache;
  if (lists == nullptr || bytes > detail::kMaxPooled) [[unlikely]]
    return detail::allocate_slow(bytes);
  sinter::detail::FreeList& list = lists->of[detail::class_of(bytes)];
  if (list.head == nullptr) [[unlikely]]
    return detail::allocate_slow(bytes);
  return list.pop();
}

// Gives back memory of allocate(bytes); any thread may do so.
inline void deallocate(void* object, std::size_t bytes) noexcept {
  detail::Lists* lists = detail::cache;
  if (lists == nullptr || bytes > detail::kMaxPooled) [[unlikely]]
    return detail::deallocate_slow(object, bytes);
  sinter::detail::FreeList& list = lists->of[detail::class_of(bytes)];
  if (list.count >= detail::kThreadLimit) [[unlikely]]
    return detail::deallocate_slow(object, bytes);
  list.push(object);
}

}  // namespace sinter::object_pool
