// OpNode: the recorded call of an op.
#pragma once
#include <sinter/autograd/node.h>
#include <sinter/autograd/saved_tensor.h>
#include <sinter/ops/dispatch.h>

namespace sinter::autograd {

// Holds what the op's vjp reads: a copy of the attributes, the saved tensors, and the shapes of
// inputs and outputs; all in one block of memory together with the edges.
class OpNode final : public Node {
 public:
  // Records a call whose outputs are described already: one that has run, or that will run in
  // place. Has edges to what made the inputs, and saves those that the vjp reads.
  static IntrusivePtr<OpNode> create(const ops::OpCall& call);
  // To be called when the op has run: saves the outputs that the vjp reads.
  void save_outputs(std::span<const Tensor> outputs);

  std::string name() const override { return backward_name(def_.name); }
  const ops::OpDef& def() const { return def_; }
  InputMetadata input_metadata(std::size_t i) const override;
  void apply(NodeCall& call) override;
  void release_variables() noexcept override;

 private:
  struct Shape {
    std::uint32_t first;  // in dims_
    std::uint8_t rank;
    DType dtype;
    Device device;
  };
  struct Layout;
  using VjpShape = ops::VjpContext::Shape;

  OpNode(const ops::OpCall& call, const Layout& layout);
  ~OpNode() override;
  void destroy_self() noexcept override;
  void record_inputs(const ops::OpCall& call);
  void record_shapes(const ops::OpCall& call);
  void unpack(const NodeCall& call, Tensor* inputs, Tensor* outputs);
  bool has_saved() const { return (saves_.inputs | saves_.outputs) != 0; }
  IntArrayRef sizes(const Shape& shape) const { return {dims_ + shape.first, shape.rank}; }

  const ops::OpDef& def_;
  std::size_t bytes_;
  SavedTensor* saved_;  // inputs by rising index, then outputs
  Shape* shapes_;       // of the inputs, then of the outputs
  std::int64_t* dims_;  // sizes of all of them
  void* attributes_;
  ops::Saved saves_;
  std::uint32_t num_saved_;
  bool released_ = false;
  std::atomic<bool> saved_in_use_ = false;  // a lock: passes on other threads may come by
};

}  // namespace sinter::autograd
