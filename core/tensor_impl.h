// What a Tensor points to: metadata, storage and autograd state.
#pragma once
#include <sinter/core/device.h>
#include <sinter/core/dims.h>
#include <sinter/core/dtype.h>
#include <sinter/core/intrusive_ptr.h>
#include <sinter/core/storage.h>

#include <atomic>
#include <cstdint>

namespace sinter {

// Shape, type and place of a tensor: everything about it but its elements.
//
// free_layout: nobody has looked at the strides yet, so a kernel may lay the dimensions out as
// suits it (convolutions use channels_last). Kernels see and keep the physical strides; the first
// public look settles the tensor to contiguous strides, in place (see Tensor::strides).
struct TensorMeta {
  Dims sizes;
  Dims strides;             // in elements
  std::int64_t offset = 0;  // of the first element, in elements from the start of the storage
  std::int64_t numel = 0;
  DType dtype = kFloat32;
  Device device;
  bool contiguous = true;      // strides are row-major
  bool channels_last = false;  // 4 dimensions and strides of NHWC memory
  bool free_layout = false;

  std::size_t dim() const { return sizes.size(); }
  std::size_t nbytes() const { return static_cast<std::size_t>(numel) * element_size(dtype); }
  // Sets the sizes with row-major strides and offset 0. The caller has checked the sizes.
  void set_contiguous(IntArrayRef new_sizes);
  // Sets the sizes (4 of them) with NHWC strides and offset 0.
  void set_channels_last(IntArrayRef new_sizes);
  // Sets sizes and strides, and computes numel and the flags from them.
  void set_strided(IntArrayRef new_sizes, IntArrayRef new_strides, std::int64_t new_offset);
  // The same elements of the same storage: dtype, sizes, strides and offset are alike.
  bool same_layout(const TensorMeta& other) const {
    return offset == other.offset && dtype == other.dtype && sizes == other.sizes &&
           strides == other.strides;
  }
  // Every element lies at its own address and there are no gaps: some permutation of the
  // dimensions is contiguous.
  bool non_overlapping_and_dense() const;
  // Some address may hold two elements (a stride of 0, or interleaved strides).
  bool may_overlap() const;
};

// Autograd's part of a tensor. Defined by the autograd layer.
class AutogradMeta {
 public:
  virtual ~AutogradMeta() = default;
};

struct TensorImpl : public RefCounted<TensorImpl> {
  TensorMeta meta;
  Storage storage;                   // a fake one for a fake tensor: metadata without elements
  AutogradMeta* autograd = nullptr;  // owned
  bool requires_grad = false;        // it, or something it was computed from, wants a gradient
  bool wrapped_number = false;       // a C++ number: 0-d, and weak in type promotion
  bool inference = false;            // made in inference mode: autograd must not see it
  // A view that gradients do not follow: made under no_grad, or of another element type.
  bool detached_view = false;
  // Of a view: the tensor whose elements it shares, itself no view. In-place writes to either
  // change the history of both.
  IntrusivePtr<TensorImpl> view_base;

  // A view wants a gradient also when its base came to want one later.
  bool wants_grad() const {
    return requires_grad || (view_base && !detached_view && view_base->requires_grad);
  }

  // A new header from the object pool, with no storage.
  static TensorImpl* create();
  static void destroy(TensorImpl* impl) noexcept;
  // A second header over the same storage, without autograd's part and no view.
  static IntrusivePtr<TensorImpl> shallow_copy(const TensorImpl& impl);

  // The first element. Null for an empty tensor's storage, or a fake tensor.
  char* data() const {
    return !fake() ? static_cast<char*>(storage->data()) +
                         meta.offset * static_cast<std::int64_t>(element_size(meta.dtype))
                   : nullptr;
  }
  bool fake() const { return !storage || storage->fake(); }
  // Whether the layout is still free, for readers beside other threads.
  bool layout_is_free() const {
    return std::atomic_ref(const_cast<bool&>(meta.free_layout)).load(std::memory_order_acquire);
  }
  // Gives a free layout its public form: contiguous strides. When the memory lies otherwise it
  // copies into a new storage of the same version, so a free layout must have no views: an op that
  // makes one settles its source first. Threads may look at (and so settle) one tensor at the same
  // time; but not while another one runs a kernel that reads the strides or the memory without
  // having looked.
  void settle();

 private:
  void set_free_layout(bool free) {
    std::atomic_ref(meta.free_layout).store(free, std::memory_order_release);
  }

  TensorImpl() = default;
  ~TensorImpl();
};

}  // namespace sinter
