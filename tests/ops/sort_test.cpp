// Sorting: equal elements, long lines, gradients.
#include <sinter/ops/sort.h>

#include <algorithm>
#include <catch2/catch.hpp>

#include "samples/line_reference.h"

namespace sinter::testing {

TEST_CASE("a sort keeps the order of equal elements, in both directions") {
  const Tensor x = doubles({6}, {2, 1, 2, 1, 2, 1});
  CHECK(to_doubles(argsort(x)) == Line{1, 3, 5, 0, 2, 4});
  CHECK(to_doubles(argsort(x, -1, true)) == Line{0, 2, 4, 1, 3, 5});
  CHECK(to_doubles(std::get<1>(sort(x, true, 0, true))) == Line{0, 2, 4, 1, 3, 5});
  CHECK(to_doubles(std::get<1>(topk(x, 2))) == Line{0, 2});
}

TEST_CASE("a million elements are sorted like std::stable_sort does") {
  const std::int64_t n = 1 << 20;
  const Tensor x = empty_tensor("test", {n}, kFloat32);
  float* at = x.data_ptr<float>();
  for (std::int64_t i = 0; i < n; ++i) {
    at[i] = static_cast<float>((i * 7919) % 65537) - 30000.0F;
  }
  std::vector<float> want(at, at + n);
  std::stable_sort(want.begin(), want.end());
  const auto [values, indices] = sort(x);
  CHECK(std::equal(want.begin(), want.end(), values.data_ptr<float>()));
  const auto* places = indices.data_ptr<std::int64_t>();
  bool right = true;
  for (std::int64_t i = 0; i < n; ++i) {
    right = right && at[places[i]] == want[static_cast<std::size_t>(i)];
    const bool tied =
        i > 0 && want[static_cast<std::size_t>(i)] == want[static_cast<std::size_t>(i - 1)];
    right = right && (!tied || places[i - 1] < places[i]);
  }
  CHECK(right);
}

TEST_CASE("the gradient of a sort goes back to where the elements stood") {
  Tensor x = doubles({3}, {3, 1, 2});
  x.set_requires_grad(true);
  std::get<0>(sort(x)).mul(doubles({3}, {10, 20, 30})).sum().backward();
  CHECK(to_doubles(x.grad()) == Line{30, 10, 20});
}

}  // namespace sinter::testing
