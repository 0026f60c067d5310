#include <sinter/core/error.h>
#include <sinter/graph/code_calls_internal.h>
#include <sinter/graph/code_forward_internal.h>
#include <sinter/graph/code_text_internal.h>
#include <sinter/graph/print_internal.h>

#include <algorithm>

namespace sinter::graph {

namespace {

using Form = CallCode::Form;

std::vector<Value> values_of(const Arg& arg) {
  std::vector<Value> out;
  arg.for_each_value([&](Value value) { out.push_back(value); });
  return out;
}

class ForwardWriter {
 public:
  ForwardWriter(const Scope& scope, const Graph& graph, const ModuleTree& modules, CodeStyle style)
      : scope_(scope),
        graph_(graph),
        modules_(modules),
        canonical_(style == CodeStyle::canonical),
        names_(modules.identifiers(scope.path)) {}

  std::string write() {
    const std::string parameters = join(declare_parameters());
    const bool root = scope_.path.empty();
    if (root && scope_.uses_batch) find_batch();
    for (const Scope::Item& item : scope_.items) {
      item.call ? write_call(*item.call) : write_node(*item.node);
    }
    const std::string type = root ? return_graph_results() : return_results(scope_.results);
    return "  " + type + " forward(" + parameters + ") {\n" + body_ + "  }\n";
  }

 private:
  // --- Names.

  std::string new_name(const std::string& hint) {
    return canonical_ ? names_.take("v") : names_.take(hint, "_out");
  }
  static std::string hint(Value value) {
    const std::string& name = value.node->name();
    return value.node->num_results() > 1 ? str(name, "_", value.index) : name;
  }
  void name(Value value, const std::string& text) { texts_[{value.node, value.index}] = text; }

  std::string text(Value value) const {
    const auto found = texts_.find({value.node, value.index});
    if (found != texts_.end()) return found->second;
    SINTER_CHECK_AS(ValueError, value.node->is(Kind::attr),
                    "[code] a value comes before what uses it; got ", value.node->name());
    return modules_.member(scope_.path, value.node->target());
  }

  std::string text(const Arg& arg, const Node& user) const {
    if (arg.is_none()) return "Tensor()";
    if (arg.is_number()) return code_number(arg.number());
    SINTER_CHECK_AS(ValueError, arg.is_value(),
                    "[code] arguments of calls are values and numbers; got a list for ",
                    user.name());
    return text(arg.value());
  }
  std::vector<std::string> arguments(const Node& node) const {
    std::vector<std::string> out;
    for (const Arg& arg : node.args()) out.push_back(text(arg, node));
    return out;
  }

  // --- Lines.

  // The comment stands before a line that is long.
  void line(const std::string& code, const std::string& comment = {}) {
    const std::string indented = "    " + code + ";";
    const bool commented = !canonical_ && !comment.empty();
    const bool together = indented.size() + comment.size() + 4 <= kCodeWidth;
    if (commented && !together) body_ += "    // " + comment + "\n";
    body_ += indented + (commented && together ? "  // " + comment : "") + "\n";
  }

  static std::string comment(const std::vector<Value>& results, const Node* node) {
    std::string out;
    for (const Value value : results) {
      out += (out.empty() ? "" : ", ") + describe_meta(value.meta());
    }
    if (node == nullptr) return out;
    if (node->is(Kind::module) && node->has_side_effects()) out += ", writes buffers";
    std::string place = node->location();
    // A path may be anything, a comment ends with its line.
    std::replace_if(
        place.begin(), place.end(), [](char c) { return c == '\n' || c == '\\'; }, '/');
    return out + (place.empty() || out.empty() ? "" : " ") + place;
  }

  // Writes a call that gives these values.
  void bind(const std::string& code, Form form, const std::vector<Value>& values,
            const std::string& remark) {
    const bool used = std::any_of(values.begin(), values.end(), [](Value value) {
      return value.node->num_uses(value.index) > 0;
    });
    if (!used) return line(code, remark);
    if (form == Form::vector) {
      const std::string list = new_name(values[0].node->name());
      for (const Value value : values) name(value, str(list, "[", value.index, "]"));
      return line("std::vector<Tensor> " + list + " = " + code, remark);
    }
    std::vector<std::string> names;
    for (const Value value : values) {
      names.push_back(new_name(hint(value)));
      name(value, names.back());
    }
    const std::string declared =
        form == Form::tuple ? "auto [" + join(names) + "]" : "Tensor " + names.at(0);
    line(declared + " = " + code, remark);
  }

  // --- Nodes.

  void write_node(Node& node) {
    if (node.is(Kind::op)) return write_op(node);
    if (node.is(Kind::module)) return write_leaf(node);
    write_region(node);
  }

  void write_op(Node& node) {
    const CallCode call = call_code(node, arguments(node), "batch");
    std::vector<Value> values;
    for (const std::uint32_t i : call.results) values.push_back({&node, i});
    bind(call.text, call.form, values, comment(values, &node));
  }

  void write_leaf(Node& node) {
    SINTER_CHECK_AS(ValueError, node.num_results() == 1,
                    "[code] a module that the graph calls returns one tensor; trace through it; ",
                    "got ", node.num_results(), " from ", node.name());
    const std::vector<Value> values = {node.value()};
    bind(modules_.member(scope_.path, node.target()) + "(" + join(arguments(node)) + ")",
         Form::tensor, values, comment(values, &node));
  }

  // What a pass has fused is written out: it computes the same.
  void write_region(Node& node) {
    const Graph& region = *node.region();
    const std::vector<Node*> inputs = region.inputs();
    for (std::size_t i = 0; i < inputs.size(); ++i) name({inputs[i]}, text(node.arg(i), node));
    for (Node* inner : region.nodes()) {
      if (inner->is(Kind::input) || inner->is(Kind::output)) continue;
      SINTER_CHECK_AS(ValueError, inner->is(Kind::op) || inner->is(Kind::graph),
                      "[code] a region calls ops only; lower the graph first (graph::lower); got ",
                      inner->name(), " in ", node.name());
      write_node(*inner);
    }
    const std::vector<Value> results = region.results();
    for (std::uint32_t i = 0; i < results.size(); ++i) name({&node, i}, text(results[i]));
  }

  void write_call(const Scope& call) {
    std::vector<std::string> given;
    for (const Value value : call.inputs) given.push_back(text(value));
    if (call.uses_batch) given.emplace_back("batch");
    const std::string code = modules_.member(scope_.path, call.path) + "(" + join(given) + ")";
    bind(code, call.results.size() > 1 ? Form::tuple : Form::tensor, call.results,
         comment(call.results, nullptr));
  }

  // --- The frame.

  std::vector<std::string> declare_parameters() {
    std::vector<std::string> out;
    for (const Value value : scope_.inputs) {
      name(value, new_name(hint(value)));
      out.push_back("Tensor " + text(value));
    }
    if (!scope_.path.empty() && scope_.uses_batch) out.emplace_back("std::int64_t batch");
    return out;
  }

  void find_batch() {
    const auto batched = std::find_if(scope_.inputs.begin(), scope_.inputs.end(),
                                      [](Value value) { return value.meta().dim() > 0; });
    line("const std::int64_t batch = " + text(*batched) + ".size(0)");
  }

  std::string return_results(const std::vector<Value>& results) {
    std::vector<std::string> texts;
    for (const Value value : results) texts.push_back(text(value));
    if (results.empty()) return "void";
    line("return " + (texts.size() == 1 ? texts[0] : "{" + join(texts) + "}"));
    if (results.size() == 1) return "Tensor";
    return "std::tuple<" + join(std::vector<std::string>(results.size(), "Tensor")) + ">";
  }

  std::string return_graph_results() {
    const Arg& result = graph_.output()->arg(0);
    if (!result.is_list()) return return_results(values_of(result));
    std::vector<std::string> texts;
    for (const Value value : values_of(result)) texts.push_back(text(value));
    line("return {" + join(texts) + "}");
    return "std::vector<Tensor>";
  }

  const Scope& scope_;
  const Graph& graph_;
  const ModuleTree& modules_;
  bool canonical_;
  NameTable names_;
  std::map<std::pair<const Node*, std::uint32_t>, std::string> texts_;
  std::string body_;
};

}  // namespace

std::string forward_code(const Scope& scope, const Graph& graph, const ModuleTree& modules,
                         CodeStyle style) {
  return ForwardWriter(scope, graph, modules, style).write();
}

}  // namespace sinter::graph
