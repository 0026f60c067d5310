// OpDef: the run-time face of an op. Dispatch, autograd, the graph and ONNX all read it, and
// nothing outside ops/ and cuda/ knows an op by name.
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/ops/attrs.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sinter::ops {

struct OpDef;
struct DrawAttrs;
struct PointwiseOp;

// A borrowed list of tensors. An optional input that was not given is an undefined tensor.
class TensorRefs {
 public:
  TensorRefs() = default;
  TensorRefs(const Tensor* const* tensors, std::size_t size) : tensors_(tensors), size_(size) {}
  std::size_t size() const { return size_; }
  const Tensor& operator[](std::size_t i) const { return *tensors_[i]; }
  const TensorMeta& meta(std::size_t i) const { return tensors_[i]->impl()->meta; }
  bool defined(std::size_t i) const { return i < size_ && tensors_[i]->defined(); }
  const Tensor* const* data() const { return tensors_; }

 private:
  const Tensor* const* tensors_ = nullptr;
  std::size_t size_ = 0;
};

// TensorRefs to the tensors of a list, which must outlive it.
class TensorPointers {
 public:
  explicit TensorPointers(std::span<const Tensor> tensors) {
    pointers_.reserve(tensors.size());
    for (const Tensor& tensor : tensors) pointers_.push_back(&tensor);
  }
  operator TensorRefs() const { return {pointers_.data(), pointers_.size()}; }  // NOLINT

 private:
  std::vector<const Tensor*> pointers_;
};

// What infer sees: metadata of the inputs and the attributes, never elements. It throws when the
// rules of the op are broken, and describes each output.
struct InferContext {
  const OpDef& def;
  const TensorRefs& in;
  const void* attributes;
  std::span<TensorMeta* const> out;

  template <class A>
  const A& attrs() const {
    return *static_cast<const A*>(attributes);
  }
  const TensorMeta& meta(std::size_t i) const { return in.meta(i); }
  const char* op() const;
  // Describes output i as contiguous, on the device of the first defined input, and checks sizes
  // (non-negative, no overflow).
  void set(std::size_t i, IntArrayRef sizes, DType dtype) const;
  // The same, laid out as `like` where that is channels_last or a free layout and has these sizes.
  void set_like(std::size_t i, IntArrayRef sizes, DType dtype, const TensorMeta& like) const;
  // The output of a convolution-like op on 4-d activations: channels_last memory nobody asked for.
  void set_free_channels_last(std::size_t i, IntArrayRef sizes, DType dtype) const;
  // Describes output 0 as a view of input 0.
  void set_view(IntArrayRef sizes, IntArrayRef strides, std::int64_t offset) const;
};

// What a kernel sees. Outputs are allocated as infer described them (out[0] is in[0] for an
// in-place call); a kernel of a data-dependent op makes its outputs itself.
struct KernelContext {
  const OpDef& def;
  TensorRefs in;
  const void* attributes;
  std::span<Tensor> out;

  template <class A>
  const A& attrs() const {
    return *static_cast<const A*>(attributes);
  }
  template <class T>
  const T* in_data(std::size_t i) const {
    return reinterpret_cast<const T*>(in[i].impl()->data());
  }
  template <class T>
  T* out_data(std::size_t i = 0) const {
    return reinterpret_cast<T*>(out[i].impl()->data());
  }
};
using Kernel = void (*)(const KernelContext&);

// What a vector-Jacobian product sees. Inputs and outputs that `saves` did not name are undefined;
// their sizes and dtypes are always there. grad(i) is undefined where output i got no gradient. It
// is written with public ops, so that it can be differentiated and captured itself.
struct VjpContext {
  struct Shape {
    IntArrayRef sizes;
    DType dtype;
    Device device;
  };
  const void* attributes;
  std::span<const Tensor> inputs;
  std::span<const Shape> shapes;  // of the inputs
  std::span<const Tensor> outputs;
  std::span<const Tensor> grads;
  std::uint64_t needed;      // bit i: input i wants a gradient
  std::span<Tensor> result;  // one per input, undefined at first

  template <class A>
  const A& attrs() const {
    return *static_cast<const A*>(attributes);
  }
  const Tensor& in(std::size_t i) const { return inputs[i]; }
  const Tensor& out(std::size_t i = 0) const { return outputs[i]; }
  const Tensor& grad(std::size_t i = 0) const { return grads[i]; }
  IntArrayRef sizes(std::size_t i) const { return shapes[i].sizes; }
  bool needs(std::size_t i) const { return i >= 64 || ((needed >> i) & 1U) != 0; }
  void set(std::size_t i, Tensor gradient) const { result[i] = std::move(gradient); }
};
using Vjp = void (*)(const VjpContext&);

// Which values a vjp will look at: bits of inputs and outputs.
struct Saved {
  std::uint64_t inputs = 0;
  std::uint64_t outputs = 0;
};
// Given which inputs need a gradient.
using SavesFn = Saved (*)(std::uint64_t needed);
template <unsigned... I>
constexpr Saved save_inputs(std::uint64_t) {
  return {((std::uint64_t{1} << I) | ... | 0), 0};
}
constexpr Saved save_nothing(std::uint64_t) { return {}; }
constexpr Saved save_output(std::uint64_t) { return {0, 1}; }
// For products: each of the first two inputs is needed for the gradient of the other.
constexpr Saved save_other(std::uint64_t needed) {
  return {((needed & 1U) != 0 ? 2U : 0U) | ((needed & 2U) != 0 ? 1U : 0U), 0};
}

// The ONNX operator that an op maps to and the opset since when; or why there is none.
struct OnnxName {
  const char* type = nullptr;
  int since = 1;
};

struct OpDef {
  const char* name;
  std::int8_t arity = 1;    // inputs; -1: any number
  std::int8_t outputs = 1;  // -1: as many as the call asks for; 0: it only writes inputs
  // Bit i: input i may be undefined (all from 63 on, with bit 63).
  std::uint64_t optional_inputs = 0;
  const AttrsType* attrs = &attrs_type<NoAttrs>;

  // Metadata of the outputs from metadata of the inputs. Null for a data-dependent op.
  void (*infer)(InferContext&) = nullptr;
  Kernel kernel[kNumDeviceTypes] = {};

  // Where an op without tensor inputs runs, from its attributes. Null: on the device of its inputs.
  Device (*place)(const void* attributes) = nullptr;

  // Aliasing and mutation. An op writes no input but those that `writes` names (bit i: input i)
  // and, where it is called in place, self: then output 0 is input 0. (`in_place`: its kernel
  // allows that.) Dispatch refuses a written input that shares memory with another input or
  // requires a gradient while operations are recorded, and raises its version.
  std::uint64_t writes = 0;
  bool view = false;  // output 0 shares the storage of input 0; no kernel
  bool in_place = false;
  // The kernel follows physical strides; otherwise free layouts are settled before it runs.
  bool any_layout = false;
  bool data_dependent = false;  // the sizes of its outputs depend on elements
  bool mixed_devices = false;   // inputs may live on different devices (copies)
  // The piece of a random stream that its attributes reserve. Null: it draws no random numbers.
  DrawAttrs* (*draw)(void* attributes) = nullptr;

  // Autograd. no_vjp says why there is no gradient.
  SavesFn saves = save_nothing;
  Vjp vjp = nullptr;
  const char* no_vjp = nullptr;

  OnnxName onnx = {};
  const char* no_onnx = nullptr;
  // Why the CUDA layer has no kernel for it; null where it has one, in builds with that layer.
  const char* no_cuda = nullptr;

  // Set for pointwise ops: what the fused loops need.
  const PointwiseOp* pointwise = nullptr;
};

inline const char* InferContext::op() const { return def.name; }

}  // namespace sinter::ops
