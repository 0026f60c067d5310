// The engine: runs a backward graph.
#pragma once
#include <sinter/autograd/node.h>

namespace sinter::autograd {

// One backward pass.
struct BackwardPass {
  std::span<const Edge> roots;
  std::span<Tensor> root_grads;  // one per root, defined; taken over
  // When there are any, only what leads to them runs. captured[i] becomes the gradient that arrives
  // at inputs[i]; with accumulate, leaves add it to their grad() instead, as tensors that retain
  // theirs do.
  std::span<const Edge> inputs = {};
  bool accumulate = false;
  bool keep_graph = false;
  bool create_graph = false;
  std::vector<Tensor> captured = {};  // undefined where no gradient arrived
};

// Runs the pass on the calling thread: the node with the highest sequence number first, each when
// all its gradients have arrived, sums in the order of arrival; so a result does not depend on
// anything but the graph. May be called from within a pass, and from several threads at the same
// time for graphs that share no nodes but the accumulators of leaves. Throws what nodes throw, and
// Error `[backward] ...` for a gradient that does not fit.
void run_backward(BackwardPass& pass);

}  // namespace sinter::autograd
