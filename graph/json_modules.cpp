#include <sinter/graph/json_internal.h>
#include <sinter/graph/leaf_classes.h>

#include <unordered_map>
#include <unordered_set>

namespace sinter::graph {

namespace {

constexpr int kMaxDepth = 64;

template <class... T>
[[noreturn]] void refuse(const T&... message) {
  fail<ValueError>("[from_json] ", message...);
}

std::string joined(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

// --- Writing.

class Writer {
 public:
  explicit Writer(const GraphModuleImpl& module) {
    for (const Node* node : module.graph().nodes()) {
      if (node->is(Kind::module)) called_.emplace(node->module(), node->target());
    }
    for (const auto& item : module.state_dict()) persistent_.insert(item.key());
  }

  Json write(const nn::Module& module, const std::string& path) {
    Json out{{"class", module.name()}};
    if (!module.is_training()) out["training"] = false;
    const LeafClass* leaf = find_leaf_class(module);
    const auto call = called_.find(&module);
    SINTER_CHECK_AS(ValueError, leaf != nullptr || call == called_.end(),
                    "[save] a module that the graph calls must be of a registered class; register "
                    "it (leaf_classes.h), or trace through it; got ",
                    module.name(), " at ", call == called_.end() ? path : call->second);
    if (leaf != nullptr) {
      out["leaf"] = leaf->name;
      out["options"] = options(*leaf, module);
    }
    write_tensors(out, module, path);
    Json children = Json::array();
    for (const auto& item : module.named_children()) {
      children.push_back(child(*item.value(), item.key(), joined(path, item.key())));
    }
    if (!children.empty()) out["children"] = std::move(children);
    return out;
  }

 private:
  static Json options(const LeafClass& leaf, const nn::Module& module) {
    Json out = Json::object();
    for (const LeafOption& option : leaf.options(module)) {
      out[option.name] = value_to_json(option.value);
    }
    return out;
  }

  Json child(const nn::Module& module, const std::string& name, const std::string& path) {
    const auto [known, fresh] = modules_.emplace(&module, path);
    Json out = fresh ? write(module, path) : Json{{"same_as", known->second}};
    out["name"] = name;
    return out;
  }

  void write_tensors(Json& out, const nn::Module& module, const std::string& path) {
    Json parameters = Json::array();
    for (const auto& item : module.named_parameters(false)) {
      Json one{{"name", item.key()}};
      if (!item->requires_grad()) one["requires_grad"] = false;
      share(one, *item, joined(path, item.key()), module);
      parameters.push_back(std::move(one));
    }
    Json buffers = Json::array();
    for (const auto& item : module.named_buffers(false)) {
      Json one{{"name", item.key()}};
      if (!persistent_.contains(joined(path, item.key()))) one["persistent"] = false;
      share(one, *item, joined(path, item.key()), module);
      buffers.push_back(std::move(one));
    }
    if (!parameters.empty()) out["parameters"] = std::move(parameters);
    if (!buffers.empty()) out["buffers"] = std::move(buffers);
  }

  void share(Json& out, const Tensor& tensor, const std::string& path, const nn::Module& module) {
    const auto [known, fresh] = tensors_.emplace(tensor.impl(), path);
    if (fresh) return;
    SINTER_CHECK_AS(ValueError, find_leaf_class(module) == nullptr,
                    "[save] a layer has tensors of its own; got ", path, ", which is ",
                    known->second, " too");
    out["same_as"] = known->second;
  }

  std::unordered_map<const nn::Module*, std::string> called_;
  std::unordered_set<std::string> persistent_;
  std::unordered_map<const nn::Module*, std::string> modules_;
  std::unordered_map<const TensorImpl*, std::string> tensors_;
};

// --- Reading.

class Reader {
 public:
  explicit Reader(const OrderedDict<std::string, Tensor>& tensors) : tensors_(tensors) {}

  // What is registered in `to`, which has been made.
  void fill(nn::Module& to, const Json& json, const std::string& path, int depth) {
    if (depth > kMaxDepth) refuse("modules are nested too deeply; got ", depth, " levels");
    to.train(boolean_member(json, "training", true));
    for (const char* kind : {"parameters", "buffers"}) {
      if (!json.contains(kind)) continue;
      for (const Json& one : array_member(json, kind)) add_tensor(to, one, kind[0] == 'p', path);
    }
    if (!json.contains("children")) return;
    for (const Json& one : array_member(json, "children")) {
      const std::string name = text_member(one, "name");
      to.register_module(name, child(one, joined(path, name), depth + 1));
    }
  }

 private:
  std::shared_ptr<nn::Module> child(const Json& json, const std::string& path, int depth) {
    if (json.contains("same_as")) {
      const auto found = modules_.find(text(json["same_as"]));
      if (found == modules_.end()) refuse(path, " must be a module from before; got another path");
      return found->second;
    }
    std::shared_ptr<nn::Module> module;
    if (json.contains("leaf")) {
      module = leaf(json, path);
    } else {
      module = std::make_shared<nn::Module>(text_member(json, "class"));
      fill(*module, json, path, depth);
    }
    modules_[path] = module;
    return module;
  }

  std::shared_ptr<nn::Module> leaf(const Json& json, const std::string& path) {
    const std::string name = text_member(json, "leaf");
    const LeafClass* found = find_leaf_class(name);
    if (found == nullptr) refuse("the class of ", path, " must be registered; got ", name);
    LeafOptions options;
    const Json& values = member(json, "options");
    for (auto it = values.begin(); values.is_object() && it != values.end(); ++it) {
      options.push_back({it.key(), value_from_json(it.value()), {}});
    }
    auto module = make_fake_leaf(*found, options);
    module->train(boolean_member(json, "training", true));
    fill_leaf(module->named_parameters(false), json, "parameters", path);
    fill_leaf(module->named_buffers(false), json, "buffers", path);
    return module;
  }

  // A layer makes its tensors itself; they get their elements.
  void fill_leaf(const OrderedDict<std::string, Tensor>& made, const Json& json, const char* kind,
                 const std::string& path) {
    const Json listed = json.contains(kind) ? array_member(json, kind) : Json::array();
    if (listed.size() != made.size()) {
      refuse(path, " has ", made.size(), " ", kind, "; got ", listed.size());
    }
    for (const Json& one : listed) {
      const std::string name = text_member(one, "name");
      const Tensor* tensor = made.find(name);
      if (tensor == nullptr) refuse(path, " has no such tensor; got ", name);
      const Tensor source = read_tensor(joined(path, name));
      if (!(source.sizes() == tensor->sizes())) {
        refuse(joined(path, name), " has sizes ", tensor->sizes(), "; got ", source.sizes());
      }
      tensor->set_data(source);
      if (tensor->is_floating_point()) {
        tensor->requires_grad_(boolean_member(one, "requires_grad", tensor->requires_grad()));
      }
    }
  }

  void add_tensor(nn::Module& to, const Json& json, bool parameter, const std::string& path) {
    const std::string name = text_member(json, "name");
    const Tensor tensor = json.contains("same_as") ? tensor_from_before(text(json["same_as"]))
                                                   : read_tensor(joined(path, name));
    given_[joined(path, name)] = tensor;
    if (parameter) {
      const bool gradient = boolean_member(json, "requires_grad", true);
      to.register_parameter(name, tensor, gradient);
    } else {
      to.register_buffer(name, tensor, boolean_member(json, "persistent", true));
    }
  }

  Tensor tensor_from_before(const std::string& path) {
    const auto found = given_.find(path);
    if (found == given_.end()) refuse("a tensor from before is wanted; got ", path);
    return found->second;
  }

  Tensor read_tensor(const std::string& path) {
    const Tensor* found = tensors_.find(path);
    if (found == nullptr) refuse("the file must have a tensor ", path, "; got none");
    return given_[path] = *found;
  }

  const OrderedDict<std::string, Tensor>& tensors_;
  std::unordered_map<std::string, std::shared_ptr<nn::Module>> modules_;
  std::unordered_map<std::string, Tensor> given_;
};

}  // namespace

Json modules_to_json(const GraphModuleImpl& module) { return Writer(module).write(module, {}); }

void modules_from_json(const Json& json, const OrderedDict<std::string, Tensor>& tensors,
                       nn::Module& to) {
  Reader(tensors).fill(to, json, {}, 0);
}

OrderedDict<std::string, Tensor> tensors_of(const nn::Module& module) {
  OrderedDict<std::string, Tensor> out;
  std::unordered_set<const TensorImpl*> seen;
  for (const auto& all : {module.named_parameters(), module.named_buffers()}) {
    for (const auto& item : all) {
      if (seen.insert(item->impl()).second) out.insert(item.key(), item->detach());
    }
  }
  return out;
}

std::vector<std::pair<std::string, Tensor>> stored_tensors(const GraphModuleImpl& module) {
  std::vector<std::pair<std::string, Tensor>> out;
  for (const auto& item : tensors_of(module)) out.emplace_back(item.key(), item.value());
  for (const auto& [name, tensor] : module.graph().kept_tensors()) {
    out.emplace_back(name, tensor.detach());
  }
  return out;
}

}  // namespace sinter::graph
