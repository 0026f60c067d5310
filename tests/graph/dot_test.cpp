#include "model_cases.h"

#include <sinter/graph/dot.h>

#include <catch2/catch.hpp>

#include <cstdlib>

using namespace sinter;

TEST_CASE("DOT has a node for each node and a cluster for each module") {
  const auto models = testing::model_cases();
  const testing::ModelCase& model = models[1];
  const graph::GraphModule gm = model.trace(model.input);
  const std::string dot = gm->graph().to_dot();
  for (const graph::Node* node : gm->graph().nodes()) {
    CHECK(dot.find("\"" + node->name() + "\" [label=") != std::string::npos);
  }
  CHECK(dot.find("[label=\"Conv2d\\nlayer1.0.conv1\\nf32[2, 4, 8, 8]\"") != std::string::npos);
  CHECK(dot.find("subgraph \"cluster_layer1.0\" {") != std::string::npos);
  CHECK(std::count(dot.begin(), dot.end(), '{') == std::count(dot.begin(), dot.end(), '}'));
}

TEST_CASE("without the program dot, save_svg says so") {
  const graph::GraphModule gm = graph::trace([](const Tensor& x) { return -x; }, {ones({2})});
  const std::string path = std::getenv("PATH");
  setenv("PATH", "/nonexistent", 1);
  CHECK_THROWS_WITH(graph::save_svg(gm->graph(), "/tmp/sinter_graph.svg"),
                    "[save_svg] GraphViz' program dot must be installed; got none on the PATH");
  setenv("PATH", path.c_str(), 1);
}
