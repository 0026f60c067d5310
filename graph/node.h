// Node: one step of a graph.
#pragma once
#include <sinter/graph/arg.h>
#include <sinter/graph/attributes.h>
#include <sinter/graph/batch.h>
#include <sinter/ops/op_def.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sinter {
namespace autograd {
struct ForwardTrace;
}
namespace nn {
class Module;
}
namespace graph {

class Graph;

enum class Kind : std::uint8_t {
  input,   // an argument of the graph
  attr,    // a parameter, buffer or captured constant, by its path
  op,      // a call of an op
  module,  // a call of a module, by its path
  graph,   // a call of a graph: a region that a pass has put together
  output   // the results of the graph: the last node
};
const char* kind_name(Kind kind);

// Where a node comes from.
struct Provenance {
  std::shared_ptr<const autograd::ForwardTrace> trace;  // the user's call; may be null
  std::string location;     // the line of that call, where it was read from a file
  std::string module_path;  // the module whose forward() made the call: "layer1.0"
  // For nodes that a pass made: its name, and the nodes that were replaced.
  std::string pass;
  std::vector<std::string> originals;
};

// What is known of a result: sizes, strides, dtype and device as the op's infer gives them, and
// which values share its memory.
struct Result {
  TensorMeta meta;
  std::uint32_t alias_class = 0;
};

// A node belongs to a graph, which makes and erases it. Arguments change only through set_arg and
// replace_all_uses_with, which keep the lists of users right.
class Node {
 public:
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  Kind kind() const { return kind_; }
  bool is(Kind kind) const { return kind_ == kind; }
  // Unique in the graph: "conv_1".
  const std::string& name() const { return name_; }
  // The name of the op, the path of the module or tensor, the name of the input.
  const std::string& target() const { return target_; }
  Graph& graph() const { return *graph_; }
  Node* next() const { return next_; }
  Node* prev() const { return prev_; }

  // --- Arguments and users.
  const Arg::List& args() const { return args_; }
  std::size_t num_args() const { return args_.size(); }
  // Throws IndexError.
  const Arg& arg(std::size_t i) const;
  void set_arg(std::size_t i, Arg arg);
  void set_args(Arg::List args);
  // The nodes that use a result of this one, in no particular order; each once per use.
  const std::vector<Node*>& users() const { return users_; }
  std::size_t num_uses() const { return users_.size(); }
  // How often one of its results is used.
  std::size_t num_uses(std::uint32_t result) const;
  // Makes all users of this node's results (but for `except`) use those of another node, which must
  // have as many.
  void replace_all_uses_with(Node* other, const Node* except = nullptr);
  // The same for one result.
  void replace_uses(Value from, Value to, const Node* except = nullptr);

  // --- Results.
  std::size_t num_results() const { return results_.size(); }
  const Result& result(std::size_t i = 0) const;
  const std::vector<Result>& results() const { return results_; }
  void set_results(std::vector<Result> results) { results_ = std::move(results); }
  Value value(std::uint32_t i = 0) { return {this, i}; }

  // --- Of op nodes.
  // The op; nullptr for other kinds.
  const ops::OpDef* op() const { return op_; }
  const Attributes& attributes() const { return attributes_; }
  void set_attributes(Attributes attributes) { attributes_ = std::move(attributes); }
  // Which attributes grow with the batch.
  const std::vector<BatchItem>& batch_items() const { return batch_items_; }
  void set_batch_items(std::vector<BatchItem> items) { batch_items_ = std::move(items); }
  // The call writes its first argument, which is also its result.
  bool in_place() const { return in_place_; }

  // --- Of module nodes.
  // The module called; nullptr for other kinds, or where the graph belongs to no module.
  nn::Module* module() const;
  // The same as a class, nullptr where it is another: node->module_as<nn::Conv2d>().
  template <class M>
  auto* module_as() const;
  template <class M>
  bool is_module() const {
    return module_as<M>() != nullptr;
  }

  // --- Of graph nodes: the region, whose inputs are the arguments.
  const std::shared_ptr<Graph>& region() const { return region_; }

  // --- Effects.
  // The results share memory with argument 0 (views, in-place calls).
  bool aliases_input() const;
  // Writes memory that exists before: arguments, or buffers of a module.
  bool has_side_effects() const {
    return in_place_ || (op_ != nullptr && op_->writes != 0) || writes_state_;
  }
  // The call writes argument i: in place, or as the op declares.
  bool writes_arg(std::size_t i) const {
    return (i == 0 && in_place_) || (op_ != nullptr && i < 64 && ((op_->writes >> i) & 1U) != 0);
  }
  // Reads the random stream.
  bool uses_rng() const { return uses_rng_; }
  // The module (or region) writes buffers, such as running statistics.
  void set_writes_state(bool writes) { writes_state_ = writes; }
  void set_uses_rng(bool uses) { uses_rng_ = uses; }
  // Nothing else depends on the node being there: no side effects, and no random numbers whose
  // place in the stream counts.
  bool is_pure() const { return !has_side_effects() && !uses_rng_; }

  // --- Where it comes from.
  const Provenance& provenance() const { return provenance_; }
  Provenance& provenance() { return provenance_; }
  const std::string& module_path() const { return provenance_.module_path; }
  // The line of the user's program, "lenet.cpp:41"; the function where the program has no debug
  // information; empty when nothing is known.
  std::string location() const;

 private:
  friend class Graph;
  Node(Graph& graph, Kind kind, std::string name, std::string target)
      : graph_(&graph), kind_(kind), name_(std::move(name)), target_(std::move(target)) {}
  ~Node() = default;

  void add_uses(const Arg& arg);
  void drop_uses(const Arg& arg);

  Graph* graph_;
  Node* prev_ = nullptr;
  Node* next_ = nullptr;
  Kind kind_;
  bool in_place_ = false;
  bool writes_state_ = false;
  bool uses_rng_ = false;
  std::string name_;
  std::string target_;
  Arg::List args_;
  std::vector<Node*> users_;
  std::vector<Result> results_;
  const ops::OpDef* op_ = nullptr;
  Attributes attributes_;
  std::vector<BatchItem> batch_items_;
  std::shared_ptr<Graph> region_;
  Provenance provenance_;
  mutable std::unique_ptr<std::string> location_;
};

inline const TensorMeta& Value::meta() const { return node->result(index).meta; }

}  // namespace graph
}  // namespace sinter
