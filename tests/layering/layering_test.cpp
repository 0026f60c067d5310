#include "layering.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>

namespace fs = std::filesystem;
using sinter::testing::check_layering;

namespace {

// A source tree of its own, gone at the end of the test.
class Tree {
 public:
  Tree() {
    std::string name = (fs::temp_directory_path() / "sinter_layering_XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    root_ = name;
    write("CMakeLists.txt", "target_sources(sinter PRIVATE core/a.cpp ops/a.cpp nn/a.cpp)");
  }
  ~Tree() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  Tree(const Tree&) = delete;
  Tree& operator=(const Tree&) = delete;

  void write(const std::string& file, const std::string& text) const {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }

  std::vector<std::string> violations() const {
    std::vector<std::string> out;
    for (const auto& violation : check_layering(root_)) out.push_back(to_string(violation));
    return out;
  }

 private:
  fs::path root_;
};

using Lines = std::vector<std::string>;

}  // namespace

TEST_CASE("the tree obeys its own layering") {
  Lines found;
  for (const auto& violation : check_layering(SINTER_SOURCE_ROOT)) {
    found.push_back(to_string(violation));
  }
  std::string report;
  for (const auto& line : found) report += line + "\n";
  INFO(report);
  CHECK(found.empty());
}

TEST_CASE("an upward include is reported with its line") {
  const Tree tree;
  tree.write("core/a.cpp", "#include <vector>\n\n  #  include <sinter/ops/ops.h>\n");
  CHECK(tree.violations() ==
        Lines{"core/a.cpp:3: core may not include ops:   #  include <sinter/ops/ops.h>"});
}

TEST_CASE("a quoted include is followed from its own folder") {
  const Tree tree;
  tree.write("nn/linear.h", "");
  tree.write("ops/a.cpp", "#include \"../nn/linear.h\"\n");
  CHECK(tree.violations() ==
        Lines{"ops/a.cpp:1: ops may not include nn: #include \"../nn/linear.h\""});
}

TEST_CASE("a lower layer, the own layer and the standard library may be included") {
  const Tree tree;
  tree.write("nn/a.h",
             "#include <sinter/core/tensor.h>\n#include <sinter/nn/b.h>\n#include <memory>\n");
  CHECK(tree.violations().empty());
}

TEST_CASE("no layer may include cuda, and cuda sees core and ops only") {
  const Tree tree;
  tree.write("cuda/a.cu", "#include <sinter/ops/ops.h>\n#include <sinter/nn/module.h>\n");
  tree.write("quant/a.h", "#include <sinter/cuda/runtime.h>\n");
  CHECK(tree.violations() ==
        Lines{"cuda/a.cu:2: cuda may not include nn: #include <sinter/nn/module.h>",
              "quant/a.h:1: quant may not include cuda: #include <sinter/cuda/runtime.h>"});
}

TEST_CASE("no layer may include the umbrella header or the tests") {
  const Tree tree;
  tree.write("nn/a.cpp", "#include <sinter/sinter.h>\n#include <sinter/tests/ops/samples.h>\n");
  CHECK(tree.violations() ==
        Lines{"nn/a.cpp:1: nn may not include sinter.h: #include <sinter/sinter.h>",
              "nn/a.cpp:2: nn may not include tests: #include <sinter/tests/ops/samples.h>"});
}

TEST_CASE("a public header may not include a private dependency") {
  const char* const name = GENERATE("Eigen/Core", "hwy/highway.h", "dnnl.hpp", "nlohmann/json.hpp",
                                    "oneapi/dnnl/dnnl.h", "omp.h", "iostream");
  const std::string line = "#include <" + std::string(name) + ">";
  const Tree tree;
  tree.write("ops/a.h", line + "\n");
  tree.write("ops/a.cpp", line + "\n");
  tree.write("ops/a_internal.h", line + "\n");
  tree.write("ops/cpu/a.h", line + "\n");
  tree.write("ops/a-inl.h", line + "\n");
  CHECK(tree.violations() ==
        Lines{"ops/a.h:1: a public header includes a private dependency: " + line});
}

TEST_CASE("a public header may not include a private header") {
  const Tree tree;
  tree.write("ops/a.h", "#include <sinter/ops/cpu/loops.h>\n");
  tree.write("sinter.h", "#include <sinter/ops/b_internal.h>\n");
  CHECK(tree.violations() == Lines{"ops/a.h:1: a public header includes a private one: "
                                   "#include <sinter/ops/cpu/loops.h>",
                                   "sinter.h:1: a public header includes a private one: "
                                   "#include <sinter/ops/b_internal.h>"});
}

TEST_CASE("a file of more than 700 lines is too long") {
  const Tree tree;
  std::string text;
  for (int i = 0; i < 700; ++i) text += "\n";
  tree.write("tests/core/fits.h", text);
  CHECK(tree.violations().empty());
  tree.write("tests/core/long.h", text + "\n");
  CHECK(tree.violations() ==
        Lines{"tests/core/long.h:701: a file has at most 700 lines: (the last line)"});
}

TEST_CASE("a source that no CMakeLists.txt names is never compiled") {
  const Tree tree;
  tree.write("ops/CMakeLists.txt", "target_sources(sinter PRIVATE\n  sum.cpp\n  cpu/loops.cpp)\n");
  tree.write("ops/sum.cpp", "");
  tree.write("ops/cpu/loops.cpp", "");
  tree.write("ops/cpu/sum.cpp", "");
  CHECK(tree.violations() == Lines{"ops/cpu/sum.cpp:1: no CMakeLists.txt names it: (the file)"});
}
