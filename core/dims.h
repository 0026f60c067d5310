// Lists of sizes, strides and dimension numbers.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace sinter {

// A tensor has at most this many dimensions.
inline constexpr std::size_t kMaxDims = 16;

// A borrowed list of int64: sizes, strides or dimension numbers. It does not own its elements.
class IntArrayRef {
 public:
  constexpr IntArrayRef() = default;
  constexpr IntArrayRef(const std::int64_t* data, std::size_t size) : data_(data), size_(size) {}
  constexpr IntArrayRef(const std::int64_t& value) : data_(&value), size_(1) {}  // NOLINT
  template <std::size_t N>
  constexpr IntArrayRef(const std::array<std::int64_t, N>& values)  // NOLINT
      : data_(values.data()), size_(N) {}
  IntArrayRef(const std::vector<std::int64_t>& values)  // NOLINT
      : data_(values.data()), size_(values.size()) {}
  // Good until the end of the full expression, as an argument of a call.
  constexpr IntArrayRef(std::initializer_list<std::int64_t> values)  // NOLINT
      : IntArrayRef(values.begin(), values.size()) {}

  constexpr const std::int64_t* data() const { return data_; }
  constexpr std::size_t size() const { return size_; }
  constexpr bool empty() const { return size_ == 0; }
  constexpr const std::int64_t* begin() const { return data_; }
  constexpr const std::int64_t* end() const { return data_ + size_; }
  constexpr std::int64_t operator[](std::size_t i) const { return data_[i]; }
  constexpr std::int64_t front() const { return data_[0]; }
  constexpr std::int64_t back() const { return data_[size_ - 1]; }
  // The elements [start, start + length).
  constexpr IntArrayRef slice(std::size_t start, std::size_t length) const {
    return {data_ + start, length};
  }
  // Those from start on.
  constexpr IntArrayRef slice(std::size_t start) const { return slice(start, size_ - start); }
  std::vector<std::int64_t> vec() const { return {begin(), end()}; }
  bool equals(IntArrayRef other) const { return *this == other; }
  friend constexpr bool operator==(IntArrayRef a, IntArrayRef b) {
    if (a.size_ != b.size_) return false;
    for (std::size_t i = 0; i < a.size_; ++i) {
      if (a.data_[i] != b.data_[i]) return false;
    }
    return true;
  }

 private:
  const std::int64_t* data_ = nullptr;
  std::size_t size_ = 0;
};

// An owned list of at most kMaxDims int64, without heap memory. Elements past size() are
// uninitialised. Growing beyond kMaxDims throws ValueError.
class Dims {
 public:
  Dims() {}                                     // NOLINT: elements stay uninitialised on purpose
  Dims(IntArrayRef values) { assign(values); }  // NOLINT
  Dims(std::initializer_list<std::int64_t> values) : Dims(IntArrayRef(values)) {}
  Dims(std::size_t size, std::int64_t value) {
    resize(size);
    for (auto& v : *this) v = value;
  }
  Dims(const Dims& other) : size_(other.size_) { copy_from(other.values_); }
  Dims& operator=(const Dims& other) {
    if (this == &other) return *this;
    size_ = other.size_;
    copy_from(other.values_);
    return *this;
  }

  void assign(IntArrayRef values) {
    resize(values.size());
    copy_from(values.data());
  }
  // New elements are uninitialised.
  void resize(std::size_t size) {
    if (size > kMaxDims) throw_too_many(size);
    size_ = static_cast<std::uint8_t>(size);
  }
  void push_back(std::int64_t value) {
    resize(size_ + std::size_t{1});
    values_[size_ - 1] = value;
  }
  void insert(std::size_t position, std::int64_t value) {
    resize(size_ + std::size_t{1});
    for (std::size_t i = size_ - std::size_t{1}; i > position; --i) values_[i] = values_[i - 1];
    values_[position] = value;
  }
  void erase(std::size_t position) {
    for (std::size_t i = position + 1; i < size_; ++i) values_[i - 1] = values_[i];
    --size_;
  }
  void clear() { size_ = 0; }

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::int64_t* data() { return values_; }
  const std::int64_t* data() const { return values_; }
  std::int64_t* begin() { return values_; }
  std::int64_t* end() { return values_ + size_; }
  const std::int64_t* begin() const { return values_; }
  const std::int64_t* end() const { return values_ + size_; }
  std::int64_t& operator[](std::size_t i) { return values_[i]; }
  std::int64_t operator[](std::size_t i) const { return values_[i]; }
  std::int64_t& back() { return values_[size_ - 1]; }
  std::int64_t back() const { return values_[size_ - 1]; }
  operator IntArrayRef() const { return {values_, size_}; }  // NOLINT
  friend bool operator==(const Dims& a, const Dims& b) { return IntArrayRef(a) == IntArrayRef(b); }

 private:
  // Element by element: lists are short, and the string instruction or the call of memcpy that
  // compilers make of a plain loop costs more than all its moves.
  void copy_from(const std::int64_t* source) {
    for (std::size_t i = 0; i < size_; ++i) {
      __asm__("" : "+r"(i));
      values_[i] = source[i];
    }
  }
  [[noreturn]] static void throw_too_many(std::size_t size);

  std::uint8_t size_ = 0;
  std::int64_t values_[kMaxDims];
};

// Product of sizes. Throws ValueError `[op] ...` for a negative size or when the product, taken
// over the sizes that are not zero, exceeds INT64_MAX.
std::int64_t checked_numel(const char* op, IntArrayRef sizes);
// a * b and a + b; throw ValueError `[op] size overflows ...` when they exceed INT64_MAX or go
// below INT64_MIN.
std::int64_t checked_mul(const char* op, std::int64_t a, std::int64_t b);
std::int64_t checked_add(const char* op, std::int64_t a, std::int64_t b);
// Maps dim from [-rank, rank) to [0, rank); a rank of 0 counts as 1, as in PyTorch. Throws
// IndexError `[op] dimension out of range (expected [-rank, rank-1]); got dim`.
std::size_t wrap_dim(const char* op, std::int64_t dim, std::size_t rank);
// Row-major strides of sizes; a size of 0 counts as 1.
Dims contiguous_strides(IntArrayRef sizes);
// Strides of NHWC memory for sizes [N, C, H, W]. sizes must have 4 elements.
Dims channels_last_strides(IntArrayRef sizes);
// The shape that both broadcast to, by NumPy's rule. Throws ValueError
// `[op] shapes do not broadcast; got [2, 3] and [4]`.
Dims broadcast_shapes(const char* op, IntArrayRef a, IntArrayRef b);

}  // namespace sinter
