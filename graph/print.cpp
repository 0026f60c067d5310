#include <sinter/graph/graph.h>
#include <sinter/graph/print_internal.h>

#include <algorithm>
#include <ostream>

namespace sinter::graph {

std::string describe_meta(const TensorMeta& meta) {
  return str(name(meta.dtype), IntArrayRef(meta.sizes));
}

std::string describe_arg(const Arg& arg) {
  if (arg.is_none()) return "None";
  if (arg.is_number()) return str(arg.number());
  if (arg.is_value()) {
    const Value value = arg.value();
    const std::string& name = value.node->name();
    return value.node->num_results() > 1 ? str(name, "#", value.index) : name;
  }
  std::string out;
  for (const Arg& element : arg.list()) out += (out.empty() ? "" : ", ") + describe_arg(element);
  return "(" + out + ")";
}

std::string describe_value(const ops::AttrValue& value) {
  return std::visit(
      []<class T>(const T& v) -> std::string {
        if constexpr (std::is_same_v<T, std::monostate>) {
          return "None";
        } else if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) {
          return str(IntArrayRef(v));
        } else if constexpr (std::is_same_v<T, std::string>) {
          return "\"" + v + "\"";
        } else {
          return str(v);
        }
      },
      value);
}

namespace {

std::string call_text(const Node& node) {
  std::string out = node.target() + (node.in_place() ? "_" : "") + "(";
  std::string separator;
  const auto add = [&](const std::string& text) {
    out += separator + text;
    separator = ", ";
  };
  for (const Arg& arg : node.args()) add(describe_arg(arg));
  if (node.is(Kind::op)) {
    for (const auto& item : node.attributes().items()) {
      add(str(item.name, "=", describe_value(item.value)));
    }
  }
  return out + ")";
}

std::string results_text(const Node& node) {
  std::string out;
  for (const Result& result : node.results()) {
    out += (out.empty() ? "" : " ") + describe_meta(result.meta);
  }
  return out;
}

using Row = std::vector<std::string>;

Row row_of(const Node& node, bool locations) {
  std::string call = node.target();
  if (node.is(Kind::output)) call = describe_arg(node.arg(0));
  if (node.is(Kind::op) || node.is(Kind::module) || node.is(Kind::graph)) call = call_text(node);
  std::string place = locations ? node.location() : std::string();
  if (!node.module_path().empty()) place += (place.empty() ? "" : " ") + node.module_path();
  if (!node.provenance().pass.empty()) place += " [" + node.provenance().pass + "]";
  return {kind_name(node.kind()), node.name(), call, results_text(node), place};
}

}  // namespace

std::string Graph::str(bool locations) const {
  if (locations) find_locations();
  std::vector<Row> rows{{"kind", "name", "call", "results", "from"}};
  for (const Node* node : nodes()) rows.push_back(row_of(*node, locations));
  std::vector<std::size_t> widths(rows[0].size(), 0);
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  }
  std::string out;
  for (const Row& row : rows) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
      line += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
    }
    out += line.substr(0, line.find_last_not_of(' ') + 1) + "\n";
  }
  return out;
}

std::ostream& operator<<(std::ostream& stream, const Graph& graph) { return stream << graph.str(); }

}  // namespace sinter::graph
