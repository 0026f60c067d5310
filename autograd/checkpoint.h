// checkpoint: save memory by computing a part of the forward pass again in backward.
#pragma once
#include <sinter/autograd/grad_mode.h>
#include <sinter/autograd/saved_tensor.h>
#include <sinter/core/callable.h>
#include <sinter/core/random.h>

#include <concepts>
#include <mutex>
#include <utility>
#include <vector>

namespace sinter::autograd {

// One call of checkpoint. Its nodes save numbers instead of tensors; when the first one is asked
// for, the function runs again and the tensors are there.
class CheckpointFrame final : public SavedTensorSink {
 public:
  using Rerun = Callable<void(const variable_list& inputs)>;

  CheckpointFrame(const variable_list& inputs, Rerun rerun);
  std::uint32_t put(const TensorImpl& impl) override;
  IntrusivePtr<TensorImpl> take(std::uint32_t number, bool keep) override;

 private:
  struct Expected {
    Dims sizes;
    DType dtype;
  };
  struct Value {
    IntrusivePtr<TensorImpl> header;
    std::uint32_t version = 0;
  };
  void recompute(bool keep);
  variable_list unpack_inputs(bool keep) const;

  std::vector<SavedTensor> inputs_;
  std::vector<bool> wants_grad_;
  Rerun rerun_;
  PhiloxState random_;
  std::vector<Expected> expected_;
  std::vector<Value> values_;
  std::size_t next_ = 0;
  bool recomputing_ = false;
  std::recursive_mutex mutex_;
};

// Makes a sink that of this thread for a scope.
class SinkScope {
 public:
  explicit SinkScope(SavedTensorSink* sink) : before_(std::exchange(saved_tensor_sink(), sink)) {}
  ~SinkScope() { saved_tensor_sink() = before_; }
  SinkScope(const SinkScope&) = delete;
  SinkScope& operator=(const SinkScope&) = delete;

 private:
  SavedTensorSink* before_;
};

// Returns fn(inputs...), saving for backward only the inputs: backward runs fn again, with the
// state of the default generator that the first run found, so that dropout drops the same elements.
// fn is copied, must compute the same from the same inputs, and may use parameters that are not
// among inputs; it returns a tensor or anything that holds tensors. Calls may nest. The same
// gradients come out as without; backward throws Error `[checkpoint] ...` when fn computes other
// tensors the second time, or when an input was changed in place since. (Chen et al., "Training
// deep nets with sublinear memory cost", 2016; as torch.utils.checkpoint without reentrance.)
template <class F, std::same_as<Tensor>... Inputs>
auto checkpoint(F fn, const Inputs&... inputs) {
  if (!GradMode::is_enabled()) return fn(inputs...);
  const auto rerun = [fn]<std::size_t... I>(const variable_list& in, std::index_sequence<I...>) {
    F again = fn;
    again(in[I]...);
  };
  const auto frame = IntrusivePtr<SavedTensorSink>::adopt(new CheckpointFrame(
      {inputs...},
      [rerun](const variable_list& in) { rerun(in, std::index_sequence_for<Inputs...>()); }));
  const SinkScope scope(frame.get());
  return fn(inputs...);
}

}  // namespace sinter::autograd
