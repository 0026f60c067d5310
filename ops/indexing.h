// What may stand between the brackets of x.index({...}).
#pragma once
#include <sinter/core/tensor.h>

#include <concepts>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

namespace sinter::indexing {

// A new dimension of size 1; in a Slice, a bound that is not given.
inline constexpr std::nullopt_t None = std::nullopt;

struct EllipsisIndexType {};
// All dimensions that the other indices leave.
inline constexpr EllipsisIndexType Ellipsis{};

// The elements start, start + step, ... below stop. Negative bounds count from the end, bounds
// beyond it are cut; step must be positive.
class Slice {
 public:
  Slice(std::optional<std::int64_t> start = std::nullopt,
        std::optional<std::int64_t> stop = std::nullopt,
        std::optional<std::int64_t> step = std::nullopt)
      : start_(start), stop_(stop), step_(step.value_or(1)) {}
  std::optional<std::int64_t> start() const { return start_; }
  std::optional<std::int64_t> stop() const { return stop_; }
  std::int64_t step() const { return step_; }
  // Whether it takes everything as it is.
  bool full() const { return start_.value_or(0) == 0 && !stop_ && step_ == 1; }

 private:
  std::optional<std::int64_t> start_;
  std::optional<std::int64_t> stop_;
  std::int64_t step_;
};

// One index: None, Ellipsis (or "..."), an integer, a bool, a Slice, or a tensor (integers: NumPy's
// advanced indexing; bool or u8: a mask).
class TensorIndex {
 public:
  using Value = std::variant<std::nullopt_t, EllipsisIndexType, std::int64_t, bool, Slice, Tensor>;

  TensorIndex(std::nullopt_t) : value_(None) {}         // NOLINT: all are implicit
  TensorIndex(EllipsisIndexType) : value_(Ellipsis) {}  // NOLINT
  TensorIndex(const char* text) : value_(Ellipsis) {    // NOLINT
    SINTER_CHECK_AS(ValueError, std::string_view(text) == "...",
                    "[index] the only text among indices is \"...\"; got \"", text, "\"");
  }
  template <std::integral T>
  TensorIndex(T index) : value_(from_integral(index)) {}    // NOLINT
  TensorIndex(Slice slice) : value_(slice) {}               // NOLINT
  TensorIndex(Tensor tensor) : value_(std::move(tensor)) {  // NOLINT
    SINTER_CHECK(std::get<Tensor>(value_).defined(), "[index] an index is an undefined tensor");
  }

  const Value& value() const { return value_; }
  bool is_none() const { return std::holds_alternative<std::nullopt_t>(value_); }
  bool is_ellipsis() const { return std::holds_alternative<EllipsisIndexType>(value_); }
  bool is_integer() const { return std::holds_alternative<std::int64_t>(value_); }
  bool is_boolean() const { return std::holds_alternative<bool>(value_); }
  bool is_slice() const { return std::holds_alternative<Slice>(value_); }
  bool is_tensor() const { return std::holds_alternative<Tensor>(value_); }
  std::int64_t integer() const { return std::get<std::int64_t>(value_); }
  bool boolean() const { return std::get<bool>(value_); }
  const Slice& slice() const { return std::get<Slice>(value_); }
  const Tensor& tensor() const { return std::get<Tensor>(value_); }

 private:
  template <class T>
  static Value from_integral(T index) {
    if constexpr (std::same_as<T, bool>) {
      return index;
    } else {
      return static_cast<std::int64_t>(index);
    }
  }
  Value value_;
};

}  // namespace sinter::indexing
