// A pointer to an object that counts its own references.
#pragma once
#include <atomic>
#include <cstdint>
#include <utility>
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#endif

namespace sinter {

// A count of references. While the process has one thread, which the C library knows, counting
// takes plain instructions; locked ones cost several times a tiny op's arithmetic.
class RefCount {
 public:
  std::uint32_t get() const noexcept { return count_.load(std::memory_order_acquire); }
  void add() noexcept {
    if (one_thread()) {
      count_.store(count_.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    } else {
      count_.fetch_add(1, std::memory_order_relaxed);
    }
  }
  // Returns whether that was the last one.
  bool drop() noexcept {
    // A sole owner needs no read-modify-write.
    const std::uint32_t count = get();
    if (count == 1) return true;
    if (!one_thread()) return count_.fetch_sub(1, std::memory_order_acq_rel) == 1;
    count_.store(count - 1, std::memory_order_relaxed);
    return false;
  }

 private:
  static bool one_thread() noexcept {
#if __has_include(<sys/single_threaded.h>)
    return __libc_single_threaded != 0;
#else
    return false;
#endif
  }

  std::atomic<std::uint32_t> count_{1};
};

// Base of objects held by IntrusivePtr. T provides `static void destroy(T*) noexcept`.
template <class T>
class RefCounted {
 public:
  void retain() const noexcept { count_.add(); }
  void release() const noexcept {
    if (count_.drop()) T::destroy(const_cast<T*>(static_cast<const T*>(this)));
  }
  std::uint32_t use_count() const noexcept { return count_.get(); }

 protected:
  RefCounted() = default;
  ~RefCounted() = default;
  RefCounted(const RefCounted&) {}
  RefCounted& operator=(const RefCounted&) { return *this; }

 private:
  mutable RefCount count_;
};

template <class T>
class IntrusivePtr {
 public:
  constexpr IntrusivePtr() = default;
  constexpr IntrusivePtr(std::nullptr_t) {}  // NOLINT
  // Takes over the reference that the caller owns (a new object starts with one).
  static IntrusivePtr adopt(T* object) { return IntrusivePtr(object); }
  // Adds a reference.
  static IntrusivePtr share(T* object) {
    if (object != nullptr) object->retain();
    return IntrusivePtr(object);
  }
  IntrusivePtr(const IntrusivePtr& other) noexcept : object_(other.object_) {
    if (object_ != nullptr) object_->retain();
  }
  IntrusivePtr(IntrusivePtr&& other) noexcept : object_(std::exchange(other.object_, nullptr)) {}
  IntrusivePtr& operator=(IntrusivePtr other) noexcept {
    std::swap(object_, other.object_);
    return *this;
  }
  ~IntrusivePtr() {
    if (object_ != nullptr) object_->release();
  }

  T* get() const { return object_; }
  T& operator*() const { return *object_; }
  T* operator->() const { return object_; }
  explicit operator bool() const { return object_ != nullptr; }
  void reset() { IntrusivePtr().swap(*this); }
  void swap(IntrusivePtr& other) noexcept { std::swap(object_, other.object_); }
  // Gives up ownership without releasing.
  T* detach() noexcept { return std::exchange(object_, nullptr); }
  friend bool operator==(const IntrusivePtr& a, const IntrusivePtr& b) {
    return a.object_ == b.object_;
  }

 private:
  explicit IntrusivePtr(T* object) : object_(object) {}
  T* object_ = nullptr;
};

}  // namespace sinter
