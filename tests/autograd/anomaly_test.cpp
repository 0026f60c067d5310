#include "autograd_testing.h"

#include <sinter/autograd/anomaly.h>
#include <sinter/autograd/custom_function.h>

namespace autograd = sinter::autograd;
using namespace sinter;
using namespace sinter::testing;

namespace {

[[gnu::noinline]] Tensor root_of_zero(const Tensor& x) {
  const Tensor y = x.sqrt();
  return y + 0;
}

struct Throws : autograd::Function<Throws> {
  static Tensor forward(autograd::AutogradContext*, const Tensor& x) { return x * 1; }
  static autograd::variable_list backward(autograd::AutogradContext*,
                                          const autograd::variable_list&) {
    fail("[throws] backward must not run; got a call");
  }
};

// 0 * inf in the gradient of sqrt at 0.
std::string message_of_nan(const Tensor& x) {
  return message_of([&] { (root_of_zero(x) * 0).sum().backward(); });
}

}  // namespace

TEST_CASE("anomaly mode names the op and the place of the forward call that made NaN") {
  const Tensor x = leaf({1, 0, 4});
  CHECK(message_of_nan(x) == "no exception");
  const autograd::DetectAnomalyGuard guard;
  const std::string message = message_of_nan(x);
  INFO(message);
  CHECK(
      message.starts_with("[SqrtBackward0] backward made NaN in the gradient of input 0 (f64 "
                          "[3]); its forward call was made at\n  #0 "));
  CHECK(message.find("root_of_zero") != std::string::npos);
  CHECK(message.find("anomaly_test.cpp:13") != std::string::npos);
  CHECK(message.find("message_of_nan") != std::string::npos);
}

TEST_CASE("anomaly mode names the open scopes") {
  const Tensor x = leaf({0});
  const autograd::DetectAnomalyGuard guard;
  const autograd::Scope outer("encoder");
  std::string message;
  {
    const autograd::Scope inner("layer1");
    CHECK(autograd::Scope::path() == "encoder.layer1");
    message = message_of_nan(x);
  }
  CHECK(autograd::Scope::path() == "encoder");
  CHECK(message.find("in scope encoder.layer1\n") != std::string::npos);
}

TEST_CASE("anomaly mode tells where the call was made whose backward threw") {
  const Tensor x = leaf({1});
  const autograd::DetectAnomalyGuard guard(false);
  CHECK(message_of_nan(leaf({0})) == "no exception");
  const std::string message = message_of([&] { Throws::apply(x).backward(); });
  CHECK(
      message.starts_with("[throws] backward must not run; got a call; thrown by ThrowsBackward; "
                          "its forward call was made at\n"));
  CHECK(message.find("anomaly_test.cpp") != std::string::npos);
}

TEST_CASE("a forward call from before anomaly mode has no place") {
  const Tensor x = leaf({0});
  const Tensor y = (x.sqrt() * 0).sum();
  const autograd::DetectAnomalyGuard guard;
  CHECK(message_of([&] { y.backward(); }) ==
        "[SqrtBackward0] backward made NaN in the gradient of input 0 (f64 [1]); its forward call "
        "was made before anomaly mode was on");
}

TEST_CASE("anomaly mode ends with its guard") {
  CHECK_FALSE(autograd::AnomalyMode::is_enabled());
  {
    const autograd::DetectAnomalyGuard guard;
    CHECK(autograd::AnomalyMode::is_enabled());
    {
      const autograd::DetectAnomalyGuard inner(false);
      CHECK_FALSE(autograd::AnomalyMode::should_check_nan());
    }
    CHECK(autograd::AnomalyMode::should_check_nan());
  }
  CHECK_FALSE(autograd::AnomalyMode::is_enabled());
}
