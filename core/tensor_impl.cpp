#include <sinter/core/backend.h>
#include <sinter/core/error.h>
#include <sinter/core/object_pool_internal.h>
#include <sinter/core/strided_copy.h>
#include <sinter/core/tensor_impl.h>

#include <mutex>
#include <new>
#include <utility>

namespace sinter {

namespace {

bool is_contiguous(const TensorMeta& meta) {
  if (meta.numel == 0) return true;
  std::int64_t expected = 1;
  for (std::size_t i = meta.dim(); i-- > 0;) {
    if (meta.sizes[i] == 1) continue;
    if (meta.strides[i] != expected) return false;
    expected *= meta.sizes[i];
  }
  return true;
}

bool is_channels_last(const TensorMeta& meta) {
  if (meta.dim() != 4) return false;
  std::int64_t expected = 1;
  for (const std::size_t d : {1U, 3U, 2U, 0U}) {
    if (meta.sizes[d] == 1) continue;
    if (meta.strides[d] != expected) return false;
    expected *= meta.sizes[d];
  }
  return true;
}

// Whether the contiguous strides of these sizes, none of them zero, are also those of NHWC memory.
bool one_channel_or_pixel(const Dims& sizes) {
  return sizes.size() == 4 && (sizes[1] == 1 || (sizes[2] == 1 && sizes[3] == 1));
}

// The dimensions with more than one element, by rising stride.
Dims dims_by_stride(const TensorMeta& meta) {
  // Insertion: few elements, nearly sorted, and no memory as std::stable_sort would take.
  Dims order;
  for (std::size_t i = meta.dim(); i-- > 0;) {
    if (meta.sizes[i] <= 1) continue;
    std::size_t at = order.size();
    order.push_back(static_cast<std::int64_t>(i));
    for (; at > 0 && meta.strides[static_cast<std::size_t>(order[at - 1])] > meta.strides[i];
         --at) {
      std::swap(order[at], order[at - 1]);
    }
  }
  return order;
}

constinit std::mutex settle_mutex;

}  // namespace

void TensorMeta::set_contiguous(IntArrayRef new_sizes) {
  sizes.assign(new_sizes);
  strides.resize(sizes.size());
  std::int64_t count = 1;
  std::int64_t step = 1;
  for (std::size_t i = sizes.size(); i-- > 0;) {
    const std::int64_t size = sizes[i];
    strides[i] = step;
    count *= size;
    if (size != 0) step *= size;
  }
  numel = count;
  offset = 0;
  contiguous = true;
  channels_last = numel == 0 ? is_channels_last(*this) : one_channel_or_pixel(sizes);
  free_layout = false;
}

void TensorMeta::set_channels_last(IntArrayRef new_sizes) {
  set_strided(new_sizes, channels_last_strides(new_sizes), 0);
}

void TensorMeta::set_strided(IntArrayRef new_sizes, IntArrayRef new_strides,
                             std::int64_t new_offset) {
  sizes.assign(new_sizes);
  strides.assign(new_strides);
  offset = new_offset;
  numel = 1;
  for (const std::int64_t size : new_sizes) numel *= size;
  contiguous = is_contiguous(*this);
  channels_last = is_channels_last(*this);
  free_layout = false;
}

bool TensorMeta::non_overlapping_and_dense() const {
  if (contiguous || channels_last) return true;
  std::int64_t expected = 1;
  for (const std::int64_t d : dims_by_stride(*this)) {
    if (strides[static_cast<std::size_t>(d)] != expected) return false;
    expected *= sizes[static_cast<std::size_t>(d)];
  }
  return true;
}

bool TensorMeta::may_overlap() const {
  if (numel == 0 || contiguous || channels_last) return false;
  // Each stride must step over all that the smaller ones reach.
  std::int64_t reach = 0;
  for (const std::int64_t d : dims_by_stride(*this)) {
    const auto i = static_cast<std::size_t>(d);
    std::int64_t extent = 0;
    if (strides[i] <= reach || __builtin_mul_overflow(sizes[i] - 1, strides[i], &extent) ||
        __builtin_add_overflow(reach, extent, &reach)) {
      return true;
    }
  }
  return false;
}

TensorImpl* TensorImpl::create() {
  // Not TensorImpl(): that would clear the unused elements of sizes and strides.
  return new (object_pool::allocate(sizeof(TensorImpl))) TensorImpl;
}

void TensorImpl::destroy(TensorImpl* impl) noexcept {
  impl->~TensorImpl();
  object_pool::deallocate(impl, sizeof(TensorImpl));
}

IntrusivePtr<TensorImpl> TensorImpl::shallow_copy(const TensorImpl& impl) {
  auto copy = IntrusivePtr<TensorImpl>::adopt(create());
  std::unique_lock lock(settle_mutex, std::defer_lock);
  if (impl.layout_is_free()) lock.lock();
  copy->meta = impl.meta;
  copy->storage = impl.storage;
  copy->wrapped_number = impl.wrapped_number;
  copy->inference = impl.inference;
  return copy;
}

TensorImpl::~TensorImpl() { delete autograd; }

namespace {
void copy_layout(const TensorMeta& from, const void* source, const TensorMeta& to, void* target) {
  const std::size_t bytes = element_size(from.dtype);
  if (from.device.is_cpu()) {
    return copy_strided(target, to.strides, source, from.strides, from.sizes, bytes);
  }
  const DeviceBackend& device = backend(from.device);
  SINTER_CHECK_AS(NotImplementedError, device.copy_strided != nullptr,
                  "[settle] the device must be able to copy between layouts; got ", from.device);
  device.copy_strided(from.device.index(),
                      {target, to.strides, source, from.strides, from.sizes, bytes});
}
}  // namespace

void TensorImpl::settle() {
  const std::lock_guard lock(settle_mutex);
  if (!meta.free_layout) return;
  TensorMeta settled = meta;
  settled.set_contiguous(meta.sizes);
  if (!fake() && !meta.contiguous) {
    Storage moved = StorageImpl::create(meta.nbytes(), meta.device);
    copy_layout(meta, data(), settled, moved->data());
    moved->set_version(storage->version());
    storage = std::move(moved);
  } else {
    settled.offset = meta.offset;
  }
  meta.strides = settled.strides;
  meta.offset = settled.offset;
  meta.channels_last = settled.channels_last;
  meta.contiguous = true;
  set_free_layout(false);
}

}  // namespace sinter
