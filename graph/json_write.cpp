#include <sinter/graph/json.h>
#include <sinter/graph/json_internal.h>

namespace sinter::graph {

namespace {

Json dims_to_json(IntArrayRef dims) { return dims.vec(); }

// What the layout says beyond the strides is there only where it differs from what they say.
Json meta_to_json(const TensorMeta& meta) {
  Json out{{"dtype", std::string(name(meta.dtype))}, {"sizes", dims_to_json(meta.sizes)}};
  TensorMeta plain;
  plain.dtype = meta.dtype;
  plain.device = meta.device;
  plain.set_contiguous(meta.sizes);
  if (!(plain.strides == meta.strides)) out["strides"] = dims_to_json(meta.strides);
  if (meta.offset != 0) out["offset"] = meta.offset;
  if (!meta.device.is_cpu()) out["device"] = meta.device.str();
  plain.set_strided(meta.sizes, meta.strides, meta.offset);
  if (meta.contiguous != plain.contiguous) out["contiguous"] = meta.contiguous;
  if (meta.channels_last != plain.channels_last) out["channels_last"] = meta.channels_last;
  if (meta.free_layout) out["free_layout"] = true;
  return out;
}

Json arg_to_json(const Arg& arg) {
  if (arg.is_none()) return nullptr;
  if (arg.is_number()) return value_to_json(arg.number());
  if (arg.is_value()) {
    const Value value = arg.value();
    if (value.index == 0) return value.node->name();
    return {{"node", value.node->name()}, {"result", value.index}};
  }
  Json out = Json::array();
  for (const Arg& element : arg.list()) out.push_back(arg_to_json(element));
  return out;
}

Json results_to_json(const Node& node) {
  Json out = Json::array();
  for (const Result& result : node.results()) {
    Json one = meta_to_json(result.meta);
    one["memory"] = result.alias_class;
    out.push_back(std::move(one));
  }
  return out;
}

Json attributes_to_json(const Attributes& attributes) {
  Json out = Json::object();
  for (const auto& item : attributes.items()) out[item.name] = value_to_json(item.value);
  return out;
}

Json batch_items_to_json(const Node& node) {
  Json out = Json::array();
  for (const BatchItem& item : node.batch_items()) {
    out.push_back(
        {{"attribute", item.attribute}, {"index", item.index}, {"per_item", item.per_item}});
  }
  return out;
}

void add_provenance(Json& out, const Node& node) {
  const Provenance& from = node.provenance();
  if (const std::string line = node.location(); !line.empty()) out["location"] = line;
  if (!from.module_path.empty()) out["module"] = from.module_path;
  if (!from.pass.empty()) out["pass"] = from.pass;
  if (!from.originals.empty()) out["originals"] = from.originals;
}

Json node_to_json(const Node& node) {
  Json out{{"kind", kind_name(node.kind())}, {"name", node.name()}};
  if (node.target() != node.name()) out["target"] = node.target();
  if (node.num_args() > 0) out["args"] = arg_to_json(Arg(node.args()));
  if (node.is(Kind::op) && !node.attributes().items().empty()) {
    out["attributes"] = attributes_to_json(node.attributes());
  }
  if (!node.batch_items().empty()) out["batch_items"] = batch_items_to_json(node);
  if (node.in_place()) out["in_place"] = true;
  const bool opaque = node.is(Kind::module) || node.is(Kind::graph);
  if (opaque && node.has_side_effects()) out["writes_state"] = true;
  if (opaque && node.uses_rng()) out["uses_rng"] = true;
  if (node.is(Kind::graph)) out["region"] = graph_to_json(*node.region());
  out["results"] = results_to_json(node);
  add_provenance(out, node);
  return out;
}

}  // namespace

Json graph_to_json(const Graph& graph) {
  graph.find_locations();
  Json nodes = Json::array();
  for (const Node* node : graph.nodes()) nodes.push_back(node_to_json(*node));
  Json out{{"nodes", std::move(nodes)}};
  if (graph.batch() >= 0) out["batch"] = graph.batch();
  for (const auto& [path, tensor] : graph.kept_tensors()) out["kept_tensors"].push_back(path);
  return out;
}

std::string to_json(const GraphModuleImpl& module) {
  Json out = begin_document(module.name());
  out["graph"] = graph_to_json(module.graph());
  return out.dump(1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sinter::graph
