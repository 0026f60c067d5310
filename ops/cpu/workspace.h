// Scratch memory of a kernel.
#pragma once
#include <sinter/core/allocator.h>
#include <sinter/core/dims.h>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace sinter::ops::cpu {

// Uninitialised memory for `count` elements, aligned to 64 bytes, given back at the end of the
// scope. A count of 0 allocates nothing. Throws OutOfMemoryError, ValueError on overflow.
template <class T>
class Workspace {
 public:
  Workspace() = default;
  explicit Workspace(std::int64_t count)
      : bytes_(static_cast<std::size_t>(
            checked_mul("workspace", count, static_cast<std::int64_t>(sizeof(T))))),
        data_(bytes_ == 0 ? nullptr : static_cast<T*>(cpu_allocator::allocate(bytes_))) {}
  Workspace(Workspace&& other) noexcept
      : bytes_(std::exchange(other.bytes_, 0)), data_(std::exchange(other.data_, nullptr)) {}
  Workspace& operator=(Workspace&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(data_, other.data_);
    return *this;
  }
  ~Workspace() {
    if (data_ != nullptr) cpu_allocator::deallocate(data_, bytes_);
  }

  T* data() const { return data_; }
  T& operator[](std::int64_t i) const { return data_[i]; }

 private:
  std::size_t bytes_ = 0;
  T* data_ = nullptr;
};

}  // namespace sinter::ops::cpu
