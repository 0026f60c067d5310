// SavedValue: one value of a custom function's saved_data.
#pragma once
#include <sinter/core/tensor.h>

#include <string>
#include <unordered_map>
#include <variant>
#include <vector>

namespace sinter::autograd {

// A bool, number, string, list of integers, tensor or list of tensors; as c10::IValue, as far as
// custom functions use it. The accessors throw TypeError `[saved_data] ...` for another kind.
class SavedValue {
 public:
  SavedValue() = default;
  SavedValue(bool value) : value_(value) {}  // NOLINT: saved_data["scale"] = 2.0
  template <std::integral T>
  SavedValue(T value) : value_(static_cast<std::int64_t>(value)) {}          // NOLINT
  SavedValue(double value) : value_(value) {}                                // NOLINT
  SavedValue(std::string value) : value_(std::move(value)) {}                // NOLINT
  SavedValue(const char* value) : value_(std::string(value)) {}              // NOLINT
  SavedValue(std::vector<std::int64_t> value) : value_(std::move(value)) {}  // NOLINT
  SavedValue(Tensor value) : value_(std::move(value)) {}                     // NOLINT
  SavedValue(std::vector<Tensor> value) : value_(std::move(value)) {}        // NOLINT

  bool isNone() const { return std::holds_alternative<std::monostate>(value_); }
  bool toBool() const { return get<bool>("a bool"); }
  std::int64_t toInt() const { return get<std::int64_t>("an integer"); }
  double toDouble() const { return get<double>("a double"); }
  const std::string& toStringRef() const { return get<std::string>("a string"); }
  const std::vector<std::int64_t>& toIntVector() const {
    return get<std::vector<std::int64_t>>("a list of integers");
  }
  const Tensor& toTensor() const { return get<Tensor>("a tensor"); }
  const std::vector<Tensor>& toTensorVector() const {
    return get<std::vector<Tensor>>("a list of tensors");
  }

 private:
  using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string,
                             std::vector<std::int64_t>, Tensor, std::vector<Tensor>>;

  template <class T>
  const T& get(const char* wanted) const {
    if (const T* value = std::get_if<T>(&value_)) return *value;
    throw_kind(wanted);
  }
  [[noreturn]] void throw_kind(const char* wanted) const;

  Value value_;
};

}  // namespace sinter::autograd
