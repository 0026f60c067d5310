// Losses made of other ops, against numbers from PyTorch.
#include <sinter/ops/loss.h>

#include <catch2/catch.hpp>
#include <cmath>

#include "samples/line_reference.h"

namespace sinter::testing {
namespace {

const double kLogits[] = {0.5, -1.25, 2.0, 1.5, 0.25, -0.75, -2.0, 0.0, 1.0, 0.1, 0.2, 0.3};

Tensor logits() { return doubles({4, 3}, Line(std::begin(kLogits), std::end(kLogits))); }
Tensor classes() { return integers({4}, {2, 0, -100, 1}); }
Tensor class_weight() { return doubles({3}, {0.5, 2, 1.25}); }
Tensor probabilities() {
  return doubles({4, 3}, {0.2, 0.3, 0.5, 1, 0, 0, 0.1, 0.8, 0.1, 0.3, 0.3, 0.4});
}
Tensor predictions() { return doubles({4}, {0.5, -1.5, 3, 0}); }
Tensor targets() { return doubles({4}, {0.25, 0.5, 0, 0.75}); }

void check(const Tensor& got, const Line& want) {
  const Line values = to_doubles(got);
  REQUIRE(values.size() == want.size());
  for (std::size_t i = 0; i < want.size(); ++i) {
    INFO("element " << i);
    CHECK(values[i] == Approx(want[i]).epsilon(1e-10));
  }
}
template <class F>
void check_message(F&& run, const std::string& message) {
  try {
    run();
    FAIL_CHECK("nothing was thrown");
  } catch (const Error& error) {
    CHECK_THAT(error.what(), Catch::Contains(message));
  }
}

}  // namespace

TEST_CASE("cross_entropy of classes agrees with PyTorch") {
  const Tensor x = logits();
  const Tensor t = classes();
  const Tensor w = class_weight();
  const Tensor none;
  check(cross_entropy(x, t), {0.555079146913});
  check(cross_entropy(x, t, w), {0.709333194677});
  check(cross_entropy(x, t, none, Reduction::sum), {1.66523744074});
  check(cross_entropy(x, t, w, Reduction::sum), {2.65999948004});
  check(cross_entropy(x, t, none, Reduction::none),
        {0.232621983102, 0.330672609407, 0, 1.10194284823});
  check(cross_entropy(x, t, w, Reduction::none),
        {0.290777478878, 0.165336304704, 0, 2.20388569646});
  check(cross_entropy(doubles({3}, {0.5, -1.25, 2.0}), integers({}, {1})), {3.4826219831});
  check(cross_entropy(x.reshape({2, 3, 2}), integers({2, 2}, {0, 1, 2, -100}), none,
                      Reduction::mean, -100, 0.1),
        {1.12240972192});
}

TEST_CASE("cross_entropy smooths labels as PyTorch does") {
  const Tensor x = logits();
  const Tensor t = classes();
  const Tensor w = class_weight();
  const Tensor none;
  check(cross_entropy(x, t, none, Reduction::mean, -100, 0.2), {0.738412480246});
  check(cross_entropy(x, t, w, Reduction::mean, -100, 0.2), {0.900482385124});
  check(cross_entropy(x, t, none, Reduction::sum, -100, 0.2), {2.21523744074});
  check(cross_entropy(x, t, w, Reduction::sum, -100, 0.2), {3.37680894422});
  check(cross_entropy(x, t, none, Reduction::none, -100, 0.2),
        {0.549288649769, 0.564005942741, 0, 1.10194284823});
  check(cross_entropy(x, t, w, Reduction::none, -100, 0.2),
        {0.774110812211, 0.569103862781, 0, 2.03359426922});
}

TEST_CASE("cross_entropy of probabilities agrees with PyTorch") {
  const Tensor x = logits();
  const Tensor p = probabilities();
  const Tensor w = class_weight();
  const Tensor none;
  check(cross_entropy(x, p), {1.09481241438});
  check(cross_entropy(x, p, none, Reduction::sum), {4.37924965751});
  check(cross_entropy(x, p, none, Reduction::none),
        {1.5076219831, 0.330672609407, 1.44901221677, 1.09194284823});
  check(cross_entropy(x, p, w, Reduction::mean, -100, 0.1), {1.61040874587});
  check(cross_entropy(x, p, w, Reduction::sum, -100, 0.1), {6.44163498348});
  check(cross_entropy(x, p, w, Reduction::none, -100, 0.1),
        {2.4381461294, 0.367220083742, 2.29284021005, 1.34342856029});
}

TEST_CASE("cross_entropy says what is wrong") {
  const Tensor x = logits();
  check_message([&] { cross_entropy(doubles({}, {1}), integers({}, {0})); },
                "[cross_entropy] the input must be [C] or [N, C, ...]; got a 0-d tensor");
  check_message([&] { cross_entropy(x, classes(), {}, Reduction::mean, -100, 1.5); },
                "[cross_entropy] label_smoothing must lie in [0, 1]; got 1.5");
  check_message(
      [&] { cross_entropy(x, targets()); },
      "[cross_entropy] probabilities must have the shape of the input; got [4] for [4, 3]");
  check_message([&] { cross_entropy(x, probabilities(), {}, Reduction::mean, 0); },
                "[cross_entropy] ignore_index is for class targets; got 0");
  check_message([&] { cross_entropy(x, probabilities(), targets()); },
                "[cross_entropy] weight must have one element per class; got [4] for 3 classes");
  check_message([&] { cross_entropy(x, Tensor()); },
                "[cross_entropy] is called with an undefined tensor");
  CHECK_THROWS_AS(cross_entropy(x, integers({4}, {0, 1, 2, 3})), IndexError);
}

TEST_CASE("losses of differences agree with PyTorch") {
  const Tensor a = predictions();
  const Tensor b = targets();
  check(mse_loss(a, b), {3.40625});
  check(l1_loss(a, b), {1.5});
  check(l1_loss(a, b, Reduction::sum), {6});
  check(smooth_l1_loss(a, b, Reduction::mean, 0.5), {1.265625});
  check(smooth_l1_loss(a, b, Reduction::none, 2), {0.015625, 1, 2, 0.140625});
  check(smooth_l1_loss(a, b, Reduction::mean, 0), {1.5});
  check(huber_loss(a, b, Reduction::mean, 1.5), {1.390625});
  check_message([&] { smooth_l1_loss(a, b, Reduction::mean, -1); },
                "[smooth_l1_loss] beta must not be negative; got -1");
  check_message([&] { huber_loss(a, b, Reduction::mean, 0); },
                "[huber_loss] delta must be positive; got 0");
}

TEST_CASE("losses of probabilities agree with PyTorch") {
  const Tensor a = predictions();
  const Tensor b = targets();
  check(binary_cross_entropy_with_logits(a, b), {1.38555619857});
  check(binary_cross_entropy_with_logits(a, b, b.add(1), doubles({4}, {1, 2, 3, 0.5}),
                                         Reduction::none),
        {1.06134623023, 2.70317987546, 3.04858735157, 0.758129728737});
  check(binary_cross_entropy_with_logits(doubles({4}, {100, -100, 800, -800}),
                                         doubles({4}, {0, 1, 1, 0}), {}, {}, Reduction::none),
        {100, 100, 0, 0});
  check(binary_cross_entropy(doubles({3}, {0.25, 0.5, 0.9}), doubles({3}, {1, 0, 1}),
                             doubles({3}, {1, 2, 3})),
        {1.0295567564});
  check(soft_margin_loss(a, doubles({4}, {1, -1, 1, -1})), {0.354306198574});
  check_message([&] { binary_cross_entropy_with_logits(a, doubles({1}, {1})); },
                "[binary_cross_entropy_with_logits] the target must have the shape of the input; "
                "got [1] for [4]");
}

TEST_CASE("kl_div agrees with PyTorch, and a target of 0 counts nothing") {
  const Tensor log_p = logits().log_softmax(1);
  check(kl_div(log_p, probabilities()), {0.135138734037});
  check(kl_div(log_p, probabilities(), Reduction::sum), {1.62166480845});
  check(kl_div(log_p, logits().flip(1).log_softmax(1), Reduction::sum, true), {4.39367085373});
}

TEST_CASE("the gradient of cross_entropy is softmax minus the target") {
  Tensor x = logits();
  x.set_requires_grad(true);
  cross_entropy(x, integers({4}, {2, 0, 1, 1}), {}, Reduction::sum).backward();
  Line want = to_doubles(x.detach().softmax(1));
  for (const std::size_t k : {2U, 3U, 7U, 10U}) want[k] -= 1;
  check(x.grad(), want);
}

}  // namespace sinter::testing
