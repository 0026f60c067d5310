// Locations of nodes in a program without debug information; trace_test.cpp has lines.
#include <sinter/graph/trace.h>
#include <sinter/sinter.h>

#include <catch2/catch.hpp>

using namespace sinter;

namespace {

struct DoublerImpl : nn::Module {
  [[gnu::noinline]] Tensor forward(const Tensor& x) { return -(x * 2); }
};
SINTER_MODULE(Doubler);

}  // namespace

TEST_CASE("without debug information a node knows the function that it was called in") {
  const graph::GraphModule gm = graph::trace(Doubler(), {ones({2})});
  const std::string location = gm->graph().find("mul")->location();
  INFO(location);
  CHECK((location == "DoublerImpl::forward" || location.starts_with("location_test.cpp:")));
}
