#include <sinter/core/allocator.h>
#include <sinter/core/backend.h>
#include <sinter/core/object_pool_internal.h>
#include <sinter/core/sanitizer_internal.h>
#include <sinter/core/storage.h>

#include <memory>
#include <new>

namespace sinter {

namespace {

// Small memory lies behind its StorageImpl, in one block; not where a memory checker should see
// the bytes before it.
constexpr std::size_t kHeader = 64;
constexpr std::size_t kMaxInline = detail::kRecycleMemory ? 448 : 0;
static_assert(sizeof(StorageImpl) <= kHeader);

void* allocate_on(Device device, std::size_t bytes) {
  if (device.is_cpu()) return cpu_allocator::allocate(bytes);
  return backend(device).allocate(device.index(), bytes);
}

void deallocate_on(Device device, void* data, std::size_t bytes) noexcept {
  if (device.is_cpu()) {
    cpu_allocator::deallocate(data, bytes);
  } else {
    backend(device).deallocate(device.index(), data, bytes);
  }
}

}  // namespace

Storage StorageImpl::create(std::size_t bytes, Device device) {
  // Zero bytes wrap, and get no memory.
  if (device.is_cpu() && bytes - 1 < kMaxInline) {
    auto* block = static_cast<char*>(cpu_allocator::allocate(kHeader + bytes));
    return Storage::adopt(new (block) StorageImpl(block + kHeader, bytes, device));
  }
  void* data = allocate_on(device, bytes);
  void* object = nullptr;
  try {
    object = object_pool::allocate(sizeof(StorageImpl));
  } catch (...) {
    deallocate_on(device, data, bytes);
    throw;
  }
  return Storage::adopt(new (object) StorageImpl(data, bytes, device));
}

Storage StorageImpl::wrap(void* data, std::size_t bytes, Device device,
                          Callable<void(void*)> deleter) {
  auto owned = std::make_unique<Callable<void(void*)>>(std::move(deleter));
  void* object = object_pool::allocate(sizeof(StorageImpl));
  auto* storage = new (object) StorageImpl(data, bytes, device);
  storage->deleter_ = owned.release();
  return Storage::adopt(storage);
}

Storage StorageImpl::create_fake(std::size_t bytes, Device device) {
  auto* storage =
      new (object_pool::allocate(sizeof(StorageImpl))) StorageImpl(nullptr, bytes, device);
  storage->fake_ = true;
  return Storage::adopt(storage);
}

void StorageImpl::destroy(StorageImpl* storage) noexcept {
  if (const DeathHook hook = storage->death_hook_.load(std::memory_order_relaxed)) hook(storage);
  if (storage->data_ == reinterpret_cast<char*>(storage) + kHeader) {
    const std::size_t bytes = kHeader + storage->nbytes_;
    storage->~StorageImpl();
    return cpu_allocator::deallocate(storage, bytes);
  }
  if (storage->fake_) {
    // Nothing to give back.
  } else if (storage->deleter_ == nullptr) {
    deallocate_on(storage->device_, storage->data_, storage->nbytes_);
  } else {
    if (*storage->deleter_) (*storage->deleter_)(storage->data_);
    delete storage->deleter_;
  }
  storage->~StorageImpl();
  object_pool::deallocate(storage, sizeof(StorageImpl));
}

}  // namespace sinter
