// SavedTensor: what a node keeps of an input or an output of its call.
#pragma once
#include <sinter/autograd/node.h>
#include <sinter/ops/op_def.h>

namespace sinter::autograd {

// Where saved tensors go instead of into the nodes, while this is the thread's sink (checkpoint).
class SavedTensorSink : public RefCounted<SavedTensorSink> {
 public:
  virtual ~SavedTensorSink() = default;
  static void destroy(SavedTensorSink* sink) noexcept { delete sink; }
  // Takes note of one more saved tensor and returns its number.
  virtual std::uint32_t put(const TensorImpl& impl) = 0;
  // The tensor of that number; keep says that it will be asked for again.
  virtual IntrusivePtr<TensorImpl> take(std::uint32_t number, bool keep) = 0;
};
// The sink of this thread; null as a rule.
SavedTensorSink*& saved_tensor_sink();

// A header of its own over the storage, so that saving an output, or an input that is later changed
// in place, makes no cycle of owners. It knows the version of the storage at the time of saving.
class SavedTensor {
 public:
  SavedTensor() = default;
  SavedTensor(const TensorImpl& impl, const char* op);

  // Gives the tensor back. Throws Error `[op] a tensor saved for backward (...) was changed in
  // place since: ...`. With create_graph it is connected to edge. what reads "input 1".
  Tensor unpack(const char* op, const char* what, std::size_t index, const NodeCall& call,
                const Edge& edge) const;
  void reset() noexcept;

 private:
  void check_version(const char* op, const char* what, std::size_t index) const;

  IntrusivePtr<TensorImpl> header_;
  IntrusivePtr<SavedTensorSink> sink_;
  std::uint32_t version_ = 0;  // or the number in the sink
};

}  // namespace sinter::autograd
