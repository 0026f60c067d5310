// Graph: a program as a list of nodes.
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/graph/node.h>
#include <sinter/nn/module.h>

#include <cstddef>
#include <iosfwd>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace sinter::graph {

// The nodes in the order in which they run: first inputs, last the output. Nodes live as long as
// the graph, unless they are erased.
class Graph {
 public:
  Graph() = default;
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
  ~Graph();

  // --- The nodes.
  // All of them, in order: for (Node* node : graph.nodes()). The node at hand may be erased, and
  // others inserted before it.
  class Iterator {
   public:
    using difference_type = std::ptrdiff_t;
    using value_type = Node*;
    explicit Iterator(Node* node = nullptr) : node_(node), next_(node ? node->next() : nullptr) {}
    Node* operator*() const { return node_; }
    Iterator& operator++() {
      *this = Iterator(next_);
      return *this;
    }
    Iterator operator++(int) {
      const Iterator before = *this;
      ++*this;
      return before;
    }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.node_ == b.node_; }

   private:
    Node* node_;
    Node* next_;
  };
  struct Range {
    Node* first;
    Iterator begin() const { return Iterator(first); }
    Iterator end() const { return Iterator(); }
  };
  Range nodes() const { return {first_}; }
  Node* first() const { return first_; }
  Node* last() const { return last_; }
  std::size_t size() const { return size_; }
  // The node of that name, or nullptr.
  Node* find(std::string_view name) const;
  // The inputs, in order, and the output (nullptr while there is none).
  std::vector<Node*> inputs() const;
  Node* output() const;
  // The results of the graph: the values in the output's argument, in order.
  std::vector<Value> results() const;
  // The nodes that call a module of this class: graph.find<nn::BatchNorm2d>().
  template <class M>
  std::vector<Node*> find() const;
  // The nodes that call this op.
  std::vector<Node*> find(const ops::OpDef& op) const;

  // --- New nodes. They go before the insertion point: the end, or where set by InsertionPoint. The
  // results' metadata are inferred from the arguments', which must come earlier. They throw what
  // the op throws for such arguments, ValueError for arguments of another graph or from later on.
  Node* add_input(const std::string& name, const TensorMeta& meta);
  // A tensor of the module that the graph belongs to, by its path.
  Node* add_attr(const std::string& path, const TensorMeta& meta);
  // Attributes() stands for the op's defaults.
  Node* add_op(const ops::OpDef& op, Attributes attributes, Arg::List args, bool in_place = false);
  // By the name of the op. Throws ValueError when there is none.
  Node* add_op(std::string_view op, Attributes attributes, Arg::List args, bool in_place = false);
  // A tensor that the graph itself keeps, under a path of its own: one that never changes, or one
  // under a name of the caller's.
  Node* add_constant(const Tensor& tensor);
  void keep_tensor(const std::string& path, const Tensor& tensor);
  const std::vector<std::pair<std::string, Tensor>>& kept_tensors() const { return constants_; }
  // The call of a module by its path.
  Node* add_module(const std::string& path, Arg::List args);
  // The call of a region.
  Node* add_region(std::shared_ptr<Graph> region, Arg::List args, const std::string& name);
  // The results; there can be one output only.
  Node* add_output(Arg results);
  // A node whose results are known; for recorders and readers of files.
  Node* add_node(Kind kind, const std::string& name_hint, const std::string& target, Arg::List args,
                 std::vector<Result> results);
  // The same for the call of an op.
  Node* add_recorded(const ops::OpDef& op, Attributes attributes, Arg::List args, bool in_place,
                     std::vector<Result> results);

  // Erases a node. Throws ValueError while its results are used.
  void erase(Node* node);
  // Makes an in-place call functional: its result becomes memory of its own. Returns false, and
  // changes nothing, where that would change the dtype or the layout of the result.
  bool make_functional(Node* node);
  // Gives a node another name. Throws ValueError unless it is an identifier that no node has.
  void rename(Node* node, const std::string& name);
  // Moves a node before another one. The caller keeps the order right; lint() checks.
  void move_before(Node* node, Node* position);
  // Copies all nodes of another graph but inputs and output to the insertion point, with inputs
  // standing for that graph's; returns what its results became. Attrs go to the other attrs, where
  // there is none of their path yet.
  std::vector<Value> inline_graph(const Graph& other, const std::vector<Value>& inputs);
  // A deep copy, for the same module.
  std::shared_ptr<Graph> copy() const;

  // Nodes are made before this one while it lives.
  class InsertionPoint {
   public:
    InsertionPoint(Graph& graph, Node* before) : graph_(graph), saved_(graph.insertion_) {
      graph.insertion_ = before;
    }
    ~InsertionPoint() { graph_.insertion_ = saved_; }
    InsertionPoint(const InsertionPoint&) = delete;
    InsertionPoint& operator=(const InsertionPoint&) = delete;

   private:
    Graph& graph_;
    Node* saved_;
  };

  // --- The module that paths refer to. Not owned.
  nn::Module* root() const { return root_; }
  void set_root(nn::Module* root) { root_ = root; }
  // Whether a path names a tensor that nothing can change: one of add_constant() or
  // captured_constant().
  bool is_constant(const std::string& path) const;
  // The module, or the parameter or buffer, at a path below root; nullptr, or an undefined tensor,
  // where there is none.
  nn::Module* find_module(std::string_view path) const;
  Tensor find_tensor(std::string_view path) const;

  // --- The batch size it was captured with, where it can run with another one too: the first size
  // of the first input. -1 where the sizes are fixed.
  std::int64_t batch() const { return batch_; }
  void set_batch(std::int64_t batch) { batch_ = batch; }
  // The batch size of these inputs where it is another one; else -1.
  std::int64_t changed_batch(const std::vector<Tensor>& inputs) const;

  // Checks every rule that passes have to keep, and throws Error `[lint] node: rule; got ...`: one
  // output, at the end; inputs first; names unique; users as the arguments say; arguments from
  // earlier nodes; paths that lead to modules and tensors; ops called with as many arguments as
  // they take, and results as infer describes them; alias classes as views and in-place calls make
  // them; regions sound themselves.
  void lint() const;

  // --- As text.
  // Finds the lines of all nodes at once (see Node::location), which is faster than one by one.
  void find_locations() const;
  // A table: a line per node with its results, location and module path. Without locations, the
  // text is the same for one program wherever it was written.
  std::string str(bool locations = true) const;
  // GraphViz' DOT, a cluster per module.
  std::string to_dot() const;

  // Throws ValueError unless all values in args belong to this graph.
  void check_args(const Node& user, const Arg::List& args) const;
  // A class of memory that no result has yet.
  std::uint32_t new_alias_class() { return next_alias_class_++; }

 private:
  Node* make(Kind kind, const std::string& hint, std::string target);
  void link(Node* node, Node* before);
  void unlink(Node* node);
  std::string unique_name(const std::string& hint);
  Node* shared_attr(const std::string& path, const TensorMeta& meta);
  Node* finish(Node* node, Arg::List args);

  Node* first_ = nullptr;
  Node* last_ = nullptr;
  Node* insertion_ = nullptr;
  std::size_t size_ = 0;
  std::uint32_t next_alias_class_ = 0;
  std::unordered_set<std::string> names_;
  std::unordered_map<std::string, unsigned> name_counts_;
  std::vector<std::pair<std::string, Tensor>> constants_;
  nn::Module* root_ = nullptr;
  std::int64_t batch_ = -1;
};

std::ostream& operator<<(std::ostream& stream, const Graph& graph);

template <class M>
auto* Node::module_as() const {
  nn::Module* found = module();
  using Class = std::remove_pointer_t<decltype(found->as<M>())>;
  return found == nullptr ? static_cast<Class*>(nullptr) : found->as<M>();
}

template <class M>
std::vector<Node*> Graph::find() const {
  std::vector<Node*> out;
  for (Node* node : nodes()) {
    if (node->is_module<M>()) out.push_back(node);
  }
  return out;
}

}  // namespace sinter::graph
