#include <sinter/graph/argument_internal.h>
#include <sinter/graph/passes/memory_versions_internal.h>
#include <sinter/graph/passes/pass.h>
#include <sinter/graph/rewrite_limit.h>
#include <sinter/ops/cpu/fused_pointwise.h>

#include <algorithm>
#include <unordered_map>
#include <vector>

namespace sinter::graph {

namespace {

// Larger groups would need more tiles than fit into the first-level cache.
constexpr std::size_t kMaxGroup = 24;
constexpr std::size_t kMaxOperands = 32;

bool on_cpu(const Node& node) {
  return std::all_of(node.results().begin(), node.results().end(),
                     [](const Result& r) { return r.meta.device.is_cpu(); });
}

// A pointwise call that makes memory of its own, all of it.
bool is_candidate(const Node& node) {
  if (!node.is(Kind::op) || !node.is_pure() || node.num_results() != 1 || !on_cpu(node))
    return false;
  if (node.result().meta.numel <= 1 || !node.result().meta.non_overlapping_and_dense())
    return false;
  for (const Arg& arg : node.args()) {
    if (arg.is_none() || arg.is_list()) return false;
  }
  const std::vector<Tensor> in = fake_arguments(node);
  return ops::cpu::can_fuse(*node.op(), ops::TensorPointers(in));
}

bool same_shape(const Node& a, const Node& b) {
  const TensorMeta& x = a.result().meta;
  const TensorMeta& y = b.result().meta;
  return x.sizes == y.sizes && x.strides == y.strides && x.free_layout == y.free_layout;
}

// Calls that will run together, at the place of the first one. Positions count from 1.
struct Group {
  std::vector<Node*> nodes;
  std::size_t position = 0;
  std::size_t operands = 0;
};

class Grouping {
 public:
  explicit Grouping(Graph& graph) : graph_(graph) {}

  std::vector<Group> run() {
    std::size_t position = 0;
    for (Node* node : graph_.nodes()) {
      position_[node] = ++position;
      if (is_candidate(*node)) place(node, position);
      versions_.pass(*node);
    }
    std::erase_if(groups_, [](const Group& group) { return group.nodes.size() < 2; });
    return std::move(groups_);
  }

 private:
  // Puts a call into the group of one of its arguments, or begins a new group.
  void place(Node* node, std::size_t position) {
    std::size_t best = groups_.size();
    for (const Arg& arg : node->args()) {
      const auto found = arg.is_value() ? group_of_.find(arg.node()) : group_of_.end();
      if (found != group_of_.end() && can_join(*node, groups_[found->second])) best = found->second;
    }
    if (best == groups_.size()) groups_.push_back({{}, position, 0});
    Group& group = groups_[best];
    group.nodes.push_back(node);
    group.operands += node->num_args();
    group_of_[node] = best;
    // The call moves up to where the group runs.
    position_[node] = group.position;
  }

  // What the call reads must be there, and unchanged, where the group runs.
  bool can_join(const Node& node, const Group& group) const {
    if (group.nodes.size() >= kMaxGroup || !same_shape(node, *group.nodes[0])) return false;
    if (group.operands + node.num_args() > kMaxOperands) return false;
    if (versions_.last_write_to_args(node) > group.position) return false;
    for (const Arg& arg : node.args()) {
      if (!arg.is_value()) continue;
      const auto own = group_of_.find(arg.node());
      const bool inside = own != group_of_.end() && &groups_[own->second] == &group;
      if (!inside && position_.at(arg.node()) >= group.position) return false;
    }
    return true;
  }

  Graph& graph_;
  MemoryVersions versions_;
  std::vector<Group> groups_;
  std::unordered_map<const Node*, std::size_t> group_of_;
  std::unordered_map<const Node*, std::size_t> position_;
};

// Replaces the calls of a group by a region.
void fuse(Graph& graph, const Group& group, const char* pass) {
  auto region = std::make_shared<Graph>();
  region->set_root(graph.root());
  std::unordered_map<const Node*, Node*> copies;
  std::vector<Value> outside;
  std::vector<Node*> inputs;
  const auto inside = [&](Value value) -> Value {
    if (const auto copy = copies.find(value.node); copy != copies.end()) return {copy->second};
    const auto known = std::find(outside.begin(), outside.end(), value);
    if (known != outside.end()) {
      return {inputs[static_cast<std::size_t>(known - outside.begin())]};
    }
    outside.push_back(value);
    // Inputs come first.
    Node* first = region->first();
    while (first != nullptr && first->is(Kind::input)) first = first->next();
    const Graph::InsertionPoint point(*region, first);
    inputs.push_back(region->add_input(str("x", inputs.size()), value.meta()));
    return {inputs.back()};
  };
  Provenance from = group.nodes.front()->provenance();
  from.pass = pass;
  std::string name;
  for (Node* node : group.nodes) {
    Arg::List args = node->args();
    for (Arg& arg : args) arg.for_each_value([&](Value& value) { value = inside(value); });
    Node* copy = region->add_recorded(*node->op(), node->attributes(), std::move(args), false,
                                      {{node->result().meta, region->new_alias_class()}});
    copy->provenance() = node->provenance();
    copy->set_batch_items(node->batch_items());
    copies[node] = copy;
    from.originals.push_back(node->name());
    if (group.nodes.size() <= 4) name += (name.empty() ? "" : "_") + node->target();
  }
  if (name.empty()) name = str("fused_", group.nodes.size());
  Arg::List results;
  std::vector<Node*> returned;
  for (Node* node : group.nodes) {
    const auto& users = node->users();
    const bool used_outside = std::any_of(users.begin(), users.end(),
                                          [&](const Node* user) { return !copies.contains(user); });
    if (!used_outside) continue;
    results.emplace_back(copies.at(node));
    returned.push_back(node);
  }
  region->add_output(std::move(results));
  Arg::List args(outside.begin(), outside.end());
  const Graph::InsertionPoint point(graph, group.nodes.front()->next());
  Node* call = graph.add_region(std::move(region), std::move(args), name);
  call->provenance() = std::move(from);
  for (std::uint32_t i = 0; i < returned.size(); ++i) {
    returned[i]->replace_uses(returned[i]->value(), {call, i});
  }
  for (auto node = group.nodes.rbegin(); node != group.nodes.rend(); ++node) graph.erase(*node);
}

}  // namespace

std::size_t FusePointwise::run(Graph& graph) {
  std::size_t fused = 0;
  for (const Group& group : Grouping(graph).run()) {
    if (!allow_rewrite(name(), group.nodes.front()->name())) break;
    fuse(graph, group, name());
    ++fused;
  }
  if (fused != 0) renew_alias_classes(graph);
  return fused;
}

}  // namespace sinter::graph
