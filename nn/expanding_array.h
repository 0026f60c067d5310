// Lists of D numbers that a single number can stand for: kernel sizes, strides, paddings.
#pragma once
#include <sinter/core/dims.h>
#include <sinter/core/error.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iosfwd>
#include <optional>
#include <type_traits>
#include <vector>

namespace sinter {

// libtorch's names for them, as in AdaptiveAvgPool2dOptions({5, sinter::nullopt}).
using std::nullopt;
using std::optional;

// D numbers; ExpandingArray<2>(3) is {3, 3}. A list of another length throws ValueError
// `[expanding_array] expected 2 values; got 3`. * and -> give the std::array.
template <std::size_t D, class T = std::int64_t>
class ExpandingArray {
 public:
  ExpandingArray(T single) { values_.fill(single); }                                    // NOLINT
  ExpandingArray(std::initializer_list<T> list) { assign(list.begin(), list.size()); }  // NOLINT
  ExpandingArray(const std::vector<T>& list) { assign(list.data(), list.size()); }      // NOLINT
  ExpandingArray(const std::array<T, D>& values) : values_(values) {}                   // NOLINT
  ExpandingArray(IntArrayRef list)                                                      // NOLINT
      requires std::is_same_v<T, std::int64_t> {
    assign(list.data(), list.size());
  }

  std::array<T, D>& operator*() { return values_; }
  const std::array<T, D>& operator*() const { return values_; }
  std::array<T, D>* operator->() { return &values_; }
  const std::array<T, D>* operator->() const { return &values_; }
  operator IntArrayRef() const  // NOLINT
      requires std::is_same_v<T, std::int64_t> {
    return {values_.data(), D};
  }
  static constexpr std::size_t size() noexcept { return D; }
  friend bool operator==(const ExpandingArray& a, const ExpandingArray& b) {
    return a.values_ == b.values_;
  }

 protected:
  template <class U>
  void assign(const U* list, std::size_t count) {
    SINTER_CHECK_AS(ValueError, count == D, "[expanding_array] expected ", D, " values; got ",
                    count);
    for (std::size_t i = 0; i < D; ++i) values_[i] = list[i];
  }
  ExpandingArray() = default;

  std::array<T, D> values_;
};

// The same where an element may be left out (nullopt): the output size of adaptive pooling.
template <std::size_t D, class T = std::int64_t>
class ExpandingArrayWithOptionalElem : public ExpandingArray<D, std::optional<T>> {
 public:
  using ExpandingArray<D, std::optional<T>>::ExpandingArray;
  ExpandingArrayWithOptionalElem(T single) { this->values_.fill(single); }  // NOLINT
  ExpandingArrayWithOptionalElem(std::initializer_list<T> list) {           // NOLINT
    this->assign(list.begin(), list.size());
  }
  ExpandingArrayWithOptionalElem(const std::vector<T>& list) {  // NOLINT
    this->assign(list.data(), list.size());
  }
};

namespace detail {
std::ostream& print_array(std::ostream& out, const std::int64_t* values, std::size_t size);
std::ostream& print_array(std::ostream& out, const std::optional<std::int64_t>* values,
                          std::size_t size);
}  // namespace detail

// As libtorch prints it: [3, 3], and a single number without brackets; what is left out is None.
template <std::size_t D, class T>
std::ostream& operator<<(std::ostream& out, const ExpandingArray<D, T>& array) {
  return detail::print_array(out, array->data(), D);
}

}  // namespace sinter
