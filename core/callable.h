// A callable of any type behind one signature: std::function without its weight.
#pragma once
#include <cstddef>
#include <type_traits>
#include <utility>

namespace sinter {

template <class Signature>
class Callable;

// Owns what it calls. Empty when default-constructed; calling an empty one is undefined.
template <class R, class... Args>
class Callable<R(Args...)> {
 public:
  Callable() = default;
  Callable(std::nullptr_t) {}  // NOLINT
  // Takes anything callable with Args whose result converts to R.
  template <class F>
  requires(!std::is_same_v<std::decay_t<F>, Callable> &&
           std::is_invocable_r_v<R, std::decay_t<F>&, Args...>)
      Callable(F&& f)  // NOLINT: implicit, so that a lambda can be an argument
      : object_(new std::decay_t<F>(std::forward<F>(f))),
        call_([](void* object, Args... args) -> R {
          return (*static_cast<std::decay_t<F>*>(object))(std::forward<Args>(args)...);
        }),
        destroy_([](void* object) { delete static_cast<std::decay_t<F>*>(object); }) {}
  Callable(Callable&& other) noexcept
      : object_(std::exchange(other.object_, nullptr)),
        call_(other.call_),
        destroy_(other.destroy_) {}
  Callable& operator=(Callable&& other) noexcept {
    std::swap(object_, other.object_);
    std::swap(call_, other.call_);
    std::swap(destroy_, other.destroy_);
    return *this;
  }
  Callable(const Callable&) = delete;
  Callable& operator=(const Callable&) = delete;
  ~Callable() {
    if (object_ != nullptr) destroy_(object_);
  }

  explicit operator bool() const { return object_ != nullptr; }
  R operator()(Args... args) const { return call_(object_, std::forward<Args>(args)...); }

 private:
  void* object_ = nullptr;
  R (*call_)(void*, Args...) = nullptr;
  void (*destroy_)(void*) = nullptr;
};

}  // namespace sinter
