// Second names of functions do what the first ones do.
#include <sinter/ops/ops.h>

#include <catch2/catch.hpp>

using namespace sinter;

TEST_CASE("functions answer to libtorch's second names") {
  const Tensor a = tensor({{1.0, -2.0}, {0.5, 4.0}});
  const Tensor b = tensor({{1.0, 3.0}, {2.0, -1.0}});
  CHECK(subtract(a, b).equal(a - b));
  CHECK(subtract(a, 1).equal(a - 1));
  CHECK(multiply(a, b).equal(a * b));
  CHECK(divide(a, 2).equal(a / 2));
  CHECK(true_divide(a, b).equal(a / b));
  CHECK(not_equal(a, b).equal(a != b));
  CHECK(less(a, b).equal(a < b));
  CHECK(less_equal(a, 0.5).equal(a <= 0.5));
  CHECK(greater(a, b).equal(a > b));
  CHECK(greater_equal(a, b).equal(a >= b));
  CHECK(absolute(a).equal(a.abs()));
  CHECK(arcsin(b / 4).equal(asin(b / 4)));
  CHECK(arccos(b / 4).equal(acos(b / 4)));
  CHECK(arctan(b).equal(atan(b)));
  CHECK(clip(a, nullopt, 1).equal(a.clamp_max(1)));
  CHECK(broadcast_to(a[0], {3, 2}).sizes() == IntArrayRef({3, 2}));
  CHECK(swapaxes(a, 0, 1).equal(a.t()));
  const Tensor target = tensor({1, 0});
  CHECK(cross_entropy_loss(a, target).equal(cross_entropy(a, target)));
  CHECK(mse_loss(a, b, Reduction::Sum).equal(mse_loss(a, b, Reduction::sum)));
}

TEST_CASE("norms take libtorch's last argument") {
  const Tensor x = tensor({{1.0, -2.0, 4.0}, {0.5, 4.0, 1.0}});
  CHECK(batch_norm(x, {}, {}, {}, {}, true, 0.1, 1e-5, false)
            .equal(batch_norm(x, {}, {}, {}, {}, true)));
  CHECK(instance_norm(x.unsqueeze(0), {}, {}, {}, {}, true, 0.1, 1e-5, true)
            .equal(instance_norm(x.unsqueeze(0))));
}

TEST_CASE("bounds on one side are set in place") {
  Tensor x = tensor({-1.0, 0.5, 2.0});
  CHECK(x.clamp_min_(0).equal(tensor({0.0, 0.5, 2.0})));
  CHECK(x.clamp_max_(1).equal(tensor({0.0, 0.5, 1.0})));
  CHECK(x.random_(3).ge(0).all().item<bool>());
  CHECK(x.lt(3).all().item<bool>());
}
