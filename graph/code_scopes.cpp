#include <sinter/graph/code_scopes_internal.h>

#include <algorithm>
#include <unordered_map>

namespace sinter::graph {

bool is_below(std::string_view path, std::string_view module) {
  return module.empty() || path == module ||
         (path.starts_with(module) && path[module.size()] == '.');
}

namespace {

bool runs(const Node& node) {
  return !node.is(Kind::input) && !node.is(Kind::attr) && !node.is(Kind::output);
}

class Splitter {
 public:
  Splitter(const Graph& graph, const std::set<std::string>& written_out) : graph_(graph) {
    for (Node* node : graph.nodes()) {
      places_[node] = places_.size();
      if (!runs(*node)) continue;
      nodes_.push_back(node);
      if (!written_out.contains(node->module_path())) called_.insert(node->module_path());
    }
  }

  Scope split() {
    Scope root;
    fill(root, 0, nodes_.size());
    root.inputs.clear();
    for (Node* input : graph_.inputs()) root.inputs.push_back(input->value());
    return root;
  }

 private:
  // The outermost module below path that the node comes from, or path.
  std::string scope_of(const Node& node, const std::string& path) const {
    const std::string& own = node.module_path();
    for (std::size_t end = path.empty() ? 0 : path.size() + 1; end < own.size(); ++end) {
      end = std::min(own.find('.', end), own.size());
      const std::string outer = own.substr(0, end);
      if (called_.contains(outer)) return outer;
    }
    return path;
  }

  void fill(Scope& scope, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end;) {
      const std::string inner = scope_of(*nodes_[i], scope.path);
      std::size_t next = i + 1;
      if (inner == scope.path) {
        scope.items.push_back({nodes_[i]});
        scope.uses_batch = scope.uses_batch || !nodes_[i]->batch_items().empty();
      } else {
        while (next < end && scope_of(*nodes_[next], scope.path) == inner) ++next;
        auto call = std::make_unique<Scope>();
        call->path = inner;
        fill(*call, i, next);
        scope.uses_batch = scope.uses_batch || call->uses_batch;
        scope.items.push_back({nullptr, std::move(call)});
      }
      i = next;
    }
    if (begin == end) return;
    find_inputs(scope, begin, end);
    find_results(scope, begin, end);
  }

  void find_inputs(Scope& scope, std::size_t begin, std::size_t end) {
    const std::size_t first = places_.at(nodes_[begin]);
    for (std::size_t i = begin; i < end; ++i) {
      for (const Arg& arg : nodes_[i]->args()) {
        arg.for_each_value([&](Value value) {
          const bool attr = value.node->is(Kind::attr);
          const bool inside =
              attr ? is_below(value.node->target(), scope.path) : places_.at(value.node) >= first;
          const auto known = std::find(scope.inputs.begin(), scope.inputs.end(), value);
          if (!inside && known == scope.inputs.end()) scope.inputs.push_back(value);
        });
      }
    }
  }

  void find_results(Scope& scope, std::size_t begin, std::size_t end) {
    for (std::size_t i = begin; i < end; ++i) {
      for (std::uint32_t k = 0; k < nodes_[i]->num_results(); ++k) {
        if (is_used_after({nodes_[i], k}, places_.at(nodes_[end - 1]))) {
          scope.results.push_back({nodes_[i], k});
        }
      }
    }
  }

  bool is_used_after(Value value, std::size_t last) const {
    bool found = false;
    for (const Node* user : value.node->users()) {
      if (places_.at(user) <= last) continue;
      for (const Arg& arg : user->args()) {
        arg.for_each_value([&](Value used) { found = found || used == value; });
      }
    }
    return found;
  }

  const Graph& graph_;
  std::unordered_map<const Node*, std::size_t> places_;
  std::vector<Node*> nodes_;
  std::set<std::string> called_;
};

}  // namespace

Scope split_scopes(const Graph& graph, const std::set<std::string>& written_out) {
  return Splitter(graph, written_out).split();
}

}  // namespace sinter::graph
