#include <sinter/core/error.h>
#include <sinter/graph/argument_internal.h>
#include <sinter/graph/batch.h>
#include <sinter/graph/interpreter.h>
#include <sinter/graph/module_call_internal.h>
#include <sinter/ops/dispatch.h>
#include <sinter/ops/random_attrs.h>

namespace sinter::graph {

Interpreter::Interpreter(const Graph& graph) : graph_(graph) {
  std::unordered_map<const Node*, const Node*> last;
  for (const Node* node : graph.nodes()) {
    last[node] = node;
    for (const Arg& arg : node->args()) {
      arg.for_each_value([&](Value value) { last[value.node] = node; });
    }
  }
  for (const auto& [node, user] : last) last_uses_[user].push_back(node);
}

std::vector<Tensor> Interpreter::run(const std::vector<Tensor>& inputs) {
  const std::size_t wanted = graph_.inputs().size();
  SINTER_CHECK_AS(ValueError, inputs.size() == wanted, "[graph] takes ", wanted, " inputs; got ",
                  inputs.size());
  SINTER_CHECK_AS(ValueError, graph_.output() != nullptr,
                  "[graph] has no output and cannot run; got ", graph_.size(), " nodes");
  inputs_ = inputs;
  next_input_ = 0;
  values_.clear();
  draws_ = {};
  batch_ = graph_.changed_batch(inputs);
  for (Node* node : graph_.nodes()) {
    if (node->is(Kind::output)) break;
    values_[node] = run_node(*node);
    for (const Node* done : last_uses_[node]) values_.erase(done);
  }
  std::vector<Tensor> out;
  for (const Value result : graph_.results()) out.push_back(value(result));
  values_.clear();
  return out;
}

std::vector<Tensor> Interpreter::run_node(Node& node) {
  switch (node.kind()) {
    case Kind::input:
      return {inputs_.at(next_input_++)};
    case Kind::attr:
      return {call_attr(node)};
    case Kind::op:
      return call_op(node, arguments(node));
    case Kind::module:
      return call_module(node, arguments(node));
    case Kind::graph:
      return call_region(node, arguments(node));
    case Kind::output:
      break;
  }
  return {};
}

Tensor Interpreter::call_attr(Node& node) {
  Tensor found = graph_.find_tensor(node.target());
  SINTER_CHECK_AS(ValueError, found.defined(),
                  "[graph] there is no parameter or buffer at this path; got \"", node.target(),
                  "\"");
  return found;
}

std::vector<Tensor> Interpreter::call_op(Node& node, const std::vector<Tensor>& inputs) {
  const ops::OpDef& op = *node.op();
  const ops::TensorPointers refs(inputs);
  Attributes attributes = attributes_for_batch(node, batch_);
  if (op.draw != nullptr) {
    draws_.renew(node, *op.draw(attributes.data()), inputs.empty() ? -1 : inputs[0].numel());
  }
  std::vector<Tensor> out(node.num_results());
  if (node.in_place()) out[0] = inputs[0];
  ops::OpCall call{{op, refs, attributes.data(), out}, node.in_place()};
  ops::dispatch(call);
  return out;
}

std::vector<Tensor> Interpreter::call_module(Node& node, const std::vector<Tensor>& inputs) {
  nn::Module* module = node.module();
  SINTER_CHECK_AS(ValueError, module != nullptr, "[graph] there is no module at this path; got \"",
                  node.target(), "\"");
  return graph::call_module(*module, inputs);
}

std::vector<Tensor> Interpreter::call_region(Node& node, const std::vector<Tensor>& inputs) {
  return Interpreter(*node.region()).run(inputs);
}

std::vector<Tensor> Interpreter::arguments(const Node& node) const {
  std::vector<Tensor> out;
  out.reserve(node.num_args());
  for (const Arg& arg : node.args()) {
    out.push_back(tensor_of(arg, [&](Value v) { return value(v); }));
  }
  return out;
}

const Tensor& Interpreter::value(Value value) const {
  const auto found = values_.find(value.node);
  SINTER_CHECK_AS(IndexError, found != values_.end(),
                  "[graph] the value has not been computed, or was let go; got ",
                  value.node == nullptr ? "no node" : value.node->name());
  return found->second.at(value.index);
}

}  // namespace sinter::graph
