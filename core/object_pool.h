// Free lists for the small objects that every op makes: tensor headers, storages, tape nodes.
#pragma once
#include <cstddef>

namespace sinter::object_pool {

// Memory for an object of at most 1 KiB, from this thread's free list; larger ones go to the heap.
// Throws OutOfMemoryError.
void* allocate(std::size_t bytes);
// Gives back memory of allocate(bytes); any thread may do so.
void deallocate(void* object, std::size_t bytes) noexcept;

}  // namespace sinter::object_pool
