// Registers one test per op and property, so that `ctest -R "op conv2d"` runs what one needs.
#include <catch2/catch.hpp>

#include "op_suite.h"

namespace sinter::testing {
namespace {

struct Property {
  const char* sentence;
  void (*check)(const OpSamples&);
};

constexpr Property kProperties[] = {
    {"agrees with its reference in every dtype", check_values},
    {"gives the same for every layout", check_layouts},
    {"gives the same bits at any number of threads", check_threads},
    {"describes its outputs from metadata alone", check_inference},
    {"leaves its inputs alone", check_purity},
    {"has gradients and second gradients that finite differences confirm", check_gradients},
    {"refuses bad input with a message", check_errors},
    {"does the same in place", check_in_place},
};

class OpTest : public Catch::ITestInvoker {
 public:
  explicit OpTest(OpSamples op) : op_(std::move(op)) {}
  void invoke() const override {
    for (const Property& property : kProperties) {
      DYNAMIC_SECTION(property.sentence) { property.check(op_); }
    }
  }

 private:
  OpSamples op_;
};

bool register_ops() {
  for (OpSamples& op : all_samples()) {
    const std::string name = "op " + op.op;
    Catch::AutoReg registration(new OpTest(std::move(op)), CATCH_INTERNAL_LINEINFO, "",
                                Catch::NameAndTags{name, "[op]"});
  }
  return true;
}

const bool kRegistered = register_ops();

}  // namespace

TEST_CASE("every op has samples and says why it lacks what it lacks") {
  CHECK(kRegistered);
  check_coverage();
}

}  // namespace sinter::testing
