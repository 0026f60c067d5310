#include <sinter/sinter.h>
#include <sinter/tests/core/temporary_folder.h>

#include <catch2/catch.hpp>

namespace torch = sinter;
#define TORCH_MODULE SINTER_MODULE
#include "libtorch_program.h"

TEST_CASE("a program for libtorch's frontend runs with torch replaced by sinter") {
  const sinter::test::TemporaryFolder folder;
  const Outcome outcome = run_program(folder.file("model"));
  CHECK(outcome.last_loss < 0.3 * outcome.first_loss);
  CHECK(outcome.accuracy > 0.93);
  CHECK(outcome.reloaded_accuracy == outcome.accuracy);
  CHECK(outcome.seen == 11 * 512);
  CHECK(outcome.names == std::vector<std::string>{
                             "scale", "blocks.0.linear.weight", "blocks.0.norm.weight",
                             "blocks.0.norm.bias", "blocks.1.linear.weight", "blocks.1.norm.weight",
                             "blocks.1.norm.bias", "head.weight", "head.bias"});
}
