#include <sinter/graph/pattern_internal.h>
#include <sinter/graph/print_internal.h>
#include <sinter/ops/random_attrs.h>

#include <algorithm>

namespace sinter::graph {

bool Match::holds(const Node* node) const {
  return std::any_of(nodes.begin(), nodes.end(),
                     [&](const auto& item) { return item.second == node; });
}

std::vector<Node*> Match::in_order() const {
  std::vector<Node*> out;
  if (nodes.empty()) return out;
  for (Node* node : nodes.begin()->second->graph().nodes()) {
    if (holds(node)) out.push_back(node);
  }
  return out;
}

std::vector<Value> Match::arguments(const Graph& pattern) const {
  std::vector<Value> out;
  for (const Node* input : pattern.inputs()) out.push_back(inputs.at(input));
  return out;
}

namespace {

// Attributes without the place in the random stream, which differs from call to call.
Attributes without_place(const Node& node) {
  Attributes out = node.attributes();
  if (node.op()->draw != nullptr) {
    ops::DrawAttrs& draw = *node.op()->draw(out.data());
    draw.seed = 0;
    draw.offset = 0;
  }
  return out;
}

bool same_attributes(const Node& a, const Node& b) { return without_place(a) == without_place(b); }

class Matcher {
 public:
  explicit Matcher(bool exact, const std::unordered_set<const Node*>* taken = nullptr)
      : exact_(exact), taken_(taken) {}

  bool match_value(Value pattern, Value found) {
    if (pattern.node->is(Kind::input)) {
      return match_.inputs.emplace(pattern.node, found).first->second == found;
    }
    return pattern.index == found.index && match_node(*pattern.node, *found.node);
  }
  Match& match() { return match_; }

 private:
  bool match_node(const Node& pattern, Node& found) {
    const auto known = match_.nodes.find(&pattern);
    if (known != match_.nodes.end()) return known->second == &found;
    if (!pattern.is(Kind::op) || pattern.op() != found.op() ||
        pattern.in_place() != found.in_place() || pattern.num_args() != found.num_args()) {
      return false;
    }
    if ((taken_ != nullptr && taken_->contains(&found)) || match_.holds(&found)) return false;
    if (exact_ && !same_attributes(pattern, found)) return false;
    match_.nodes.emplace(&pattern, &found);
    return match_args(pattern.args(), found.args());
  }

  bool match_args(const Arg::List& pattern, const Arg::List& found) {
    if (pattern.size() != found.size()) return false;
    for (std::size_t i = 0; i < pattern.size(); ++i) {
      if (!match_arg(pattern[i], found[i])) return false;
    }
    return true;
  }

  bool match_arg(const Arg& pattern, const Arg& found) {
    if (pattern.is_none()) return found.is_none();
    if (pattern.is_number()) return found.is_number() && pattern.number() == found.number();
    if (pattern.is_list()) return found.is_list() && match_args(pattern.list(), found.list());
    return found.is_value() && match_value(pattern.value(), found.value());
  }

  bool exact_;
  const std::unordered_set<const Node*>* taken_;
  Match match_;
};

// Matches the results from number i on. A result that is no part of what has been matched can be
// anywhere.
std::optional<Match> match_results(const std::vector<Value>& results, std::size_t i,
                                   const Matcher& so_far, const Graph& graph) {
  Matcher matcher = so_far;
  for (; i < results.size(); ++i) {
    const Value result = results[i];
    const auto known = matcher.match().nodes.find(result.node);
    if (known == matcher.match().nodes.end()) break;
    matcher.match().results.push_back({known->second, result.index});
  }
  if (i == results.size()) return matcher.match();
  for (Node* node : graph.nodes()) {
    Matcher next = matcher;
    const Value found{node, results[i].index};
    if (node->op() == nullptr || !next.match_value(results[i], found)) continue;
    next.match().results.push_back(found);
    if (auto match = match_results(results, i + 1, next, graph)) return match;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Match> match_at(const Graph& pattern, Node& anchor,
                              const std::unordered_set<const Node*>& taken) {
  const std::vector<Value> results = pattern.results();
  Matcher matcher(false, &taken);
  const Value found{&anchor, results[0].index};
  if (!matcher.match_value(results[0], found)) return std::nullopt;
  matcher.match().results.push_back(found);
  auto match = match_results(results, 1, matcher, anchor.graph());
  if (match && match->inputs.size() != pattern.inputs().size()) return std::nullopt;
  return match;
}

bool matches_exactly(const Graph& pattern, const Match& match,
                     const std::vector<Value>& arguments) {
  const std::vector<Value> results = pattern.results();
  if (results.size() != match.results.size()) return false;
  Matcher matcher(true);
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!matcher.match_value(results[i], match.results[i])) return false;
  }
  if (matcher.match().nodes.size() != match.nodes.size()) return false;
  const std::vector<Node*> inputs = pattern.inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const auto bound = matcher.match().inputs.find(inputs[i]);
    if (bound == matcher.match().inputs.end() || bound->second != arguments[i]) return false;
  }
  return true;
}

std::string outline(const Graph& graph) {
  std::string out;
  for (const Node* node : graph.nodes()) {
    out += str(node->name(), "=", node->target(), node->in_place() ? "_" : "", "(");
    for (const Arg& arg : node->args()) out += describe_arg(arg) + ",";
    out += ")";
  }
  return out;
}

// --- Safety.

namespace {

using Classes = std::unordered_set<std::uint32_t>;

std::uint32_t alias_class(Value value) { return value.node->result(value.index).alias_class; }

bool any_of(const Arg& arg, const Classes& classes) {
  bool found = false;
  arg.for_each_value([&](Value value) { found = found || classes.contains(alias_class(value)); });
  return found;
}

// The paths of the tensors among the values of these classes.
bool holds_attr_below(const Graph& graph, const std::string& path, const Classes& classes) {
  for (const Node* node : graph.nodes()) {
    if (node->is(Kind::attr) && classes.contains(node->result().alias_class) &&
        node->target().starts_with(path + ".")) {
      return true;
    }
  }
  return false;
}

bool writes(const Node& node, const Classes& classes) {
  for (std::size_t i = 0; i < node.num_args(); ++i) {
    const bool written = node.op() != nullptr ? node.writes_arg(i) : node.has_side_effects();
    if (written && any_of(node.arg(i), classes)) return true;
  }
  return node.is(Kind::module) && node.has_side_effects() &&
         holds_attr_below(node.graph(), node.target(), classes);
}

bool uses(const Node& node, const Classes& classes) {
  for (const Arg& arg : node.args()) {
    if (any_of(arg, classes)) return true;
  }
  return node.is(Kind::module) && holds_attr_below(node.graph(), node.target(), classes);
}

// Which inputs a pattern writes.
std::vector<std::size_t> written_inputs(const Graph& pattern) {
  std::vector<std::size_t> out;
  const std::vector<Node*> inputs = pattern.inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Classes classes{inputs[i]->result().alias_class};
    for (const Node* node : pattern.nodes()) {
      if (!writes(*node, classes)) continue;
      out.push_back(i);
      break;
    }
  }
  return out;
}

// Which inputs share memory with a result.
std::vector<std::size_t> aliased_inputs(const Graph& pattern, Value result) {
  std::vector<std::size_t> out;
  const std::vector<Node*> inputs = pattern.inputs();
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i]->result().alias_class == alias_class(result)) out.push_back(i);
  }
  return out;
}

class Safety {
 public:
  Safety(const Match& match, const Graph& pattern, const Graph& replacement)
      : match_(match),
        pattern_(pattern),
        replacement_(replacement),
        nodes_(match.in_order()),
        arguments_(match.arguments(pattern)) {}

  bool holds() const {
    return !escapes() && !interrupted() &&
           written_inputs(pattern_) == written_inputs(replacement_) && !unshared();
  }

 private:
  // A value inside is used outside, or a result before the replacement is there.
  bool escapes() const {
    for (const Node* node : nodes_) {
      for (const Node* user : node->users()) {
        if (match_.holds(user)) continue;
        if (!only_results_used(*node, *user) || precedes_last(*user)) return true;
      }
    }
    return false;
  }

  bool only_results_used(const Node& node, const Node& user) const {
    bool fine = true;
    for (const Arg& arg : user.args()) {
      arg.for_each_value([&](Value value) {
        if (value.node != &node) return;
        fine = fine && std::find(match_.results.begin(), match_.results.end(), value) !=
                           match_.results.end();
      });
    }
    return fine;
  }

  bool precedes_last(const Node& user) const {
    for (const Node* node = nodes_.back(); node != nullptr; node = node->prev()) {
      if (node == &user) return true;
    }
    return false;
  }

  // Something between the nodes writes what they read, or touches what they write.
  bool interrupted() const {
    Classes touched;
    Classes written;
    for (const Value value : arguments_) touched.insert(alias_class(value));
    for (const Node* node : nodes_) {
      for (const Result& result : node->results()) touched.insert(result.alias_class);
    }
    for (const Node* node : nodes_) {
      for (const std::uint32_t one : touched) {
        if (writes(*node, {one})) written.insert(one);
      }
    }
    for (const Node* node = nodes_.front(); node != nodes_.back(); node = node->next()) {
      if (match_.holds(node)) continue;
      if (writes(*node, touched) || uses(*node, written)) return true;
    }
    return false;
  }

  // A result begins or ceases to share memory with an argument, and is written later.
  bool unshared() const {
    const std::vector<Value> before = pattern_.results();
    const std::vector<Value> after = replacement_.results();
    for (std::size_t i = 0; i < before.size(); ++i) {
      const auto old_inputs = aliased_inputs(pattern_, before[i]);
      const auto new_inputs = aliased_inputs(replacement_, after[i]);
      if (old_inputs == new_inputs) continue;
      Classes classes{alias_class(match_.results[i])};
      for (const std::size_t input : new_inputs) classes.insert(alias_class(arguments_[input]));
      for (const Node* node = nodes_.back()->next(); node != nullptr; node = node->next()) {
        if (writes(*node, classes)) return true;
      }
    }
    return false;
  }

  const Match& match_;
  const Graph& pattern_;
  const Graph& replacement_;
  std::vector<Node*> nodes_;
  std::vector<Value> arguments_;
};

}  // namespace

bool is_safe(const Match& match, const Graph& pattern, const Graph& replacement) {
  return Safety(match, pattern, replacement).holds();
}

}  // namespace sinter::graph
