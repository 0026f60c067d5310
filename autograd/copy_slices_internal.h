// CopySlices: the history of a tensor of which a view was changed in place.
#pragma once
#include <sinter/autograd/node.h>

namespace sinter::autograd {

// The gradient of the changed base becomes that of the base before: outside of the view it is the
// same, inside it goes through fn, the node of the in-place call on the view.
class CopySlices final : public Node {
 public:
  // before is where the base's gradient went so far; base and view share a storage.
  CopySlices(Edge before, IntrusivePtr<Node> fn, const TensorMeta& base, const TensorMeta& view);

  std::string name() const override { return "CopySlices"; }
  InputMetadata input_metadata(std::size_t) const override {
    return {base_.sizes, base_.dtype, base_.device};
  }
  void apply(NodeCall& call) override;
  void release_variables() noexcept override { fn_->release_variables(); }

 private:
  Edge view_edge();
  // Elements from the first to the last of the base.
  std::int64_t span() const;

  std::vector<Edge> own_edges_;
  IntrusivePtr<Node> fn_;
  TensorMeta base_;
  TensorMeta view_;
};

}  // namespace sinter::autograd
