// Node: one step of the backward graph.
#pragma once
#include <sinter/core/callable.h>
#include <sinter/core/tensor.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace sinter::autograd {

class Node;
struct GradSlot;
struct ForwardTrace;
using Variable = Tensor;
using variable_list = std::vector<Tensor>;
using tensor_list = variable_list;

// Where a gradient goes next: input input_nr of a node. A node's inputs are the gradients of the
// outputs of the call that it stands for.
struct Edge {
  IntrusivePtr<Node> function;
  std::uint32_t input_nr = 0;

  bool is_valid() const { return static_cast<bool>(function); }
  friend bool operator==(const Edge& a, const Edge& b) {
    return a.function == b.function && a.input_nr == b.input_nr;
  }
};
using edge_list = std::vector<Edge>;

// What a gradient that arrives at a node must look like.
struct InputMetadata {
  IntArrayRef sizes;
  DType dtype = kFloat32;
  Device device;
};

// One run of a node in a backward pass.
struct NodeCall {
  std::span<Tensor> grads;       // one per input; undefined where none arrived
  std::span<Tensor> results;     // one per next edge, undefined at first
  std::uint64_t needed = ~0ULL;  // bit i: results[i] will be used; all from bit 64 on are
  bool keep_graph = false;       // saved tensors are needed again
  bool create_graph = false;     // the results will be differentiated
  const Edge* output = nullptr;  // stands for the call's output 0 where that is not this node

  bool needs(std::size_t i) const { return i >= 64 || ((needed >> i) & 1U) != 0; }
};

// A step of the backward graph: takes the gradients of the outputs of a forward call and makes
// those of its inputs, which its edges take further. Counts its references itself.
class Node {
 public:
  using Hook = Callable<Tensor(const Tensor&)>;

  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  // "MulBackward0".
  virtual std::string name() const = 0;
  // Rises with every node that this thread makes; the engine runs the highest first.
  std::uint64_t sequence_nr() const { return sequence_nr_; }
  std::span<const Edge> next_edges() const { return {edges_, num_edges_}; }
  const Edge& next_edge(std::size_t i) const { return edges_[i]; }
  // Gradients it makes, and gradients it takes.
  std::uint32_t num_outputs() const { return num_edges_; }
  std::uint32_t num_inputs() const { return num_inputs_; }
  virtual InputMetadata input_metadata(std::size_t i) const = 0;

  // Fills call.results, or leaves undefined what is zero. May take call.grads over.
  virtual void apply(NodeCall& call) = 0;
  // Drops the tensors saved for apply.
  virtual void release_variables() noexcept {}

  // Calls hook with the gradient that arrives at input input_nr, before apply; returns an id.
  std::uint64_t add_hook(std::uint32_t input_nr, Hook hook);
  void remove_hook(std::uint64_t id);
  // Keeps the gradient of input input_nr in slot, after the hooks.
  void retain_gradient(std::uint32_t input_nr, IntrusivePtr<GradSlot> slot);
  // Stops that, wherever it was asked for with this slot.
  void stop_retaining(const GradSlot* slot);
  bool has_hooks() const { return extras_ != nullptr; }
  // Runs the hooks and fills the retained slots.
  void run_hooks(std::span<Tensor> grads) const;

  // Where the forward call was made; null unless anomaly mode was on then.
  const ForwardTrace* forward_trace() const;
  void set_forward_trace(std::unique_ptr<ForwardTrace> trace);

  void retain() const noexcept { count_.add(); }
  void release() const noexcept {
    if (count_.drop()) destroy(const_cast<Node*>(this));
  }
  std::uint32_t use_count() const noexcept { return count_.get(); }

 protected:
  // The subclass owns the edges.
  Node(Edge* edges, std::size_t num_edges, std::size_t num_inputs);
  virtual ~Node();
  Edge* edges() { return edges_; }
  void set_edges(Edge* edges, std::size_t count) {
    edges_ = edges;
    num_edges_ = static_cast<std::uint32_t>(count);
  }
  void set_num_inputs(std::size_t count) { num_inputs_ = static_cast<std::uint32_t>(count); }
  static std::uint64_t next_sequence_nr();
  void set_sequence_nr(std::uint64_t number) { sequence_nr_ = number; }
  // Ends the object and gives its memory back.
  virtual void destroy_self() noexcept { delete this; }

 private:
  friend class GraphIndex;
  struct Extras;
  // Releases this node and all that only it held, without recursion.
  static void destroy(Node* node) noexcept;
  Extras& extras();

  mutable RefCount count_;
  std::uint32_t num_edges_ = 0;
  std::uint32_t num_inputs_ = 0;
  Edge* edges_ = nullptr;
  std::uint64_t sequence_nr_ = 0;
  Node* next_dead_ = nullptr;
  // Which GraphIndex has numbered this node (upper half; 0 for none), and its number there.
  std::atomic<std::uint64_t> mark_{0};
  std::unique_ptr<Extras> extras_;
};

// Where the gradient of a tensor is kept: shared by the tensor and by the node that fills it.
struct GradSlot : RefCounted<GradSlot> {
  Tensor grad;

  static IntrusivePtr<GradSlot> create() { return IntrusivePtr<GradSlot>::adopt(new GradSlot); }
  static void destroy(GradSlot* slot) noexcept { delete slot; }
};

// "log_softmax" -> "LogSoftmaxBackward0".
std::string backward_name(const char* op);

}  // namespace sinter::autograd
