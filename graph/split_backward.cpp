#include <sinter/graph/passes/pass.h>
#include <sinter/graph/split_backward_internal.h>

#include <algorithm>
#include <unordered_set>

namespace sinter::graph {

namespace {

bool is_call(const Node& node) {
  return !node.is(Kind::input) && !node.is(Kind::attr) && !node.is(Kind::output);
}

std::vector<Node*> calls_of(const Graph& graph) {
  std::vector<Node*> out;
  for (Node* node : graph.nodes()) {
    if (is_call(*node)) out.push_back(node);
  }
  return out;
}

Arg list_of(const std::vector<Value>& values) {
  return Arg(Arg::List(values.begin(), values.end()));
}

void replace_output(Graph& graph, const std::vector<Value>& values) {
  graph.erase(graph.output());
  graph.add_output(list_of(values));
}

template <class It>
void erase_backwards(Graph& graph, It first, It last) {
  while (last != first) graph.erase(*--last);
}

void erase_unused_attrs(Graph& graph) {
  for (Node* node : graph.nodes()) {
    if (node->is(Kind::attr) && node->num_uses() == 0) graph.erase(node);
  }
}

}  // namespace

std::size_t num_calls(const Graph& graph) { return calls_of(graph).size(); }

SplitBackward::SplitBackward(JointGraph joint) : joint_(std::move(joint)) {
  const std::vector<Node*> calls = calls_of(*joint_.graph);
  const std::vector<Node*> inputs = joint_.graph->inputs();
  const auto middle = calls.begin() + static_cast<std::ptrdiff_t>(joint_.num_forward_calls);
  // Of backward: its calls, and the gradients that it is given.
  std::unordered_set<const Node*> own(middle, calls.end());
  own.insert(inputs.begin() + static_cast<std::ptrdiff_t>(joint_.num_arguments), inputs.end());
  const auto read = [&](Value value) {
    if (own.contains(value.node)) return;
    if (std::find(saved_.begin(), saved_.end(), value) == saved_.end()) saved_.push_back(value);
  };
  for (auto call = middle; call != calls.end(); ++call) {
    for (const Arg& arg : (*call)->args()) arg.for_each_value(read);
  }
  for (const Value value : joint_.gradients) read(value);
  std::vector<Value> all = joint_.results;
  all.insert(all.end(), saved_.begin(), saved_.end());
  all.insert(all.end(), joint_.gradients.begin(), joint_.gradients.end());
  joint_.graph->add_output(list_of(all));
}

std::shared_ptr<Graph> SplitBackward::forward() const {
  std::shared_ptr<Graph> graph = joint_.graph->copy();
  std::vector<Value> results = graph->results();
  results.resize(joint_.results.size() + saved_.size());
  replace_output(*graph, results);
  const std::vector<Node*> calls = calls_of(*graph);
  erase_backwards(*graph, calls.begin() + static_cast<std::ptrdiff_t>(joint_.num_forward_calls),
                  calls.end());
  const std::vector<Node*> inputs = graph->inputs();
  erase_backwards(*graph, inputs.begin() + static_cast<std::ptrdiff_t>(joint_.num_arguments),
                  inputs.end());
  erase_unused_attrs(*graph);
  return graph;
}

std::shared_ptr<Graph> SplitBackward::backward(const std::vector<TensorMeta>& saved) const {
  std::shared_ptr<Graph> graph = joint_.graph->copy();
  const std::vector<Node*> calls = calls_of(*graph);
  const std::vector<Node*> inputs = graph->inputs();
  const std::vector<Value> results = graph->results();
  const auto first_saved = results.begin() + static_cast<std::ptrdiff_t>(joint_.results.size());
  const auto first_gradient = first_saved + static_cast<std::ptrdiff_t>(saved_.size());
  replace_output(*graph, {first_gradient, results.end()});
  {
    const Graph::InsertionPoint point(*graph, graph->first());
    for (std::size_t i = 0; i < saved_.size(); ++i) {
      const Value value = first_saved[static_cast<std::ptrdiff_t>(i)];
      Node* input = graph->add_input("saved_" + value.node->name(), saved.at(i));
      value.node->replace_uses(value, input->value());
    }
  }
  erase_backwards(*graph, calls.begin(),
                  calls.begin() + static_cast<std::ptrdiff_t>(joint_.num_forward_calls));
  erase_backwards(*graph, inputs.begin(),
                  inputs.begin() + static_cast<std::ptrdiff_t>(joint_.num_arguments));
  erase_unused_attrs(*graph);
  renew_alias_classes(*graph);
  return graph;
}

}  // namespace sinter::graph
