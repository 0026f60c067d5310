#include <sinter/core/error.h>
#include <sinter/graph/graph_module.h>
#include <sinter/graph/interpreter.h>

#include <ostream>
#include <unordered_map>
#include <unordered_set>

namespace sinter::graph {

namespace {

// Copies what a tree of modules has registered into modules that only hold it.
class Mirror {
 public:
  explicit Mirror(const Graph& graph, const nn::Module& root) {
    for (const Node* node : graph.nodes()) {
      if (node->is(Kind::module)) kept_.insert(node->module());
    }
    for (const auto& item : root.state_dict()) persistent_.insert(item.key());
  }

  void copy(nn::Module& from, nn::Module& to, const std::string& prefix) {
    for (const auto& item : from.named_parameters(false)) {
      to.register_parameter(item.key(), *item, item->requires_grad());
    }
    for (const auto& item : from.named_buffers(false)) {
      to.register_buffer(item.key(), *item, persistent_.contains(prefix + item.key()));
    }
    for (const auto& item : from.named_children()) {
      to.register_module(item.key(), mirrored(item.value(), prefix + item.key() + "."));
    }
  }

 private:
  std::shared_ptr<nn::Module> mirrored(const std::shared_ptr<nn::Module>& module,
                                       const std::string& prefix) {
    const bool leaf = module->children().empty() && module->name().starts_with("sinter::nn::");
    if (leaf || kept_.contains(module.get())) return module;
    auto& copy = copies_[module.get()];
    if (copy) return copy;
    copy = Submodules(std::make_shared<SubmodulesImpl>(module->name())).ptr();
    this->copy(*module, *copy, prefix);
    copy->train(module->is_training());
    return copy;
  }

  std::unordered_set<const nn::Module*> kept_;
  std::unordered_set<std::string> persistent_;
  std::unordered_map<const nn::Module*, std::shared_ptr<nn::Module>> copies_;
};

// The path of the module that holds this one, and its name there.
std::pair<std::string, std::string> split_path(const std::string& path) {
  const std::size_t dot = path.rfind('.');
  if (dot == std::string::npos) return {"", path};
  return {path.substr(0, dot), path.substr(dot + 1)};
}

}  // namespace

GraphModuleImpl::GraphModuleImpl(std::shared_ptr<Graph> graph, std::string name)
    : Module(std::move(name)), graph_(std::move(graph)) {}

GraphModuleImpl::GraphModuleImpl(const GraphModuleImpl& other)
    : Module(other), graph_(other.graph_->copy()) {
  graph_->set_root(this);
}

void GraphModuleImpl::set_graph(std::shared_ptr<Graph> graph) {
  graph_ = std::move(graph);
  graph_->set_root(this);
}

std::vector<Tensor> GraphModuleImpl::run(const std::vector<Tensor>& inputs) {
  return Interpreter(*graph_).run(inputs);
}

Tensor GraphModuleImpl::only_result(std::vector<Tensor> results) {
  SINTER_CHECK_AS(ValueError, results.size() == 1, "[forward] the graph must have one result; got ",
                  results.size(), "; use run()");
  return std::move(results[0]);
}

nn::AnyValue GraphModuleImpl::any_forward(std::vector<nn::AnyValue>& arguments) {
  std::vector<Tensor> inputs;
  for (nn::AnyValue& argument : arguments) {
    const auto* tensor = argument.try_get<Tensor>();
    SINTER_CHECK_AS(TypeError, tensor != nullptr,
                    "[forward] a graph takes tensors; got another type as argument ",
                    inputs.size());
    inputs.push_back(*tensor);
  }
  return nn::AnyValue(only_result(run(inputs)));
}

void GraphModuleImpl::mirror(nn::Module& module) {
  Mirror(*graph_, module).copy(module, *this, {});
  Module::train(module.is_training());
}

void GraphModuleImpl::set_module(const std::string& path, std::shared_ptr<nn::Module> module) {
  const auto [holder_path, name] = split_path(path);
  nn::Module* holder = graph_->find_module(holder_path);
  SINTER_CHECK_AS(IndexError, holder != nullptr, "[set_module] there is no module at this path; ",
                  "got \"", holder_path, "\"");
  if (holder->named_children().contains(name)) {
    holder->replace_module(name, std::move(module));
  } else {
    holder->register_module(name, std::move(module));
  }
}

namespace {

std::string free_name(const nn::Module& module, const std::string& hint) {
  std::string name = hint;
  for (unsigned i = 1;
       module.named_parameters(false).contains(name) ||
       module.named_buffers(false).contains(name) || module.named_children().contains(name);
       ++i) {
    name = str(hint, "_", i);
  }
  return name;
}

}  // namespace

std::string GraphModuleImpl::add_buffer(const std::string& name_hint, const Tensor& tensor) {
  std::string name = free_name(*this, name_hint);
  register_buffer(name, tensor);
  return name;
}

std::string GraphModuleImpl::add_parameter(const std::string& name_hint, const Tensor& tensor) {
  std::string name = free_name(*this, name_hint);
  register_parameter(name, tensor, tensor.requires_grad());
  return name;
}

namespace {

void remove_unused(nn::Module& module, const std::string& prefix,
                   const std::unordered_set<std::string>& used) {
  for (const auto& item : module.named_children()) {
    const std::string path = prefix + item.key();
    if (used.contains(path)) continue;
    remove_unused(*item.value(), path + ".", used);
    const bool empty = item.value()->children().empty();
    bool needed = false;
    for (const std::string& other : used) needed = needed || other.starts_with(path + ".");
    if (empty && !needed) module.unregister_module(item.key());
  }
}

}  // namespace

void GraphModuleImpl::remove_unused_modules() {
  std::unordered_set<std::string> used;
  for (const Node* node : graph_->nodes()) {
    if (node->is(Kind::module) || node->is(Kind::attr)) used.insert(node->target());
  }
  remove_unused(*this, {}, used);
}

std::size_t GraphModuleImpl::call_count(const std::string& path) const {
  std::size_t count = 0;
  for (const Node* node : graph_->nodes()) {
    count += node->is(Kind::module) && node->target() == path ? 1 : 0;
  }
  return count;
}

void GraphModuleImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::graph::GraphModule(" << name() << ", " << graph_->size() << " nodes)";
}

}  // namespace sinter::graph
