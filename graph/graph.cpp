#include <sinter/core/error.h>
#include <sinter/graph/graph.h>
#include <sinter/graph/infer_internal.h>
#include <sinter/ops/registry.h>

#include <algorithm>
#include <cctype>

namespace sinter::graph {

Graph::~Graph() {
  for (Node* node = first_; node != nullptr;) delete std::exchange(node, node->next_);
}

// --- Looking things up.

Node* Graph::find(std::string_view name) const {
  for (Node* node : nodes()) {
    if (node->name() == name) return node;
  }
  return nullptr;
}

std::vector<Node*> Graph::inputs() const {
  std::vector<Node*> out;
  for (Node* node : nodes()) {
    if (node->is(Kind::input)) out.push_back(node);
  }
  return out;
}

Node* Graph::output() const {
  return last_ != nullptr && last_->is(Kind::output) ? last_ : nullptr;
}

std::vector<Value> Graph::results() const {
  std::vector<Value> out;
  const Node* node = output();
  if (node == nullptr) return out;
  for (const Arg& arg : node->args()) {
    arg.for_each_value([&](Value value) { out.push_back(value); });
  }
  return out;
}

std::vector<Node*> Graph::find(const ops::OpDef& op) const {
  std::vector<Node*> out;
  for (Node* node : nodes()) {
    if (node->op() == &op) out.push_back(node);
  }
  return out;
}

namespace {

// The module that holds the last name of a path, and that name.
std::pair<nn::Module*, std::string_view> holder_of(nn::Module* root, std::string_view path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string_view::npos) return {root, path};
  nn::Module* module = root;
  for (std::string_view rest = path.substr(0, dot); module != nullptr && !rest.empty();) {
    const std::size_t end = std::min(rest.find('.'), rest.size());
    const auto children = module->named_children();
    const auto* child = children.find(std::string(rest.substr(0, end)));
    module = child != nullptr ? child->get() : nullptr;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return {module, path.substr(dot + 1)};
}

}  // namespace

nn::Module* Graph::find_module(std::string_view path) const {
  if (root_ == nullptr || path.empty()) return root_;
  const auto [holder, name] = holder_of(root_, path);
  if (holder == nullptr) return nullptr;
  const auto children = holder->named_children();
  const auto* child = children.find(std::string(name));
  return child != nullptr ? child->get() : nullptr;
}

bool Graph::is_constant(const std::string& path) const {
  return path.starts_with("_constant") || path.starts_with("_folded");
}

Tensor Graph::find_tensor(std::string_view path) const {
  for (const auto& [name, tensor] : constants_) {
    if (name == path) return tensor;
  }
  if (root_ == nullptr) return {};
  const auto [holder, name] = holder_of(root_, path);
  if (holder == nullptr) return {};
  for (const auto& tensors : {holder->named_parameters(false), holder->named_buffers(false)}) {
    if (const Tensor* found = tensors.find(std::string(name))) return *found;
  }
  return {};
}

// --- The list.

void Graph::link(Node* node, Node* before) {
  node->next_ = before;
  node->prev_ = before != nullptr ? before->prev_ : last_;
  (node->prev_ != nullptr ? node->prev_->next_ : first_) = node;
  (before != nullptr ? before->prev_ : last_) = node;
  ++size_;
}

void Graph::unlink(Node* node) {
  (node->prev_ != nullptr ? node->prev_->next_ : first_) = node->next_;
  (node->next_ != nullptr ? node->next_->prev_ : last_) = node->prev_;
  --size_;
}

std::string Graph::unique_name(const std::string& hint) {
  std::string base;
  for (const char c : hint) {
    base += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' ? c : '_';
  }
  if (base.empty() || std::isdigit(static_cast<unsigned char>(base[0])) != 0) base = "_" + base;
  std::string name = base;
  while (!names_.insert(name).second) name = sinter::str(base, "_", ++name_counts_[base]);
  return name;
}

Node* Graph::make(Kind kind, const std::string& hint, std::string target) {
  auto* node = new Node(*this, kind, unique_name(hint), std::move(target));
  // The output stays last.
  Node* before = insertion_ != nullptr ? insertion_ : output();
  link(node, before);
  return node;
}

void Graph::check_args(const Node& user, const Arg::List& args) const {
  for (const Arg& arg : args) {
    arg.for_each_value([&](Value value) {
      SINTER_CHECK_AS(ValueError,
                      value.node != nullptr && &value.node->graph() == this &&
                          (value.node->num_results() > value.index),
                      "[graph] the arguments of ", user.name(),
                      " must be results of nodes of the same graph; got ",
                      value.node == nullptr ? "none" : value.node->name());
    });
  }
}

// --- New nodes.

Node* Graph::finish(Node* node, Arg::List args) {
  try {
    node->set_args(std::move(args));
    infer_results(*node);
  } catch (...) {
    erase(node);
    throw;
  }
  return node;
}

Node* Graph::add_input(const std::string& name, const TensorMeta& meta) {
  return add_node(Kind::input, name, name, {}, {{meta, new_alias_class()}});
}

Node* Graph::add_attr(const std::string& path, const TensorMeta& meta) {
  return add_node(Kind::attr, path, path, {}, {{meta, new_alias_class()}});
}

Node* Graph::add_op(const ops::OpDef& op, Attributes attributes, Arg::List args, bool in_place) {
  if (&attributes.type() == &ops::attrs_type<ops::NoAttrs>) {
    attributes = Attributes(*op.attrs, nullptr);
  }
  SINTER_CHECK_AS(ValueError, &attributes.type() == op.attrs,
                  "[graph] the attributes must be those of the op; got others for ", op.name);
  Node* node = make(Kind::op, op.name, op.name);
  node->op_ = &op;
  node->attributes_ = std::move(attributes);
  node->in_place_ = in_place;
  node->uses_rng_ = op.draw != nullptr;
  return finish(node, std::move(args));
}

Node* Graph::add_op(std::string_view op, Attributes attributes, Arg::List args, bool in_place) {
  const ops::OpDef* def = ops::find_op(op);
  SINTER_CHECK_AS(ValueError, def != nullptr, "[graph] there is no op of this name; got \"", op,
                  "\"");
  return add_op(*def, std::move(attributes), std::move(args), in_place);
}

void Graph::keep_tensor(const std::string& path, const Tensor& tensor) {
  constants_.emplace_back(path, tensor);
}

Node* Graph::add_constant(const Tensor& tensor) {
  const std::string path = sinter::str("_folded", constants_.size());
  keep_tensor(path, tensor);
  return add_attr(path, tensor.impl()->meta);
}

Node* Graph::add_module(const std::string& path, Arg::List args) {
  SINTER_CHECK_AS(ValueError, find_module(path) != nullptr,
                  "[graph] there is no module at this path; got \"", path, "\"");
  return finish(make(Kind::module, path, path), std::move(args));
}

Node* Graph::add_region(std::shared_ptr<Graph> region, Arg::List args, const std::string& name) {
  Node* node = make(Kind::graph, name, name);
  node->region_ = std::move(region);
  for (const Node* inner : node->region_->nodes()) {
    node->uses_rng_ = node->uses_rng_ || inner->uses_rng();
    node->writes_state_ = node->writes_state_ || inner->has_side_effects();
  }
  return finish(node, std::move(args));
}

Node* Graph::add_output(Arg results) {
  SINTER_CHECK_AS(ValueError, output() == nullptr, "[graph] there is an output already; got ",
                  size_, " nodes");
  Node* node = make(Kind::output, "output", "output");
  node->set_args({std::move(results)});
  return node;
}

Node* Graph::add_node(Kind kind, const std::string& name_hint, const std::string& target,
                      Arg::List args, std::vector<Result> results) {
  Node* node = make(kind, name_hint, target);
  node->set_results(std::move(results));
  node->set_args(std::move(args));
  for (const Result& result : node->results_) {
    next_alias_class_ = std::max(next_alias_class_, result.alias_class + 1);
  }
  return node;
}

Node* Graph::add_recorded(const ops::OpDef& op, Attributes attributes, Arg::List args,
                          bool in_place, std::vector<Result> results) {
  Node* node = add_node(Kind::op, op.name, op.name, std::move(args), std::move(results));
  node->op_ = &op;
  node->attributes_ = std::move(attributes);
  node->in_place_ = in_place;
  node->uses_rng_ = op.draw != nullptr;
  return node;
}

// --- Changes.

void Graph::erase(Node* node) {
  SINTER_CHECK_AS(ValueError, node->num_uses() == 0, "[graph] a node can be erased when nothing ",
                  "uses it; got ", node->name(), ", which ", node->num_uses(), " arguments use");
  for (const Arg& arg : node->args_) node->drop_uses(arg);
  if (insertion_ == node) insertion_ = node->next_;
  names_.erase(node->name_);
  unlink(node);
  delete node;
}

bool Graph::make_functional(Node* node) {
  if (!node->in_place_) return true;
  node->in_place_ = false;
  std::vector<Result> results = inferred_results(*node);
  const TensorMeta& before = node->result().meta;
  const TensorMeta& after = results.at(0).meta;
  if (before.same_layout(after) && before.free_layout == after.free_layout) {
    node->set_results(std::move(results));
    return true;
  }
  node->in_place_ = true;
  return false;
}

void Graph::rename(Node* node, const std::string& name) {
  if (node->name_ == name) return;
  bool identifier = !name.empty() && std::isdigit(static_cast<unsigned char>(name[0])) == 0;
  for (const char c : name) {
    identifier = identifier && (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_');
  }
  SINTER_CHECK_AS(ValueError, identifier && names_.insert(name).second,
                  "[rename] a name is an identifier that no other node has; got \"", name, "\"");
  names_.erase(node->name_);
  node->name_ = name;
}

void Graph::move_before(Node* node, Node* position) {
  if (node == position || node->next_ == position) return;
  unlink(node);
  link(node, position);
}

Node* Graph::shared_attr(const std::string& path, const TensorMeta& meta) {
  Node* at = first_;
  for (; at != nullptr && (at->is(Kind::input) || at->is(Kind::attr)); at = at->next_) {
    if (at->is(Kind::attr) && at->target_ == path) return at;
  }
  const InsertionPoint point(*this, at);
  return add_attr(path, meta);
}

std::vector<Value> Graph::inline_graph(const Graph& other, const std::vector<Value>& inputs) {
  std::unordered_map<const Node*, Node*> copies;
  std::unordered_map<const Node*, Value> given;
  std::size_t next = 0;
  const auto mapped = [&](Value value) {
    const auto found = given.find(value.node);
    return found != given.end() ? found->second : Value{copies.at(value.node), value.index};
  };
  std::unordered_map<std::uint32_t, std::uint32_t> classes;
  for (Node* node : other.nodes()) {
    if (node->is(Kind::output)) break;
    if (node->is(Kind::input)) {
      SINTER_CHECK_AS(ValueError, next < inputs.size(), "[inline_graph] takes a value per input (",
                      other.inputs().size(), "); got ", inputs.size());
      given[node] = inputs[next];
      classes[node->result().alias_class] =
          inputs[next].node->result(inputs[next].index).alias_class;
      ++next;
      continue;
    }
    if (node->is(Kind::attr)) {
      copies[node] = shared_attr(node->target(), node->result().meta);
      const auto [at, fresh] =
          classes.emplace(node->result().alias_class, copies[node]->result().alias_class);
      // Two paths to one memory.
      if (!fresh) copies[node]->set_results({{copies[node]->result().meta, at->second}});
      continue;
    }
    Arg::List args = node->args();
    for (Arg& arg : args) arg.for_each_value([&](Value& value) { value = mapped(value); });
    std::vector<Result> results = node->results();
    for (Result& result : results) {
      const auto [at, fresh] = classes.emplace(result.alias_class, 0);
      if (fresh) at->second = new_alias_class();
      result.alias_class = at->second;
    }
    Node* copy =
        add_node(node->kind_, node->name_, node->target_, std::move(args), std::move(results));
    copy->op_ = node->op_;
    copy->attributes_ = node->attributes_;
    copy->batch_items_ = node->batch_items_;
    copy->region_ = node->region_;
    copy->in_place_ = node->in_place_;
    copy->writes_state_ = node->writes_state_;
    copy->uses_rng_ = node->uses_rng_;
    copy->provenance_ = node->provenance_;
    copies[node] = copy;
  }
  std::vector<Value> out;
  for (const Value value : other.results()) out.push_back(mapped(value));
  return out;
}

std::shared_ptr<Graph> Graph::copy() const {
  auto out = std::make_shared<Graph>();
  out->root_ = root_;
  out->constants_ = constants_;
  out->batch_ = batch_;
  std::vector<Value> inputs;
  for (const Node* node : this->inputs()) {
    inputs.push_back({out->add_input(node->target(), node->result().meta)});
  }
  const std::vector<Value> values = out->inline_graph(*this, inputs);
  const Node* from = output();
  if (from == nullptr) return out;
  std::size_t next = 0;
  Arg::List args = from->args();
  for (Arg& arg : args) arg.for_each_value([&](Value& value) { value = values[next++]; });
  out->add_output(std::move(args.at(0)));
  return out;
}

}  // namespace sinter::graph
