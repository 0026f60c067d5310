// Graphs and modules to JSON and back.
#pragma once
#include <sinter/core/error.h>
#include <sinter/graph/graph_module.h>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace sinter::graph {

using Json = nlohmann::ordered_json;

Json graph_to_json(const Graph& graph);
// Throws ValueError for anything that is not as graph_to_json writes it. Paths are those of root,
// or of tensors, among which are those that the graph itself keeps.
std::shared_ptr<Graph> graph_from_json(const Json& json, nn::Module* root,
                                       const OrderedDict<std::string, Tensor>& tensors);

// An attribute or option. A double that JSON has no number for is {"double": "nan"}, a Scalar is
// {"scalar": number}.
Json value_to_json(const ops::AttrValue& value);
ops::AttrValue value_from_json(const Json& json);

// The modules below one and their tensors' names, without the elements.
Json modules_to_json(const GraphModuleImpl& module);
// Makes the modules in `to`. tensors has what to put into them, by path.
void modules_from_json(const Json& json, const OrderedDict<std::string, Tensor>& tensors,
                       nn::Module& to);
// The tensors of a module by path; those that share an array with an earlier one left out.
OrderedDict<std::string, Tensor> tensors_of(const nn::Module& module);
// The same, and those that the graph keeps: what a file has to hold.
std::vector<std::pair<std::string, Tensor>> stored_tensors(const GraphModuleImpl& module);

// Frame of a file: format, version and name.
Json begin_document(const std::string& name);
// Parses text and checks the frame.
Json parse_document(const std::string& text);

// --- Reading: each throws ValueError `... must be ...; got ...`.
const Json& member(const Json& json, const char* key);
const Json& array_member(const Json& json, const char* key);
std::int64_t integer(const Json& json);
bool boolean_member(const Json& json, const char* key, bool otherwise);
std::string text(const Json& json);
std::string text_member(const Json& json, const char* key);
// "" where there is none.
std::string optional_text(const Json& json, const char* key);

}  // namespace sinter::graph
