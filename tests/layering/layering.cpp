#include "layering.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <initializer_list>
#include <string_view>

namespace sinter::testing {
namespace {

namespace fs = std::filesystem;

constexpr int kMaxLines = 700;

struct Layer {
  std::string_view name;
  std::initializer_list<std::string_view> sees;
};

const std::array<Layer, 7> kLayers = {{
    {"core", {"core"}},
    {"ops", {"core", "ops"}},
    {"autograd", {"core", "ops", "autograd"}},
    {"nn", {"core", "ops", "autograd", "nn"}},
    {"graph", {"core", "ops", "autograd", "nn", "graph"}},
    {"quant", {"core", "ops", "autograd", "nn", "graph", "quant"}},
    {"cuda", {"core", "ops", "cuda"}},
}};

constexpr std::array<std::string_view, 3> kOtherFolders = {"tests", "benchmarks", "examples"};

// Dependencies that a program including a public header must not need, and costly standard headers.
constexpr std::array<std::string_view, 10> kHidden = {
    "Eigen/", "unsupported/Eigen/", "hwy/",    "dnnl",     "oneapi/dnnl/",
    "omp.h",  "nlohmann/",          "google/", "iostream", "regex",
};

const Layer* find_layer(std::string_view name) {
  const auto* it = std::find_if(kLayers.begin(), kLayers.end(),
                                [&](const Layer& layer) { return layer.name == name; });
  return it == kLayers.end() ? nullptr : it;
}

std::string_view first_folder(std::string_view path) { return path.substr(0, path.find('/')); }

bool is_private(std::string_view path) {
  return path.starts_with("cpu/") || path.find("/cpu/") != path.npos ||
         path.ends_with("_internal.h") || path.ends_with("-inl.h");
}

bool is_public_header(std::string_view file) {
  const bool in_tree = file == "sinter.h" || find_layer(first_folder(file)) != nullptr;
  return in_tree && file.ends_with(".h") && !is_private(file);
}

bool is_source(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".h" || extension == ".cpp" || extension == ".cu" || extension == ".cuh";
}

// The file named by an include line, without its quotes or brackets; empty for any other line.
struct Include {
  std::string path;
  bool quoted = false;
};

Include parse_include(std::string_view line) {
  const auto skip_blanks = [&] {
    while (!line.empty() && std::isspace(static_cast<unsigned char>(line.front()))) {
      line.remove_prefix(1);
    }
  };
  skip_blanks();
  if (!line.starts_with('#')) return {};
  line.remove_prefix(1);
  skip_blanks();
  if (!line.starts_with("include")) return {};
  line.remove_prefix(std::string_view("include").size());
  skip_blanks();
  if (line.empty() || (line.front() != '<' && line.front() != '"')) return {};
  const bool quoted = line.front() == '"';
  const auto end = line.find(quoted ? '"' : '>', 1);
  if (end == line.npos) return {};
  return {std::string(line.substr(1, end - 1)), quoted};
}

// Where the include lies in this tree, relative to its root; empty for a header from elsewhere.
std::string path_in_tree(const fs::path& root, const std::string& file, const Include& include) {
  if (include.path.starts_with("sinter/")) return include.path.substr(7);
  if (!include.quoted) return {};
  const fs::path beside = (fs::path(file).parent_path() / include.path).lexically_normal();
  return fs::exists(root / beside) ? beside.generic_string() : std::string();
}

std::string broken_rule(const fs::path& root, const std::string& file, const Include& include) {
  const std::string target = path_in_tree(root, file, include);
  const Layer* layer = find_layer(first_folder(file));
  if (layer != nullptr && !target.empty()) {
    const std::string_view folder = first_folder(target);
    if (std::find(layer->sees.begin(), layer->sees.end(), folder) == layer->sees.end()) {
      return std::string(layer->name) + " may not include " + std::string(folder);
    }
  }
  if (!is_public_header(file)) return {};
  if (!target.empty()) return is_private(target) ? "a public header includes a private one" : "";
  const bool hidden = std::any_of(kHidden.begin(), kHidden.end(), [&](std::string_view name) {
    return include.path.starts_with(name);
  });
  return hidden ? "a public header includes a private dependency" : "";
}

void check_file(const fs::path& root, const std::string& file, std::vector<Violation>& out) {
  std::ifstream in(root / file);
  std::string text;
  int line = 0;
  while (std::getline(in, text)) {
    ++line;
    const Include include = parse_include(text);
    if (include.path.empty()) continue;
    std::string rule = broken_rule(root, file, include);
    if (!rule.empty()) out.push_back({file, line, text, std::move(rule)});
  }
  if (line > kMaxLines) {
    out.push_back({file, line, "(the last line)",
                   "a file has at most " + std::to_string(kMaxLines) + " lines"});
  }
}

bool names_file(const fs::path& cmake_file, const std::string& file) {
  std::ifstream in(cmake_file);
  for (std::string word; in >> word;) {
    if (word == file || word == file + ")") return true;
  }
  return false;
}

void check_is_built(const fs::path& root, const std::string& file, std::vector<Violation>& out) {
  if (!file.ends_with(".cpp")) return;
  for (fs::path folder = fs::path(file).parent_path();; folder = folder.parent_path()) {
    const std::string name = fs::path(file).lexically_relative(folder).generic_string();
    if (names_file(root / folder / "CMakeLists.txt", folder.empty() ? file : name)) return;
    if (folder.empty()) break;
  }
  out.push_back({file, 1, "(the file)", "no CMakeLists.txt names it"});
}

std::vector<std::string> source_files(const fs::path& root) {
  std::vector<std::string> folders(kOtherFolders.begin(), kOtherFolders.end());
  for (const Layer& layer : kLayers) folders.emplace_back(layer.name);
  std::vector<std::string> files;
  if (fs::exists(root / "sinter.h")) files.emplace_back("sinter.h");
  for (const std::string& folder : folders) {
    if (!fs::exists(root / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
      if (entry.is_regular_file() && is_source(entry.path())) {
        files.push_back(fs::relative(entry.path(), root).generic_string());
      }
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

std::string to_string(const Violation& violation) {
  return violation.file + ":" + std::to_string(violation.line) + ": " + violation.rule + ": " +
         violation.text;
}

std::vector<Violation> check_layering(const fs::path& root) {
  std::vector<Violation> out;
  for (const std::string& file : source_files(root)) {
    check_file(root, file, out);
    check_is_built(root, file, out);
  }
  return out;
}

}  // namespace sinter::testing
