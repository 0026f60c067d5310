#include <sinter/core/safetensors.h>
#include <sinter/graph/json.h>
#include <sinter/graph/json_internal.h>

namespace sinter::graph {

namespace {

constexpr const char* kKey = "sinter.graph";

GraphModule from_file(const safetensors::File& file) {
  const std::string* text = nullptr;
  for (const auto& [key, value] : file.metadata) {
    if (key == kKey) text = &value;
  }
  SINTER_CHECK_AS(ValueError, text != nullptr, "[from_json] the file must have a graph in its ",
                  "metadata; got ", file.metadata.size(), " other entries");
  const Json json = parse_document(*text);
  OrderedDict<std::string, Tensor> tensors;
  for (const auto& [name, tensor] : file.tensors) tensors.insert(name, tensor);
  // The paths of the graph lead to modules, which come first.
  GraphModule out(
      std::make_shared<GraphModuleImpl>(std::make_shared<Graph>(), text_member(json, "name")));
  modules_from_json(member(json, "modules"), tensors, *out);
  out->set_graph(graph_from_json(member(json, "graph"), out.ptr().get(), tensors));
  return out;
}

}  // namespace

void save(const GraphModuleImpl& module, const std::string& path) {
  Json json = begin_document(module.name());
  json["modules"] = modules_to_json(module);
  json["graph"] = graph_to_json(module.graph());
  safetensors::save(path, stored_tensors(module),
                    {{kKey, json.dump(-1, ' ', false, Json::error_handler_t::replace)}});
}

GraphModule load(const std::string& path) {
  try {
    return from_file(safetensors::load(path));
  } catch (const IOError&) {
    throw;
  } catch (const Error& e) {
    fail<IOError>("[load] ", path, " must be a file that graph::save wrote, undamaged; got ",
                  e.what());
  }
}

}  // namespace sinter::graph
