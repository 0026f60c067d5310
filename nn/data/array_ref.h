// A borrowed list of elements.
#pragma once
#include <cstddef>
#include <initializer_list>
#include <vector>

namespace sinter {

// Points at elements that someone else owns, as libtorch's ArrayRef. (IntArrayRef is the one for
// sizes.) Made from an initializer list, it is good until the end of the full expression.
template <class T>
class ArrayRef {
 public:
  constexpr ArrayRef() = default;
  constexpr ArrayRef(const T* data, std::size_t size) : data_(data), size_(size) {}
  ArrayRef(const std::vector<T>& values) : data_(values.data()), size_(values.size()) {}  // NOLINT
  constexpr ArrayRef(std::initializer_list<T> values)                                     // NOLINT
      : ArrayRef(values.begin(), values.size()) {}
  constexpr ArrayRef(const T& value) : data_(&value), size_(1) {}  // NOLINT

  constexpr const T* data() const { return data_; }
  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr const T* begin() const { return data_; }
  constexpr const T* end() const { return data_ + size_; }
  constexpr const T& operator[](std::size_t i) const { return data_[i]; }
  std::vector<T> vec() const { return {begin(), end()}; }

 private:
  const T* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace sinter
