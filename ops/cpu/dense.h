// Inputs and outputs of kernels that want elements of one type in one order.
#pragma once
#include <sinter/core/parallel.h>
#include <sinter/core/strided_copy.h>
#include <sinter/core/tensor.h>
#include <sinter/ops/cpu/convert.h>
#include <sinter/ops/cpu/workspace.h>

namespace sinter::ops::cpu {

// Whether elements of these sizes lie at these strides; strides of sizes 0 and 1 do not matter.
inline bool strides_agree(IntArrayRef sizes, IntArrayRef a, IntArrayRef b) {
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    if (sizes[d] > 1 && a[d] != b[d]) return false;
  }
  return true;
}

inline void convert_all(const void* from, DType from_dtype, void* to, DType to_dtype,
                        std::int64_t count) {
  const ConvertFn convert = convert_fn(from_dtype, to_dtype);
  const auto from_size = static_cast<std::int64_t>(element_size(from_dtype));
  const auto to_size = static_cast<std::int64_t>(element_size(to_dtype));
  parallel_for(0, count, 1 << 15, [&](std::int64_t begin, std::int64_t end) {
    convert(static_cast<const char*>(from) + begin * from_size, 1,
            static_cast<char*>(to) + begin * to_size, 1, static_cast<std::size_t>(end - begin));
  });
}

// The elements of a tensor as T (float or double) at the given strides, which must be dense: its
// own memory where that fits, else a copy.
template <class T>
class DenseInput {
 public:
  DenseInput() = default;
  DenseInput(const TensorImpl& x, IntArrayRef strides) {
    const TensorMeta& meta = x.meta;
    const char* data = x.data();
    Workspace<char> moved;
    if (!strides_agree(meta.sizes, meta.strides, strides)) {
      moved = Workspace<char>(static_cast<std::int64_t>(meta.nbytes()));
      if (meta.numel > 0) {
        copy_strided(moved.data(), strides, data, meta.strides, meta.sizes,
                     element_size(meta.dtype));
      }
      data = moved.data();
    }
    if (meta.dtype != dtype_of<T>) {
      space_ = Workspace<char>(checked_mul("workspace", meta.numel, sizeof(T)));
      convert_all(data, meta.dtype, space_.data(), dtype_of<T>, meta.numel);
      data = space_.data();
    } else {
      space_ = std::move(moved);
    }
    data_ = reinterpret_cast<const T*>(data);
  }
  // In row-major order.
  explicit DenseInput(const TensorImpl& x) : DenseInput(x, contiguous_strides(x.meta.sizes)) {}

  // Null for an input left out.
  const T* data() const { return data_; }

 private:
  const T* data_ = nullptr;
  Workspace<char> space_;
};

// Row-major T of an input, or null where the input was left out.
template <class T>
DenseInput<T> optional_input(const Tensor& x) {
  return x.defined() ? DenseInput<T>(*x.impl()) : DenseInput<T>();
}

// An output to be written as T in the order in which the tensor lies (it is dense). When the tensor
// has another dtype, commit() rounds into it.
template <class T>
class DenseOutput {
 public:
  explicit DenseOutput(const Tensor& out) : out_(*out.impl()) {
    if (out_.meta.dtype == dtype_of<T>) {
      data_ = reinterpret_cast<T*>(out_.data());
    } else {
      space_ = Workspace<T>(out_.meta.numel);
      data_ = space_.data();
    }
  }
  T* data() const { return data_; }
  void commit() const {
    if (out_.meta.dtype == dtype_of<T>) return;
    convert_all(data_, dtype_of<T>, out_.data(), out_.meta.dtype, out_.meta.numel);
  }

 private:
  TensorImpl& out_;
  T* data_ = nullptr;
  Workspace<T> space_;
};

// Calls fn<float>() or fn<double>(): the type that a floating dtype computes in.
template <class F>
decltype(auto) visit_compute(DType dtype, F&& fn) {
  if (dtype == kFloat64) return fn.template operator()<double>();
  return fn.template operator()<float>();
}

}  // namespace sinter::ops::cpu
