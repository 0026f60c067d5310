#include <sinter/core/error.h>
#include <sinter/graph/code_modules_internal.h>
#include <sinter/graph/code_text_internal.h>

#include <algorithm>
#include <cctype>

namespace sinter::graph {

namespace {

// What members would hide in their class.
const std::set<std::string> kReserved = {"Tensor",
                                         "apply",
                                         "as",
                                         "batch",
                                         "buffers",
                                         "children",
                                         "clone",
                                         "eval",
                                         "forward",
                                         "is_serializable",
                                         "is_training",
                                         "load",
                                         "load_state_dict",
                                         "modules",
                                         "name",
                                         "named_buffers",
                                         "named_children",
                                         "named_modules",
                                         "named_parameters",
                                         "nn",
                                         "parameters",
                                         "parameters_",
                                         "pretty_print",
                                         "register_buffer",
                                         "register_forward_hook",
                                         "register_forward_pre_hook",
                                         "register_module",
                                         "register_parameter",
                                         "replace_module",
                                         "save",
                                         "shared_from_this",
                                         "sinter",
                                         "state_dict",
                                         "std",
                                         "to",
                                         "train",
                                         "unregister_module",
                                         "weak_from_this",
                                         "zero_grad"};

std::string below(const std::string& path, const std::string& name) {
  return path.empty() ? name : path + "." + name;
}

// "block.0.conv_a" -> "Block_0ConvA".
std::string type_hint(const std::string& path) {
  std::string out;
  bool start = true;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) == 0) {
      start = true;
      continue;
    }
    if (start && std::isdigit(byte) != 0) out += '_';
    out += start ? static_cast<char>(std::toupper(byte)) : c;
    start = false;
  }
  return out;
}

// The last name of a class, without Impl.
std::string class_hint(const std::string& name) {
  std::string out = name.substr(name.rfind(':') + 1);
  if (out.ends_with("Impl")) out.resize(out.size() - 4);
  return out;
}

std::string zeros(const Tensor& tensor) {
  const std::string sizes = code_text(ops::AttrValue(tensor.sizes().vec()));
  const bool usual = tensor.dtype() == kFloat32;
  return "sinter::zeros(" + sizes + (usual ? "" : ", " + code_dtype(tensor.dtype())) + ")";
}

std::string shortened(std::string code) {
  const std::string prefix = "sinter::nn::";
  for (std::size_t at = 0; (at = code.find(prefix, at)) != std::string::npos; at += 4) {
    code.replace(at, prefix.size(), "nn::");
  }
  return code;
}

}  // namespace

std::string NameTable::take(const std::string& hint, const std::string& suffix) {
  const std::string plain = code_identifier(hint);
  std::string name = plain;
  if (taken_.contains(name) && !suffix.empty()) name = plain + suffix;
  for (std::size_t i = 1; taken_.contains(name); ++i) name = str(plain, suffix, "_", i);
  taken_.insert(name);
  return name;
}

ModuleTree::ModuleTree(const GraphModuleImpl& root) : graph_(root.graph()) {
  std::set<std::string> taken = kReserved;
  for (const auto& item : root.named_modules("", false)) {
    const std::string& path = item.key();
    taken.insert(code_identifier(path.substr(path.rfind('.') + 1)));
  }
  types_ = NameTable(taken);
  for (const auto& item : root.state_dict()) persistent_.insert(item.key());
  for (const Node* node : root.graph().nodes()) {
    if (node->is(Kind::module)) called_.insert(node->module());
    traced_.insert(node->module_path());
  }
  root_.module = &root;
  root_.type = type_name("", root);
  fill(root_);
  add_modes(root, "", true);
}

std::string ModuleTree::type_name(const std::string& path, const nn::Module& module) {
  std::string hint = type_hint(path);
  // A number, or the root.
  if (hint.empty() || hint[0] == '_') hint.insert(0, class_hint(module.name()));
  if (hint.empty() || std::isalpha(static_cast<unsigned char>(hint[0])) == 0) hint = "Model";
  return types_.take(hint, "Module");
}

void ModuleTree::fill(ModuleCode& code) {
  by_path_[code.path] = &code;
  modules_[code.module] = code.path;
  if (code.leaf != nullptr) {
    layers_.insert(code.path);
    return check_leaf_tensors(code);
  }
  NameTable names(kReserved);
  add_tensors(code, names);
  add_children(code, names);
}

// How the constructor of the root writes what comes before a member.
std::string ModuleTree::holder_of(const ModuleCode& code) const {
  return code.path.empty() ? "" : member("", code.path) + "->";
}

// --- Tensors.

void ModuleTree::add_tensors(ModuleCode& code, NameTable& names) {
  for (const auto& item : code.module->named_parameters(false)) {
    const Registration call{item.key(), "register_parameter", item->requires_grad()};
    add_tensor(code, names, *item, call);
  }
  for (const auto& item : code.module->named_buffers(false)) {
    const bool persistent = persistent_.contains(below(code.path, item.key()));
    add_tensor(code, names, *item, {item.key(), "register_buffer", persistent});
  }
  if (!code.path.empty()) return;
  for (const auto& [name, tensor] : graph_.kept_tensors()) {
    SINTER_CHECK_AS(ValueError, name.find('.') == std::string::npos,
                    "[code] a tensor that the graph keeps is named without dots; got \"", name,
                    "\"");
    add_tensor(code, names, tensor, {name, "register_buffer"});
  }
}

void ModuleTree::add_tensor(ModuleCode& code, NameTable& names, const Tensor& tensor,
                            const Registration& call) {
  const std::string identifier = names.take(call.name);
  const auto [known, fresh] = tensors_.emplace(tensor.impl(), below(code.path, call.name));
  const auto written = [&](const std::string& value) {
    return str(call.function, "(", code_quoted(call.name), ", ", value,
               call.usual ? ")" : ", false)");
  };
  code.members.push_back({call.name, identifier, fresh ? written(zeros(tensor)) : "", "Tensor"});
  if (fresh) return;
  const std::string holder = holder_of(code);
  statements_.push_back(holder + identifier + " = " + holder + written(member("", known->second)));
}

void ModuleTree::check_leaf_tensors(const ModuleCode& code) {
  for (const auto& all : {code.module->named_parameters(), code.module->named_buffers()}) {
    for (const auto& item : all) {
      const auto [known, fresh] = tensors_.emplace(item->impl(), below(code.path, item.key()));
      SINTER_CHECK_AS(ValueError, fresh, "[code] a layer has tensors of its own; trace through it ",
                      "(graph::no_leaves); got ", code.path, ".", item.key(), ", which is ",
                      known->second, " too");
    }
  }
  for (const auto& item : code.module->named_parameters()) {
    if (item->requires_grad()) continue;
    statements_.push_back(str("named_parameters()[", code_quoted(below(code.path, item.key())),
                              "].set_requires_grad(false)"));
  }
}

// --- Modules.

void ModuleTree::add_children(ModuleCode& code, NameTable& names) {
  for (const auto& item : code.module->named_children()) {
    add_child(code, names, item.key(), item.value());
  }
}

void ModuleTree::add_child(ModuleCode& code, NameTable& names, const std::string& name,
                           const std::shared_ptr<nn::Module>& module) {
  const std::string path = below(code.path, name);
  const std::string identifier = names.take(name);
  const auto known = modules_.find(module.get());
  if (known != modules_.end()) {
    const ModuleCode& other = *by_path_.at(known->second);
    const std::string holder = holder_of(code);
    code.members.push_back({name, identifier, "nullptr", other.type});
    statements_.push_back(str(holder, identifier, " = ", holder, "register_module(",
                              code_quoted(name), ", ", member("", known->second), ")"));
    return;
  }
  auto child = std::make_unique<ModuleCode>();
  child->path = path;
  child->module = module.get();
  const bool called = called_.contains(module.get());
  if (called || !traced_.contains(path)) child->leaf = find_leaf_class(*module);
  SINTER_CHECK_AS(ValueError, child->leaf != nullptr || !called,
                  "[code] a module that the graph calls must be of a registered class; register it "
                  "(leaf_classes.h), or trace through it (graph::no_leaves); got ",
                  module->name(), " at ", path);
  std::string made;
  if (child->leaf != nullptr) {
    made = shortened(leaf_code(*child->leaf, child->leaf->options(*module)));
    child->type = shortened(child->leaf->name);
    if (!child->type.starts_with("nn::")) foreign_.insert(child->type);
  } else {
    child->type = type_name(path, *module);
    made = child->type + "()";
  }
  code.members.push_back(
      {name, identifier, str("register_module(", code_quoted(name), ", ", made, ")"), child->type});
  code.children.push_back(std::move(child));
  fill(*code.children.back());
}

void ModuleTree::add_modes(const nn::Module& module, const std::string& path, bool training) {
  if (module.is_training() != training) {
    statements_.push_back(str(path.empty() ? "" : member("", path) + "->",
                              module.is_training() ? "train()" : "eval()"));
  }
  for (const auto& item : module.named_children()) {
    add_modes(*item.value(), below(path, item.key()), module.is_training());
  }
}

std::string ModuleTree::member(const std::string& from, const std::string& path) const {
  const ModuleCode* at = by_path_.at(from);
  std::string rest = from.empty() ? path : path.substr(from.size() + 1);
  std::string out;
  while (!rest.empty()) {
    const std::string name = rest.substr(0, rest.find('.'));
    rest = rest.size() > name.size() ? rest.substr(name.size() + 1) : "";
    const auto found = std::find_if(at->members.begin(), at->members.end(),
                                    [&](const ModuleCode::Member& m) { return m.name == name; });
    // The members of layers are called as they are registered.
    out += (out.empty() ? "" : "->") + (found != at->members.end() ? found->identifier : name);
    const auto next = by_path_.find(below(at->path, name));
    if (next != by_path_.end()) at = next->second;
  }
  return out;
}

std::set<std::string> ModuleTree::identifiers(const std::string& path) const {
  std::set<std::string> out = {"Tensor", "batch", "nn", "sinter", "std"};
  for (const ModuleCode::Member& item : by_path_.at(path)->members) out.insert(item.identifier);
  return out;
}

}  // namespace sinter::graph
