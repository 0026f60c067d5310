// An array whose length is known when it is made, on the stack when it is short.
#pragma once
#include <array>
#include <cstddef>
#include <memory>
#include <span>

namespace sinter::autograd {

template <class T, std::size_t N>
class SmallBuffer {
 public:
  explicit SmallBuffer(std::size_t size) : size_(size) {
    if (size > N) many_ = std::make_unique<T[]>(size);
  }
  T* data() { return many_ ? many_.get() : few_.data(); }
  T& operator[](std::size_t i) { return data()[i]; }
  std::size_t size() const { return size_; }
  std::span<T> span() { return {data(), size_}; }

 private:
  std::size_t size_;
  std::array<T, N> few_;  // NOLINT: elements that need no constructor stay uninitialised
  std::unique_ptr<T[]> many_;
};

}  // namespace sinter::autograd
