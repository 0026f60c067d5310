#include <sinter/graph/json.h>
#include <sinter/graph/json_internal.h>
#include <sinter/ops/registry.h>

#include <limits>
#include <unordered_map>

namespace sinter::graph {

namespace {

constexpr int kMaxDepth = 32;
constexpr std::uint32_t kMaxAliasClass = 1U << 24;

template <class... T>
[[noreturn]] void refuse(const T&... message) {
  fail<ValueError>("[from_json] ", message...);
}

DType dtype_named(const std::string& text) {
  for (std::size_t i = 0; i < kNumDTypes; ++i) {
    if (name(static_cast<DType>(i)) == text) return static_cast<DType>(i);
  }
  refuse("there is no such dtype; got \"", text, "\"");
}

Kind kind_named(const std::string& text) {
  for (const Kind kind :
       {Kind::input, Kind::attr, Kind::op, Kind::module, Kind::graph, Kind::output}) {
    if (text == kind_name(kind)) return kind;
  }
  refuse("there is no such kind of node; got \"", text, "\"");
}

Dims dims_from_json(const Json& json) {
  Dims out;
  std::vector<std::int64_t> list;
  for (const Json& element : json) list.push_back(integer(element));
  out.assign(list);
  return out;
}

// Throws where an address would overflow.
void check_reach(const TensorMeta& meta) {
  std::int64_t last = meta.offset;
  for (std::size_t d = 0; d < meta.dim(); ++d) {
    if (meta.strides[d] < 0) refuse("strides are not negative; got ", meta.strides[d]);
    const std::int64_t steps = std::max<std::int64_t>(meta.sizes[d] - 1, 0);
    last = checked_add("from_json", last, checked_mul("from_json", steps, meta.strides[d]));
  }
  checked_mul("from_json", checked_add("from_json", last, 1), 16);
}

TensorMeta meta_from_json(const Json& json) {
  TensorMeta meta;
  meta.dtype = dtype_named(text_member(json, "dtype"));
  if (json.contains("device")) meta.device = Device(text(json["device"]));
  const Dims sizes = dims_from_json(array_member(json, "sizes"));
  for (const std::int64_t size : sizes) {
    if (size < 0) refuse("sizes are not negative; got ", size);
  }
  checked_numel("from_json", sizes);
  meta.set_contiguous(sizes);
  if (json.contains("strides")) {
    const Dims strides = dims_from_json(array_member(json, "strides"));
    if (strides.size() != sizes.size()) {
      refuse("there is a stride for each of ", sizes.size(), " sizes; got ", strides.size());
    }
    const std::int64_t offset = json.contains("offset") ? integer(json["offset"]) : 0;
    meta.set_strided(sizes, strides, offset);
  } else if (json.contains("offset")) {
    meta.offset = integer(json["offset"]);
  }
  if (meta.offset < 0) refuse("offsets are not negative; got ", meta.offset);
  check_reach(meta);
  meta.contiguous = boolean_member(json, "contiguous", meta.contiguous);
  meta.channels_last = boolean_member(json, "channels_last", meta.channels_last);
  meta.free_layout = boolean_member(json, "free_layout", false);
  return meta;
}

std::vector<Result> results_from_json(const Json& json) {
  std::vector<Result> out;
  for (const Json& one : json) {
    const std::int64_t memory = integer(member(one, "memory"));
    if (memory < 0 || memory > kMaxAliasClass) refuse("there is no such memory; got ", memory);
    out.push_back({meta_from_json(one), static_cast<std::uint32_t>(memory)});
  }
  return out;
}

// Enumerators travel as integers: what no enumeration has would not be noticed later.
void check_enumerator(const Attributes::Item& item) {
  const auto* value = std::get_if<std::int64_t>(&item.value);
  if (!item.enumeration || value == nullptr) return;
  const auto limit = static_cast<std::int64_t>(kNumDTypes);
  if (*value < 0 || *value >= limit) refuse(item.name, " has no such value; got ", *value);
}

Attributes attributes_from_json(const ops::OpDef& op, const Json& json) {
  Attributes out(*op.attrs, nullptr);
  std::vector<Attributes::Item> items = out.items();
  std::size_t known = 0;
  for (Attributes::Item& item : items) {
    if (!json.contains(item.name)) refuse("attribute ", item.name, " must be there; got none");
    item.value = value_from_json(json[item.name]);
    check_enumerator(item);
    ++known;
  }
  if (json.size() != known) refuse("the op has ", known, " attributes; got ", json.size());
  return Attributes::from_items(*op.attrs, items);
}

void check_batch_item(const Attributes& attributes, const BatchItem& item) {
  const ops::AttrValue value = attributes.get(item.attribute);
  const auto* list = std::get_if<std::vector<std::int64_t>>(&value);
  const bool fine =
      list != nullptr ? item.index < list->size() : std::holds_alternative<std::int64_t>(value);
  if (!fine) refuse(item.attribute, " has no such integer; got index ", item.index);
}

class GraphReader {
 public:
  using Tensors = OrderedDict<std::string, Tensor>;
  GraphReader(nn::Module* root, const Tensors& tensors, int depth)
      : root_(root), tensors_(tensors), depth_(depth) {}

  std::shared_ptr<Graph> read(const Json& json) {
    if (depth_ > kMaxDepth) refuse("regions are nested too deeply; got ", depth_, " levels");
    graph_ = std::make_shared<Graph>();
    graph_->set_root(root_);
    if (json.contains("kept_tensors")) {
      for (const Json& path : array_member(json, "kept_tensors")) keep_tensor(text(path));
    }
    for (const Json& node : array_member(json, "nodes")) {
      const std::string name = text_member(node, "name");
      try {
        read_node(name, node);
      } catch (const Error& e) {
        refuse("node ", name, " must be sound; got ", e.what());
      }
    }
    if (json.contains("batch")) {
      const std::int64_t batch = integer(json["batch"]);
      if (batch <= 0 || batch >= INT32_MAX) refuse("a batch is positive; got ", batch);
      graph_->set_batch(batch);
    }
    return std::move(graph_);
  }

 private:
  void keep_tensor(const std::string& path) {
    const Tensor* found = tensors_.find(path);
    if (found == nullptr) refuse("the tensor that the graph keeps must be there; got no ", path);
    graph_->keep_tensor(path, *found);
  }

  void read_node(const std::string& name, const Json& json) {
    const Kind kind = kind_named(text_member(json, "kind"));
    const std::string target = json.contains("target") ? text(json["target"]) : name;
    if (by_name_.contains(name)) refuse("names are unique; got it twice");
    Arg::List args;
    if (json.contains("args")) {
      args = arg_from_json(array_member(json, "args"), 0).list();
    }
    std::vector<Result> results = results_from_json(array_member(json, "results"));
    check_shape(kind, args, results.size());
    Node* node = make(kind, target, json, std::move(args));
    graph_->rename(node, name);
    node->set_results(std::move(results));
    for (const Result& result : node->results()) reserve(result.alias_class);
    read_effects(*node, json);
    read_provenance(node->provenance(), json);
    by_name_[name] = node;
  }

  // New results get other classes from now on.
  void reserve(std::uint32_t alias_class) {
    while (next_class_ <= alias_class) next_class_ = graph_->new_alias_class() + 1;
  }

  static void check_shape(Kind kind, const Arg::List& args, std::size_t results) {
    const bool source = kind == Kind::input || kind == Kind::attr;
    if (source && (results != 1 || !args.empty())) {
      refuse("inputs and attrs have one result and no arguments; got ", results, " and ",
             args.size());
    }
    if (kind == Kind::output && (results != 0 || args.size() != 1)) {
      refuse("the output has one argument and no results; got ", args.size(), " and ", results);
    }
  }

  Node* make(Kind kind, const std::string& target, const Json& json, Arg::List args) {
    if (kind == Kind::output) return graph_->add_output(std::move(args[0]));
    if (kind == Kind::graph) {
      auto region = GraphReader(root_, tensors_, depth_ + 1).read(member(json, "region"));
      region->lint();
      if (region->inputs().size() != args.size()) {
        refuse("its region takes ", region->inputs().size(), " arguments; got ", args.size());
      }
      return graph_->add_region(std::move(region), std::move(args), target);
    }
    if (kind != Kind::op) return graph_->add_node(kind, target, target, std::move(args), {});
    const ops::OpDef* op = ops::find_op(target);
    if (op == nullptr) refuse("there is no op of this name; got \"", target, "\"");
    const Json attributes = json.contains("attributes") ? json["attributes"] : Json::object();
    return graph_->add_recorded(*op, attributes_from_json(*op, attributes), std::move(args),
                                boolean_member(json, "in_place", false), {});
  }

  Arg arg_from_json(const Json& json, int depth) {
    if (depth > kMaxDepth) refuse("lists are nested too deeply; got ", depth, " levels");
    if (json.is_null()) return {};
    if (json.is_string()) return Value{node_named(text(json)), 0};
    if (json.is_array()) {
      Arg::List out;
      for (const Json& element : json) out.push_back(arg_from_json(element, depth + 1));
      return out;
    }
    if (json.is_object() && json.contains("node")) {
      const std::int64_t result = integer(member(json, "result"));
      if (result < 0 || result > INT32_MAX) refuse("there is no such result; got ", result);
      return Value{node_named(text(json["node"])), static_cast<std::uint32_t>(result)};
    }
    const ops::AttrValue value = value_from_json(json);
    const auto* number = std::get_if<Scalar>(&value);
    if (number == nullptr) refuse("an argument is a value, a scalar or a list; got something else");
    return *number;
  }

  Node* node_named(const std::string& name) {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) refuse("arguments come from earlier nodes; got ", name);
    return found->second;
  }

  static void read_effects(Node& node, const Json& json) {
    if (node.is(Kind::module) || node.is(Kind::graph)) {
      node.set_writes_state(boolean_member(json, "writes_state", false));
      node.set_uses_rng(boolean_member(json, "uses_rng", false));
    }
    if (!json.contains("batch_items")) return;
    std::vector<BatchItem> items;
    for (const Json& one : array_member(json, "batch_items")) {
      const std::int64_t index = integer(member(one, "index"));
      if (index < 0) refuse("an index is not negative; got ", index);
      items.push_back({text_member(one, "attribute"), static_cast<std::size_t>(index),
                       integer(member(one, "per_item"))});
      check_batch_item(node.attributes(), items.back());
    }
    node.set_batch_items(std::move(items));
  }

  static void read_provenance(Provenance& to, const Json& json) {
    to.location = optional_text(json, "location");
    to.module_path = optional_text(json, "module");
    to.pass = optional_text(json, "pass");
    if (!json.contains("originals")) return;
    for (const Json& one : array_member(json, "originals")) to.originals.push_back(text(one));
  }

  nn::Module* root_;
  const Tensors& tensors_;
  int depth_;
  std::uint32_t next_class_ = 0;
  std::shared_ptr<Graph> graph_;
  std::unordered_map<std::string, Node*> by_name_;
};

}  // namespace

std::shared_ptr<Graph> graph_from_json(const Json& json, nn::Module* root,
                                       const OrderedDict<std::string, Tensor>& tensors) {
  try {
    auto graph = GraphReader(root, tensors, 0).read(json);
    if (graph->output() == nullptr) refuse("the graph must have an output; got none");
    graph->lint();
    return graph;
  } catch (const Error& e) {
    if (e.msg().starts_with("[from_json]")) throw;
    refuse("the graph must be sound; got ", e.what());
  }
}

GraphModule from_json(const std::string& text, nn::Module& module) {
  const Json json = parse_document(text);
  OrderedDict<std::string, Tensor> kept;
  if (auto* other = module.as<GraphModuleImpl>()) {
    for (const auto& [path, tensor] : other->graph().kept_tensors()) kept.insert(path, tensor);
  }
  auto graph = graph_from_json(member(json, "graph"), &module, kept);
  GraphModule out(std::make_shared<GraphModuleImpl>(graph, text_member(json, "name")));
  out->mirror(module);
  graph->set_root(out.ptr().get());
  return out;
}

}  // namespace sinter::graph
