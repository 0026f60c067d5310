// AccumulateGrad: the end of the backward graph, which adds to the gradient of a leaf.
#pragma once
#include <sinter/autograd/node.h>

#include <mutex>

namespace sinter::autograd {

// Made once for a leaf, which owns it together with the graphs that use the leaf. It shares the
// leaf's slot and not the leaf itself, so that there is no cycle of owners. Passes that run on
// several threads may reach it at the same time.
class AccumulateGrad final : public Node {
 public:
  AccumulateGrad(const TensorMeta& meta, IntrusivePtr<GradSlot> slot);

  std::string name() const override { return "AccumulateGrad"; }
  InputMetadata input_metadata(std::size_t) const override {
    return {meta_.sizes, meta_.dtype, meta_.device};
  }
  void apply(NodeCall& call) override;
  // The leaf got other metadata (Tensor::set_data).
  void set_meta(const TensorMeta& meta) { meta_ = meta; }

  static void* operator new(std::size_t bytes);
  static void operator delete(void* object, std::size_t bytes) noexcept;

 private:
  Tensor keepable(Tensor grad, bool create_graph) const;

  TensorMeta meta_;
  IntrusivePtr<GradSlot> slot_;
  std::mutex mutex_;
};

}  // namespace sinter::autograd
