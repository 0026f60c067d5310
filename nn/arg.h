// SINTER_ARG: one chained setting of an Options struct.
#pragma once
#include <utility>

// SINTER_ARG(bool, bias) = true; declares the private member bias_, its setter bias(value), which
// returns the options so that calls can be chained, and its getter bias(). What follows it in the
// struct is private, as after libtorch's TORCH_ARG.
#define SINTER_ARG(T, name)                                          \
 public:                                                             \
  inline auto name(const T& new_##name)->decltype(*this) {           \
    this->name##_ = new_##name;                                      \
    return *this;                                                    \
  }                                                                  \
  inline auto name(T&& new_##name)->decltype(*this) {                \
    this->name##_ = ::std::move(new_##name); /* NOLINT: cheap too */ \
    return *this;                                                    \
  }                                                                  \
  inline const T& name() const noexcept { return this->name##_; }    \
  inline T& name() noexcept { return this->name##_; }                \
                                                                     \
 private:                                                            \
  T name##_
