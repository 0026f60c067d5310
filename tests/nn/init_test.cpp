#include <sinter/core/random.h>
#include <sinter/nn/init.h>
#include <sinter/ops/ops.h>
#include <sinter/tests/core/error_message.h>

#include <catch2/catch.hpp>
#include <cmath>

using namespace sinter;
using namespace sinter::nn;
using sinter::test::message_of;

namespace {
double mean_of(const Tensor& x) { return x.mean().item<double>(); }
double std_of(const Tensor& x) { return x.std().item<double>(); }
double largest(const Tensor& x) { return x.abs().max().item<double>(); }
}  // namespace

TEST_CASE("gains are those of the literature") {
  CHECK(init::calculate_gain(kLinear) == 1);
  CHECK(init::calculate_gain(kConvTranspose2D) == 1);
  CHECK(init::calculate_gain(kSigmoid) == 1);
  CHECK(init::calculate_gain(kTanh) == Approx(5.0 / 3));
  CHECK(init::calculate_gain(kReLU) == Approx(std::sqrt(2.0)));
  CHECK(init::calculate_gain(kLeakyReLU, 0.2) == Approx(std::sqrt(2 / 1.04)));
}

TEST_CASE("constants fill tensors, in place and outside of autograd") {
  Tensor x = empty({2, 2}).set_requires_grad(true);
  CHECK(init::constant_(x, 3).is_same(x));
  CHECK(x.sum().item<float>() == 12);
  CHECK(init::ones_(x).sum().item<float>() == 4);
  CHECK(init::zeros_(x).sum().item<float>() == 0);
  CHECK(x.is_leaf());
}

TEST_CASE("eye_ and dirac_ are identities") {
  CHECK(init::eye_(empty({2, 3})).equal(eye(2, 3)));
  CHECK(message_of<ValueError>([] { init::eye_(empty({3})); }) == "[eye_] needs a matrix; got [3]");
  const Tensor kernel = init::dirac_(empty({3, 2, 3, 5}));
  CHECK(kernel.sum().item<float>() == 2);
  CHECK(kernel[1][1][1][2].item<float>() == 1);
  CHECK(message_of<ValueError>([] {
          init::dirac_(empty({3, 2}));
        }) == "[dirac_] needs 3, 4 or 5 dimensions; got [3, 2]");
}

TEST_CASE("fans count inputs and outputs of a unit") {
  CHECK(init::_calculate_fan_in_and_fan_out(empty({4, 3})) == std::tuple{3, 4});
  CHECK(init::_calculate_fan_in_and_fan_out(empty({4, 3, 5, 2})) == std::tuple{30, 40});
  CHECK(message_of<ValueError>([] { init::_calculate_fan_in_and_fan_out(empty({3})); }) ==
        "[init] fan in and fan out need at least 2 dimensions; got [3]");
}

// 40,000 numbers: the standard error of the mean is std / 200, that of std about std / 283.
TEST_CASE("random initialisations have the promised mean, spread and bounds") {
  manual_seed(11);
  const auto weight = [] { return empty({200, 50, 2, 2}); };
  const double fan_in = 200;
  const double fan_out = 800;
  const auto check = [](const Tensor& x, double std, bool uniform) {
    CHECK(mean_of(x) == Approx(0).margin(4 * std / 200));
    CHECK(std_of(x) == Approx(std).epsilon(4.0 / 283));
    const double bound = uniform ? std::sqrt(3.0) * std : 6 * std;
    CHECK(largest(x) <= bound * (1 + 1e-6));
    if (uniform) CHECK(largest(x) > 0.99 * bound);
  };
  check(init::uniform_(weight(), -2, 2), 2 / std::sqrt(3.0), true);
  check(init::normal_(weight(), 0, 3), 3, false);
  check(init::xavier_uniform_(weight(), 2), 2 * std::sqrt(2 / (fan_in + fan_out)), true);
  check(init::xavier_normal_(weight()), std::sqrt(2 / (fan_in + fan_out)), false);
  check(init::kaiming_uniform_(weight()), std::sqrt(2 / fan_in), true);
  check(init::kaiming_uniform_(weight(), std::sqrt(5.0)), std::sqrt(1 / (3 * fan_in)), true);
  check(init::kaiming_normal_(weight(), 0, kFanOut, kReLU), std::sqrt(2 / fan_out), false);
  check(init::kaiming_normal_(weight(), 0, kFanIn, kTanh), 5.0 / 3 / std::sqrt(fan_in), false);
}

TEST_CASE("initialisation follows the seed") {
  manual_seed(3);
  const Tensor a = init::kaiming_uniform_(empty({5, 5}));
  manual_seed(3);
  CHECK(init::kaiming_uniform_(empty({5, 5})).equal(a));
}
