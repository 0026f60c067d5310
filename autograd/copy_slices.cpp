#include <sinter/autograd/copy_slices_internal.h>
#include <sinter/autograd/small_buffer_internal.h>
#include <sinter/autograd/unseen_internal.h>
#include <sinter/autograd/variable_meta_internal.h>

namespace sinter::autograd {

CopySlices::CopySlices(Edge before, IntrusivePtr<Node> fn, const TensorMeta& base,
                       const TensorMeta& view)
    : Node(nullptr, 0, 1), fn_(std::move(fn)), base_(base), view_(view) {
  const auto edges = fn_->next_edges();
  own_edges_.assign(edges.begin(), edges.end());
  own_edges_[0] = std::move(before);
  set_edges(own_edges_.data(), own_edges_.size());
}

std::int64_t CopySlices::span() const {
  if (base_.numel == 0) return 0;
  std::int64_t last = 0;
  for (std::size_t i = 0; i < base_.dim(); ++i) last += (base_.sizes[i] - 1) * base_.strides[i];
  return last + 1;
}

// The gradient of the view as it is after the call, as a part of this node's.
Edge CopySlices::view_edge() {
  const Unseen unseen;
  Tensor base(IntrusivePtr<TensorImpl>::adopt(TensorImpl::create()));
  base.impl()->meta = base_;
  set_history(*base.impl(), IntrusivePtr<Node>::share(this), 0);
  return gradient_edge(base.as_strided(view_.sizes, view_.strides, view_.offset));
}

void CopySlices::apply(NodeCall& call) {
  const Tensor& grad = call.grads[0];
  Tensor memory = grad.new_empty({span()});
  Tensor whole = memory.as_strided(base_.sizes, base_.strides, 0);
  whole.copy_(grad);
  Tensor slice = memory.as_strided(view_.sizes, view_.strides, view_.offset - base_.offset);

  Tensor slice_grad = slice.clone();
  SmallBuffer<Tensor, 4> results(num_outputs());
  const Edge output = call.create_graph ? view_edge() : Edge{};
  NodeCall inner{.grads = {&slice_grad, 1},
                 .results = results.span(),
                 .needed = call.needed,
                 .keep_graph = call.keep_graph,
                 .create_graph = call.create_graph,
                 .output = call.create_graph ? &output : nullptr};
  fn_->apply(inner);
  for (std::size_t i = 1; i < results.size(); ++i) call.results[i] = std::move(results[i]);
  if (!own_edges_[0].is_valid() || !call.needs(0)) return;
  if (results[0].defined()) {
    slice.copy_(results[0]);
  } else {
    slice.zero_();
  }
  call.results[0] = std::move(whole);
}

}  // namespace sinter::autograd
