#include <sinter/core/error.h>
#include <sinter/graph/graph.h>
#include <sinter/graph/infer_internal.h>

#include <algorithm>
#include <map>
#include <unordered_map>

namespace sinter::graph {

namespace {

template <class... T>
[[noreturn]] void broken(const Node& node, const T&... rule) {
  fail("[lint] ", node.name(), ": ", rule...);
}

class Lint {
 public:
  explicit Lint(const Graph& graph) : graph_(graph) {}

  void run() {
    const Node* previous = nullptr;
    for (const Node* node : graph_.nodes()) {
      if (node->prev() != previous || &node->graph() != &graph_) broken(*node, "is linked wrongly");
      check_place(*node);
      check_args(*node);
      check_target(*node);
      check_results(*node);
      position_[node] = position_.size();
      previous = node;
    }
    if (graph_.last() != previous || position_.size() != graph_.size()) {
      fail("[lint] the list does not hold all nodes; got ", position_.size(), " of ",
           graph_.size());
    }
    for (const Node* node : graph_.nodes()) check_users(*node);
  }

 private:
  void check_place(const Node& node) {
    if (node.is(Kind::output) && node.next() != nullptr) broken(node, "the output must be last");
    if (node.is(Kind::input) && node.prev() != nullptr && !node.prev()->is(Kind::input)) {
      broken(node, "inputs come first; got it after ", node.prev()->name());
    }
    const auto [at, fresh] = names_.emplace(node.name(), &node);
    if (!fresh) broken(node, "names are unique; got it twice");
  }

  void check_args(const Node& node) {
    for (const Arg& arg : node.args()) {
      arg.for_each_value([&](Value value) {
        if (&value.node->graph() != &graph_) {
          broken(node, "arguments come from the same graph; got ", value.node->name());
        }
        if (!position_.contains(value.node)) {
          broken(node, "arguments come from earlier nodes; got ", value.node->name());
        }
        if (value.index >= value.node->num_results()) {
          broken(node, "there is no such result; got number ", value.index, " of ",
                 value.node->name());
        }
        ++uses_[{value.node, &node}];
      });
    }
    const ops::OpDef* op = node.op();
    if (op != nullptr && op->arity >= 0 && static_cast<std::size_t>(op->arity) != node.num_args()) {
      broken(node, op->name, " takes ", static_cast<int>(op->arity), " arguments; got ",
             node.num_args());
    }
  }

  void check_users(const Node& node) {
    std::map<const Node*, std::size_t> users;
    for (const Node* user : node.users()) ++users[user];
    for (const auto& [user, count] : users) {
      const auto found = uses_.find({&node, user});
      const std::size_t expected = found != uses_.end() ? found->second : 0;
      if (count != expected) {
        broken(node, "the list of users names each use; got ", count, " for ", expected);
      }
    }
    for (const auto& [use, count] : uses_) {
      if (use.first == &node && !users.contains(use.second)) {
        broken(node, "the list of users lacks ", use.second->name());
      }
    }
  }

  void check_target(const Node& node) {
    if (node.is(Kind::op) != (node.op() != nullptr)) broken(node, "only calls of ops have an op");
    if (node.op() != nullptr && &node.attributes().type() != node.op()->attrs) {
      broken(node, "has the attributes of another op");
    }
    if (node.is(Kind::graph)) {
      if (node.region() == nullptr) broken(node, "has no region");
      if (node.region()->inputs().size() != node.num_args()) {
        broken(node, "its region takes ", node.region()->inputs().size(), " arguments; got ",
               node.num_args());
      }
      node.region()->lint();
    }
    if (graph_.root() == nullptr) return;
    if (node.is(Kind::module) && node.module() == nullptr) {
      broken(node, "there is no module at its path; got \"", node.target(), "\"");
    }
    if (node.is(Kind::attr) && !graph_.find_tensor(node.target()).defined()) {
      broken(node, "there is no tensor at its path; got \"", node.target(), "\"");
    }
  }

  void check_results(const Node& node) {
    if (!node.is(Kind::op)) return;
    const std::vector<Result> inferred = inferred_results(node);
    if (inferred.size() != node.num_results()) {
      broken(node, "has ", inferred.size(), " results; got ", node.num_results());
    }
    for (std::size_t i = 0; i < inferred.size(); ++i) {
      const TensorMeta& meta = node.result(i).meta;
      const TensorMeta& expected = inferred[i].meta;
      if (!(meta.sizes == expected.sizes) || meta.dtype != expected.dtype) {
        broken(node, "result ", i, " is ", expected.dtype, " ", IntArrayRef(expected.sizes),
               "; got ", meta.dtype, " ", IntArrayRef(meta.sizes));
      }
    }
    if (!node.aliases_input() || node.num_results() == 0) return;
    const Value source = node.arg(0).value();
    if (node.result().alias_class != source.node->result(source.index).alias_class) {
      broken(node, "shares the memory of ", source.node->name(),
             ", so their alias classes are "
             "one; got ",
             node.result().alias_class);
    }
  }

  const Graph& graph_;
  std::unordered_map<const Node*, std::size_t> position_;
  std::unordered_map<std::string, const Node*> names_;
  std::map<std::pair<const Node*, const Node*>, std::size_t> uses_;
};

}  // namespace

void Graph::lint() const {
  Lint(*this).run();
  if (size_ != 0 && output() == nullptr) fail("[lint] the graph must have an output; got none");
}

}  // namespace sinter::graph
