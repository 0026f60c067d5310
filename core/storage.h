// Storage: the memory behind one or several tensors.
#pragma once
#include <sinter/core/callable.h>
#include <sinter/core/device.h>
#include <sinter/core/intrusive_ptr.h>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace sinter {

// A block of memory, shared by all tensors that view it, with the version counter they share:
// every in-place write raises it, and autograd compares it with the version it saved.
class StorageImpl : public RefCounted<StorageImpl> {
 public:
  // Memory of bytes on device, uninitialised (null for 0 bytes); throws OutOfMemoryError, or
  // NotImplementedError when the device's backend is not built in.
  static IntrusivePtr<StorageImpl> create(std::size_t bytes, Device device = {});
  // Memory owned by someone else; deleter (may be empty) is called with data at the end, and must
  // not throw.
  static IntrusivePtr<StorageImpl> wrap(void* data, std::size_t bytes, Device device,
                                        Callable<void(void*)> deleter);
  // What stands for memory of bytes where there is none: fake tensors are told apart by it.
  static IntrusivePtr<StorageImpl> create_fake(std::size_t bytes, Device device = {});
  static void destroy(StorageImpl* storage) noexcept;

  void* data() const { return data_; }
  std::size_t nbytes() const { return nbytes_; }
  Device device() const { return device_; }
  bool fake() const { return fake_; }
  std::uint32_t version() const { return version_.load(std::memory_order_relaxed); }
  void bump_version() { version_.fetch_add(1, std::memory_order_relaxed); }
  // For storage that takes the place of another one.
  void set_version(std::uint32_t version) { version_.store(version, std::memory_order_relaxed); }

  // A raw pointer to the elements was handed out, or someone else owns them: they may change
  // without the version being raised, so nothing computed from them may be kept.
  bool exposed() const { return deleter_ != nullptr || exposed_.load(std::memory_order_relaxed); }
  void expose() { exposed_.store(true, std::memory_order_relaxed); }
  // Asks for a call when this storage dies, before its memory is given back. A second hook
  // replaces the first.
  using DeathHook = void (*)(const StorageImpl* storage) noexcept;
  void watch(DeathHook hook) { death_hook_.store(hook, std::memory_order_relaxed); }

 private:
  StorageImpl(void* data, std::size_t bytes, Device device)
      : data_(data), nbytes_(bytes), device_(device) {}

  void* data_;
  std::size_t nbytes_;
  Device device_;
  bool fake_ = false;
  std::atomic<std::uint32_t> version_{0};
  std::atomic<bool> exposed_{false};
  std::atomic<DeathHook> death_hook_{nullptr};
  Callable<void(void*)>* deleter_ = nullptr;  // only wrapped memory has one
};

using Storage = IntrusivePtr<StorageImpl>;

}  // namespace sinter
