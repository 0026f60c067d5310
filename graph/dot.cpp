#include <sinter/core/error.h>
#include <sinter/graph/dot.h>
#include <sinter/graph/print_internal.h>

#include <spawn.h>
#include <sys/wait.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

namespace sinter::graph {

namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

// "Conv2d" for a module that prints as "sinter::nn::Conv2d(1, 8, ...)".
std::string class_name(const nn::Module& module) {
  std::ostringstream text;
  module.pretty_print(text);
  const std::string name = text.str().substr(0, text.str().find('('));
  return name.substr(name.rfind(':') + 1);
}

std::string label(const Node& node) {
  const nn::Module* module = node.module();
  std::string out = module == nullptr ? node.name() : class_name(*module);
  if (node.target() != node.name()) out += "\n" + node.target();
  for (const Result& result : node.results()) out += "\n" + describe_meta(result.meta);
  return out;
}

const char* style(Kind kind) {
  switch (kind) {
    case Kind::attr:
      return "shape=note, style=filled, fillcolor=\"#eeeeee\"";
    case Kind::module:
      return "shape=box, style=\"filled,rounded\", fillcolor=\"#d5e8f7\"";
    case Kind::graph:
      return "shape=box3d, style=filled, fillcolor=\"#fbe3c0\"";
    case Kind::op:
      return "shape=box, style=rounded";
    case Kind::input:
    case Kind::output:
      break;
  }
  return "shape=oval, style=filled, fillcolor=\"#d9f0d3\"";
}

// The nodes of one module, and those of the modules below.
struct Cluster {
  std::map<std::string, Cluster> below;
  std::vector<const Node*> nodes;
};

Cluster& at_path(Cluster& root, const std::string& path) {
  Cluster* at = &root;
  for (std::size_t begin = 0; begin < path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    at = &at->below[path.substr(begin, end - begin)];
    begin = end + 1;
  }
  return *at;
}

void write(std::string& out, const Cluster& cluster, const std::string& path) {
  for (const Node* node : cluster.nodes) {
    out += str(quoted(node->name()), " [label=", quoted(label(*node)), ", ", style(node->kind()),
               "];\n");
  }
  for (const auto& [name, below] : cluster.below) {
    const std::string inner = path.empty() ? name : str(path, ".", name);
    out += str("subgraph ", quoted(str("cluster_", inner)), " {\nlabel=", quoted(inner), ";\n");
    write(out, below, inner);
    out += "}\n";
  }
}

int run_dot(const std::string& input, const std::string& output) {
  const std::vector<std::string> words{"dot", "-Tsvg", "-o", output, input};
  std::vector<char*> argv;
  argv.reserve(words.size() + 1);
  for (const std::string& word : words) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  pid_t child = 0;
  if (posix_spawnp(&child, argv[0], nullptr, nullptr, argv.data(), environ) != 0) return 127;
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

std::string Graph::to_dot() const {
  Cluster root;
  for (const Node* node : nodes()) at_path(root, node->module_path()).nodes.push_back(node);
  std::string out = "digraph {\nnode [fontname=\"sans-serif\", fontsize=10];\n";
  write(out, root, {});
  for (const Node* node : nodes()) {
    for (const Arg& arg : node->args()) {
      arg.for_each_value([&](Value value) {
        out += sinter::str(quoted(value.node->name()), " -> ", quoted(node->name()), ";\n");
      });
    }
  }
  return out + "}\n";
}

void save_svg(const Graph& graph, const std::string& path) {
  const std::string source = str(path, ".dot");
  std::ofstream(source) << graph.to_dot();
  const int status = run_dot(source, path);
  std::remove(source.c_str());
  SINTER_CHECK(status != 127,
               "[save_svg] GraphViz' program dot must be installed; got none on the PATH");
  SINTER_CHECK_AS(IOError, status == 0, "[save_svg] dot must write ", path, "; got exit status ",
                  status);
}

}  // namespace sinter::graph
