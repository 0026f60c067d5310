#include <sinter/core/error.h>
#include <sinter/graph/code_forward_internal.h>
#include <sinter/graph/code_internal.h>
#include <sinter/graph/code_text_internal.h>
#include <sinter/ops/random_attrs.h>

#include <algorithm>

namespace sinter::graph {

namespace {

class CodeWriter {
 public:
  explicit CodeWriter(const GraphModuleImpl& module)
      : graph_(module.graph()), modules_(module), written_out_(modules_.layers()) {
    SINTER_CHECK_AS(ValueError, graph_.output() != nullptr,
                    "[code] a program has an output; got a graph of ", graph_.size(), " nodes");
    check_draws();
    graph_.find_locations();
    while (!find_forwards()) {
    }
  }

  std::string write() {
    write_struct(modules_.root());
    std::string head = "// Written by sinter::graph from a captured module: generated::" + type() +
                       ".\n#pragma once\n";
    for (const std::string& name : modules_.foreign_classes()) {
      head += "// Include the header of " + name + " before this one.\n";
    }
    if (text_.find("sinter::graph::") != std::string::npos) {
      head += "#include <sinter/graph/generated.h>\n";
    }
    head +=
        "#include <sinter/sinter.h>\n\nnamespace generated {\n\nnamespace nn = sinter::nn;\n"
        "using sinter::Tensor;\n\n";
    return head + text_ + "}  // namespace generated\n";
  }

  const std::string& type() const { return modules_.root().type; }

 private:
  // Calls that share random numbers, such as dropout and its gradient, cannot be told apart from
  // calls that draw anew.
  void check_draws() const {
    std::map<std::pair<std::uint64_t, std::uint64_t>, const Node*> seen;
    for (const Node* node : graph_.nodes()) {
      if (!node->is(Kind::op) || node->op()->draw == nullptr) continue;
      Attributes attributes = node->attributes();
      const ops::DrawAttrs& draw = *node->op()->draw(attributes.data());
      if (draw.blocks == 0) continue;
      const auto [at, fresh] = seen.emplace(std::pair(draw.seed, draw.offset), node);
      SINTER_CHECK_AS(ValueError, fresh,
                      "[code] two calls that draw the same random numbers have no C++; capture "
                      "the forward pass alone; got ",
                      at->second->name(), " and ", node->name());
    }
  }

  // Writes forward() of every module that is called. A module whose calls differ, or that uses
  // modules from elsewhere, is written out by its callers instead; then this is to be done again.
  bool find_forwards() {
    forwards_.clear();
    canonical_.clear();
    return add_forward(split_scopes(graph_, written_out_));
  }

  bool add_forward(const Scope& scope) {
    if (uses_others(scope)) return !written_out_.insert(scope.path).second;
    for (const Scope::Item& item : scope.items) {
      if (item.call && !add_forward(*item.call)) return false;
    }
    const auto code = [&](CodeStyle style) { return forward_code(scope, graph_, modules_, style); };
    std::string text = code(CodeStyle::canonical);
    const auto [known, fresh] = canonical_.emplace(scope.path, text);
    if (fresh) forwards_[scope.path] = code(CodeStyle::readable);
    return fresh || known->second == text || !written_out_.insert(scope.path).second;
  }

  static bool uses_others(const Scope& scope) {
    return std::any_of(scope.items.begin(), scope.items.end(), [&](const Scope::Item& item) {
      return item.node != nullptr && item.node->is(Kind::module) &&
             !is_below(item.node->target(), scope.path);
    });
  }

  void write_struct(const ModuleCode& module) {
    for (const auto& child : module.children) {
      if (child->leaf == nullptr) write_struct(*child);
    }
    const bool root = module.path.empty();
    text_ += "// " + (root ? "" : module.path + ", a ") + module.module->name() + "\n";
    if (written_out_.contains(module.path)) {
      text_ += "// Its calls differ, or reach beyond it: they are written out where they happen.\n";
    }
    text_ += "struct " + module.type + "Impl : nn::Module {\n";
    if (root) write_constructor(module.type);
    const auto forward = forwards_.find(module.path);
    if (forward != forwards_.end()) text_ += forward->second;
    if (forward != forwards_.end() && !module.members.empty()) text_ += "\n";
    for (const ModuleCode::Member& member : module.members) write_member(member);
    text_ += "};\nSINTER_MODULE(" + module.type + ");\n\n";
  }

  void write_member(const ModuleCode::Member& member) {
    const std::string declared = "  " + member.type + " " + member.identifier;
    if (member.code.empty()) {
      text_ += declared + ";\n";
      return;
    }
    const bool fits = declared.size() + member.code.size() + 3 <= kCodeWidth;
    text_ += declared + (fits ? "{" : "{\n      ") + member.code + "};\n";
  }

  void write_constructor(const std::string& type) {
    if (modules_.statements().empty()) return;
    text_ += "  " + type + "Impl() {\n";
    for (const std::string& statement : modules_.statements()) text_ += "    " + statement + ";\n";
    text_ += "  }\n\n";
  }

  const Graph& graph_;
  ModuleTree modules_;
  std::set<std::string> written_out_;
  std::map<std::string, std::string> canonical_;
  std::map<std::string, std::string> forwards_;
  std::string text_;
};

}  // namespace

ModuleSource source_of(const GraphModuleImpl& module) {
  CodeWriter writer(module);
  std::string text = writer.write();
  return {writer.type(), std::move(text)};
}

std::string GraphModuleImpl::code() const { return source_of(*this).text; }

}  // namespace sinter::graph
