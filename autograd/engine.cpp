#include <sinter/autograd/anomaly.h>
#include <sinter/autograd/engine_internal.h>
#include <sinter/autograd/grad_mode.h>
#include <sinter/autograd/gradient_sum_internal.h>
#include <sinter/autograd/graph_index_internal.h>
#include <sinter/autograd/small_buffer_internal.h>
#include <sinter/ops/reduce.h>

#include <algorithm>
#include <utility>

namespace sinter::autograd {

namespace {

constexpr std::size_t kKeptGrads = 1U << 16;

struct Ready {
  std::uint64_t sequence_nr;
  std::uint32_t index;

  friend bool operator<(const Ready& a, const Ready& b) {
    if (a.sequence_nr != b.sequence_nr) return a.sequence_nr < b.sequence_nr;
    return a.index > b.index;
  }
};

// What a pass works with; kept by the thread for the next one.
struct Workspace {
  GraphIndex graph;
  std::vector<Tensor> grads;   // those that have arrived, by node and input
  std::vector<Ready> ready;    // a heap
  std::vector<bool> needed;    // whether a node runs; empty when all do
  std::vector<bool> captures;  // whether inputs capture at a node

  void clear() {
    graph.clear();
    if (grads.size() > kKeptGrads) grads = {};
    grads.clear();
    ready.clear();
    needed.clear();
    captures.clear();
  }
};

// Takes the thread's workspace, or a new one within another pass.
class WorkspaceLease {
 public:
  WorkspaceLease() : workspace_(std::exchange(idle(), nullptr)) {
    if (!workspace_) workspace_ = std::make_unique<Workspace>();
  }
  ~WorkspaceLease() {
    workspace_->clear();
    idle() = std::move(workspace_);
  }
  WorkspaceLease(const WorkspaceLease&) = delete;
  WorkspaceLease& operator=(const WorkspaceLease&) = delete;
  Workspace& operator*() { return *workspace_; }

 private:
  static std::unique_ptr<Workspace>& idle() {
    thread_local std::unique_ptr<Workspace> workspace;
    return workspace;
  }
  std::unique_ptr<Workspace> workspace_;
};

bool expands_to(IntArrayRef from, IntArrayRef to) {
  if (from.size() > to.size()) return false;
  const std::size_t lead = to.size() - from.size();
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (from[i] != to[lead + i] && from[i] != 1) return false;
  }
  return true;
}

// Makes a gradient fit what it is the gradient of, or throws.
void fit_gradient(Tensor& grad, const InputMetadata& wanted, const Node& from, std::size_t i) {
  const TensorMeta& meta = grad.impl()->meta;
  if (!(IntArrayRef(meta.sizes) == wanted.sizes)) {
    SINTER_CHECK(expands_to(wanted.sizes, meta.sizes), "[backward] ", from.name(),
                 " made a gradient of the wrong shape for input ", i, "; got ",
                 IntArrayRef(meta.sizes), " for ", wanted.sizes);
    grad = sum_to_size(grad, wanted.sizes);
  }
  if (grad.dtype() != wanted.dtype) {
    SINTER_CHECK(is_floating_point(grad.dtype()), "[backward] ", from.name(),
                 " made a gradient of the wrong dtype for input ", i, "; got ", grad.dtype(),
                 " for ", wanted.dtype);
    grad = grad.to(wanted.dtype);
  }
  SINTER_CHECK(grad.device() == wanted.device, "[backward] ", from.name(),
               " made a gradient on the wrong device for input ", i, "; got ", grad.device(),
               " for ", wanted.device);
}

class Runner {
 public:
  Runner(BackwardPass& pass, Workspace& workspace) : pass_(pass), w_(workspace) {}

  void run() {
    for (const Edge& root : pass_.roots) w_.graph.add(root.function.get());
    w_.grads.resize(w_.graph.num_grads());
    if (!pass_.inputs.empty()) find_needed();
    for (std::size_t i = 0; i < pass_.roots.size(); ++i) start(i);
    while (!w_.ready.empty()) {
      std::pop_heap(w_.ready.begin(), w_.ready.end());
      const std::uint32_t index = w_.ready.back().index;
      w_.ready.pop_back();
      run_node(index);
    }
  }

 private:
  bool runs(std::uint32_t index) const { return w_.needed.empty() || w_.needed[index]; }

  // A node is needed when it leads to an input. At the inputs themselves gradients are captured.
  void find_needed() {
    pass_.captured.assign(pass_.inputs.size(), {});
    w_.needed.assign(w_.graph.size(), false);
    w_.captures.assign(w_.graph.size(), false);
    for (const Edge& input : pass_.inputs) {
      const std::uint32_t index = w_.graph.find(input.function.get());
      if (index != GraphIndex::kNone) w_.captures[index] = true;
    }
    for (const std::uint32_t index : w_.graph.postorder()) {
      bool needed = w_.captures[index];
      for (const std::uint32_t target : w_.graph.targets(index)) {
        needed = needed || (target != GraphIndex::kNone && w_.needed[target]);
      }
      w_.needed[index] = needed;
    }
  }

  void start(std::size_t root) {
    const Edge& edge = pass_.roots[root];
    const std::uint32_t index = w_.graph.find(edge.function.get());
    const bool first = !has_grad(index);
    add_gradient(w_.grads[w_.graph[index].first_grad + edge.input_nr],
                 std::move(pass_.root_grads[root]));
    if (first && w_.graph[index].dependencies == 0) make_ready(index);
  }

  bool has_grad(std::uint32_t index) {
    const auto grads = grads_of(index);
    return std::any_of(grads.begin(), grads.end(), [](const Tensor& g) { return g.defined(); });
  }

  std::span<Tensor> grads_of(std::uint32_t index) {
    const GraphIndex::Entry& entry = w_.graph[index];
    return {w_.grads.data() + entry.first_grad, entry.node->num_inputs()};
  }

  void make_ready(std::uint32_t index) {
    if (!runs(index)) return;
    w_.ready.push_back({w_.graph[index].node->sequence_nr(), index});
    std::push_heap(w_.ready.begin(), w_.ready.end());
  }

  // A leaf that accumulates keeps the gradient itself.
  void capture(const Node* node, std::span<const Tensor> grads) {
    if (pass_.accumulate && node->num_outputs() == 0) return;
    for (std::size_t i = 0; i < pass_.inputs.size(); ++i) {
      const Edge& input = pass_.inputs[i];
      if (input.function.get() == node) pass_.captured[i] = grads[input.input_nr];
    }
  }

  // Whether anything that the node leads to is needed. An accumulator leads to its leaf.
  bool applies(std::uint32_t index) const {
    if (w_.needed.empty()) return true;
    const auto targets = w_.graph.targets(index);
    if (targets.empty()) return pass_.accumulate;
    return std::any_of(targets.begin(), targets.end(), [&](std::uint32_t target) {
      return target != GraphIndex::kNone && w_.needed[target];
    });
  }

  std::uint64_t needed_results(std::uint32_t index) const {
    if (w_.needed.empty()) return ~std::uint64_t{0};
    const auto targets = w_.graph.targets(index);
    std::uint64_t bits = 0;
    for (std::size_t i = 0; i < targets.size() && i < 64; ++i) {
      if (targets[i] != GraphIndex::kNone && w_.needed[targets[i]]) bits |= std::uint64_t{1} << i;
    }
    return bits;
  }

  void run_node(std::uint32_t index) {
    Node& node = *w_.graph[index].node;
    SmallBuffer<Tensor, 4> results(node.num_outputs());
    const std::span<Tensor> grads = grads_of(index);
    if (has_grad(index)) {
      if (node.has_hooks()) node.run_hooks(grads);
      if (!w_.captures.empty() && w_.captures[index]) capture(&node, grads);
      if (applies(index)) apply(node, index, grads, results.span());
    }
    for (Tensor& grad : grads) grad.reset();
    pass_on(index, results.span());
  }

  void apply(Node& node, std::uint32_t index, std::span<Tensor> grads, std::span<Tensor> results) {
    NodeCall call{.grads = grads,
                  .results = results,
                  .needed = needed_results(index),
                  .keep_graph = pass_.keep_graph,
                  .create_graph = pass_.create_graph};
    if (AnomalyMode::is_enabled()) [[unlikely]] {
      apply_checked(node, call);
    } else {
      node.apply(call);
    }
    if (!pass_.keep_graph) node.release_variables();
  }

  void pass_on(std::uint32_t index, std::span<Tensor> results) {
    const Node& node = *w_.graph[index].node;
    const auto targets = w_.graph.targets(index);
    for (std::size_t i = 0; i < targets.size(); ++i) {
      const std::uint32_t target = targets[i];
      if (target == GraphIndex::kNone || !runs(target)) continue;
      GraphIndex::Entry& entry = w_.graph[target];
      if (results[i].defined()) {
        const std::uint32_t input_nr = node.next_edge(i).input_nr;
        fit_gradient(results[i], entry.node->input_metadata(input_nr), node, i);
        add_gradient(w_.grads[entry.first_grad + input_nr], std::move(results[i]));
      }
      if (--entry.dependencies == 0) make_ready(target);
    }
  }

  BackwardPass& pass_;
  Workspace& w_;
};

}  // namespace

void run_backward(BackwardPass& pass) {
  const AutoGradMode mode(pass.create_graph);
  WorkspaceLease workspace;
  Runner(pass, *workspace).run();
}

}  // namespace sinter::autograd
