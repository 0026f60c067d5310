// AnyValue: a value whose type is known only at run time, passed between modules.
#pragma once
#include <sinter/core/tensor.h>

#include <cstddef>
#include <new>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>

namespace sinter::nn {

namespace detail {
// The readable name of a type: "sinter::nn::LinearImpl".
std::string type_name(const std::type_info& type);
// The same, kept for the rest of the program.
const std::string& interned_type_name(const std::type_info& type);
[[noreturn]] void throw_bad_any_cast(const std::type_info& held, const std::type_info& wanted);
[[noreturn]] void throw_not_copyable(const std::type_info& held);
}  // namespace detail

// Holds one value of any decayed type. Small values, tensors among them, need no heap memory.
class AnyValue {
 public:
  template <class T>
  requires(!std::is_same_v<std::decay_t<T>, AnyValue>) explicit AnyValue(T&& value)
      : type_(&type_of<std::decay_t<T>>) {
    using V = std::decay_t<T>;
    if constexpr (fits<V>) {
      new (buffer_) V(std::forward<T>(value));
    } else {
      heap() = new V(std::forward<T>(value));
    }
  }
  // Throws TypeError when the value cannot be copied.
  AnyValue(const AnyValue& other) : type_(other.type_) { type_->copy(*this, other); }
  AnyValue(AnyValue&& other) noexcept : type_(other.type_) { type_->move(*this, other); }
  AnyValue& operator=(AnyValue other) noexcept {
    type_->destroy(*this);
    type_ = other.type_;
    type_->move(*this, other);
    return *this;
  }
  ~AnyValue() { type_->destroy(*this); }

  // The value when it is a T, or nullptr.
  template <class T>
  T* try_get() {
    static_assert(std::is_same_v<T, std::decay_t<T>>, "AnyValue holds decayed types");
    return *type_->info == typeid(T) ? &get_unchecked<T>() : nullptr;
  }
  // A copy of the value. Throws TypeError `[any_value] holds a float, not an int`.
  template <class T>
  T get() {
    if (T* value = try_get<T>()) return *value;
    detail::throw_bad_any_cast(type_info(), typeid(T));
  }
  const std::type_info& type_info() const noexcept { return *type_->info; }

 private:
  static constexpr std::size_t kSize = 4 * sizeof(void*);
  template <class T>
  static constexpr bool fits =
      sizeof(T) <= kSize && alignof(T) <= alignof(void*) && std::is_nothrow_move_constructible_v<T>;

  struct Type {
    const std::type_info* info;
    void (*copy)(AnyValue& to, const AnyValue& from);
    void (*move)(AnyValue& to, AnyValue& from);  // from may only be destroyed afterwards
    void (*destroy)(AnyValue& value);
  };
  template <class T>
  static void copy(AnyValue& to, const AnyValue& from) {
    if constexpr (!std::is_copy_constructible_v<T>) {
      detail::throw_not_copyable(typeid(T));
    } else if constexpr (fits<T>) {
      new (to.buffer_) T(from.get_unchecked<T>());
    } else {
      to.heap() = new T(from.get_unchecked<T>());
    }
  }
  template <class T>
  static void move(AnyValue& to, AnyValue& from) {
    if constexpr (fits<T>) {
      new (to.buffer_) T(std::move(from.get_unchecked<T>()));
    } else {
      to.heap() = std::exchange(from.heap(), nullptr);
    }
  }
  template <class T>
  static void destroy(AnyValue& value) {
    if constexpr (fits<T>) {
      value.get_unchecked<T>().~T();
    } else {
      delete static_cast<T*>(value.heap());
    }
  }
  template <class T>
  static constexpr Type type_of{&typeid(T), copy<T>, move<T>, destroy<T>};

  void*& heap() { return *reinterpret_cast<void**>(buffer_); }
  void* heap() const { return *reinterpret_cast<void* const*>(buffer_); }
  template <class T>
  T& get_unchecked() const {
    if constexpr (fits<T>) {
      return *std::launder(reinterpret_cast<T*>(const_cast<std::byte*>(buffer_)));
    } else {
      return *static_cast<T*>(heap());
    }
  }

  const Type* type_;
  alignas(void*) std::byte buffer_[kSize];
};

}  // namespace sinter::nn
