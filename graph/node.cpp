#include <sinter/autograd/anomaly.h>
#include <sinter/core/error.h>
#include <sinter/graph/graph.h>
#include <sinter/graph/location_internal.h>
#include <sinter/graph/node.h>

#include <algorithm>

namespace sinter::graph {

Value Arg::value() const {
  SINTER_CHECK_AS(TypeError, is_value(), "[arg] is no value of a node");
  return std::get<Value>(content_);
}
const Scalar& Arg::number() const {
  SINTER_CHECK_AS(TypeError, is_number(), "[arg] is no number");
  return std::get<Scalar>(content_);
}
const Arg::List& Arg::list() const {
  SINTER_CHECK_AS(TypeError, is_list(), "[arg] is no list");
  return std::get<List>(content_);
}

const char* kind_name(Kind kind) {
  constexpr const char* kNames[] = {"input", "attr", "op", "module", "graph", "output"};
  return kNames[static_cast<std::size_t>(kind)];
}

const Arg& Node::arg(std::size_t i) const {
  SINTER_CHECK_AS(IndexError, i < args_.size(), "[node] ", name_, " has ", args_.size(),
                  " arguments; got index ", i);
  return args_[i];
}

const Result& Node::result(std::size_t i) const {
  SINTER_CHECK_AS(IndexError, i < results_.size(), "[node] ", name_, " has ", results_.size(),
                  " results; got index ", i);
  return results_[i];
}

void Node::add_uses(const Arg& arg) {
  arg.for_each_value([&](Value value) { value.node->users_.push_back(this); });
}

void Node::drop_uses(const Arg& arg) {
  arg.for_each_value([&](Value value) {
    auto& users = value.node->users_;
    users.erase(std::find(users.begin(), users.end(), this));
  });
}

void Node::set_arg(std::size_t i, Arg new_arg) {
  arg(i);  // checks
  graph_->check_args(*this, {new_arg});
  add_uses(new_arg);
  drop_uses(args_[i]);
  args_[i] = std::move(new_arg);
}

void Node::set_args(Arg::List args) {
  graph_->check_args(*this, args);
  for (const Arg& a : args) add_uses(a);
  for (const Arg& a : args_) drop_uses(a);
  args_ = std::move(args);
}

std::size_t Node::num_uses(std::uint32_t result) const {
  std::vector<Node*> seen(users_);
  std::sort(seen.begin(), seen.end());
  seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
  std::size_t count = 0;
  for (const Node* user : seen) {
    for (const Arg& a : user->args_) {
      a.for_each_value([&](Value v) { count += v.node == this && v.index == result ? 1 : 0; });
    }
  }
  return count;
}

void Node::replace_all_uses_with(Node* other, const Node* except) {
  SINTER_CHECK_AS(ValueError, other != nullptr && other->num_results() == num_results(),
                  "[replace_all_uses_with] the other node must have as many results as ", name_,
                  ", ", num_results(), "; got ", other == nullptr ? 0 : other->num_results());
  for (std::uint32_t i = 0; i < num_results(); ++i) replace_uses({this, i}, {other, i}, except);
}

void Node::replace_uses(Value from, Value to, const Node* except) {
  SINTER_CHECK_AS(ValueError, from.node == this && to.node != nullptr && to.node->graph_ == graph_,
                  "[replace_uses] both values must belong to one graph; got a value of ",
                  to.node == nullptr ? "no node" : to.node->name_);
  if (from == to) return;
  std::vector<Node*> users(users_);
  std::sort(users.begin(), users.end());
  users.erase(std::unique(users.begin(), users.end()), users.end());
  for (Node* user : users) {
    if (user == except) continue;
    for (Arg& arg : user->args_) {
      arg.for_each_value([&](Value& value) {
        if (value != from) return;
        users_.erase(std::find(users_.begin(), users_.end(), user));
        value = to;
        to.node->users_.push_back(user);
      });
    }
  }
}

nn::Module* Node::module() const {
  return kind_ == Kind::module ? graph_->find_module(target_) : nullptr;
}

bool Node::aliases_input() const { return in_place_ || (op_ != nullptr && op_->view); }

std::string Node::location() const {
  if (!location_) {
    location_ = std::make_unique<std::string>(provenance_.trace ? user_line(*provenance_.trace)
                                                                : provenance_.location);
  }
  return *location_;
}

void Graph::find_locations() const {
  std::vector<const Node*> missing;
  std::vector<const autograd::ForwardTrace*> traces;
  for (const Node* node : nodes()) {
    if (node->location_ || !node->provenance_.trace) continue;
    missing.push_back(node);
    traces.push_back(node->provenance_.trace.get());
  }
  std::vector<std::string> lines = user_lines(traces);
  for (std::size_t i = 0; i < missing.size(); ++i) {
    missing[i]->location_ = std::make_unique<std::string>(std::move(lines[i]));
  }
}

}  // namespace sinter::graph
