// What the op suite does not see of reductions: result types, accuracy, overloads, compositions.
#include <sinter/ops/reduce.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <limits>

#include "samples/line_reference.h"

namespace sinter::testing {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

template <class F>
std::string message_of(F&& run) {
  try {
    run();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

}  // namespace

TEST_CASE("sums of integers and bools are i64, of floats their own type") {
  CHECK(sum(integers({2}, {1, 2}).to(kInt8)).dtype() == kInt64);
  CHECK(sum(booleans({3}, {true, true, false})).item<std::int64_t>() == 2);
  CHECK(sum(doubles({2}, {1, 2}).to(kFloat16)).dtype() == kFloat16);
  CHECK(sum(integers({2}, {1, 2}), kFloat32).dtype() == kFloat32);
  CHECK(sum(doubles({2}, {1.7, 2.7}), kInt64).item<std::int64_t>() == 3);
  CHECK(sum(integers({2}, {200, 100}), kInt8).item<std::int64_t>() == 44);
  CHECK(prod(booleans({2}, {true, true})).dtype() == kInt64);
  CHECK(mean(integers({2}, {1, 2}), kFloat64).item<double>() == 1.5);
  CHECK(cumsum(integers({2}, {1, 2}).to(kInt16), 0).dtype() == kInt64);
  CHECK(amax(integers({2}, {1, 2}).to(kInt16)).dtype() == kInt16);
}

TEST_CASE("integer overflow wraps around") {
  const std::int64_t top = std::numeric_limits<std::int64_t>::max();
  const std::int64_t least = std::numeric_limits<std::int64_t>::min();
  CHECK(sum(integers({2}, {top, 1})).item<std::int64_t>() == least);
  CHECK(prod(integers({2}, {top, 2})).item<std::int64_t>() == -2);
  CHECK(cumsum(integers({2}, {top, 1}), 0)[1].item<std::int64_t>() == least);
}

TEST_CASE("the error of a sum of floats does not grow with their number") {
  const std::int64_t n = 3'000'000;
  const Tensor x = empty_tensor("test", {n}, kFloat32);
  double exact = 0;
  for (std::int64_t i = 0; i < n; ++i) {
    x.data_ptr<float>()[i] = 0.1F + static_cast<float>(i % 13);
    exact += static_cast<double>(x.data_ptr<float>()[i]);
  }
  CHECK(sum(x).item<float>() == Approx(exact).epsilon(5e-7));
  CHECK(mean(x).item<float>() == Approx(exact / static_cast<double>(n)).epsilon(5e-7));
  CHECK(sum(x.reshape({3000, 1000}), 0).sum().item<float>() == Approx(exact).epsilon(5e-7));
}

TEST_CASE("the variance of numbers far from zero is exact to rounding") {
  const Tensor x = empty_tensor("test", {1000}, kFloat32);
  for (std::int64_t i = 0; i < 1000; ++i) {
    x.data_ptr<float>()[i] = 1e4F + static_cast<float>(i % 2) * 0.0078125F;
  }
  CHECK(var(x, false).item<float>() == Approx(0.0078125 * 0.0078125 / 4).epsilon(1e-5));
}

TEST_CASE("norms neither overflow nor vanish in between") {
  CHECK(norm(doubles({2}, {3e30, 4e30}).to(kFloat32)).item<float>() == Approx(5e30).epsilon(1e-6));
  CHECK(norm(doubles({2}, {3e-30, 4e-30}).to(kFloat32)).item<float>() ==
        Approx(5e-30).epsilon(1e-6));
}

TEST_CASE("only a bool is taken for unbiased: in var(x, 0) the 0 is a dimension") {
  const Tensor x = doubles({2, 2}, {1, 2, 3, 6});
  CHECK(to_doubles(x.var(0)) == Line{2, 8});
  CHECK(to_doubles(x.var({0})) == Line{2, 8});
  CHECK(to_doubles(var(x, 1, false)) == Line{0.25, 2.25});
  CHECK(x.var(false).item<double>() == 3.5);
  CHECK(x.var().item<double>() == Approx(14.0 / 3));
  CHECK(x.std(false).item<double>() == Approx(std::sqrt(3.5)));
  CHECK(to_doubles(x.std({1}, true, true)) == Line{std::sqrt(0.5), std::sqrt(4.5)});
  const auto [variance, average] = var_mean(x, {0});
  CHECK(to_doubles(variance) == Line{2, 8});
  CHECK(to_doubles(average) == Line{2, 4});
  CHECK(to_doubles(std::get<0>(std_mean(x, {0}))) == Line{std::sqrt(2), std::sqrt(8)});
}

TEST_CASE("a gradient of std where it is 0 is 0") {
  Tensor x = doubles({3}, {2, 2, 2});
  x.set_requires_grad(true);
  sinter::std(x).backward();
  CHECK(to_doubles(x.grad()) == Line{0, 0, 0});
}

TEST_CASE("equal extremes share the gradient of max, the first takes that of max along a dim") {
  Tensor x = doubles({2, 2}, {3, 1, 3, 2});
  x.set_requires_grad(true);
  max(x).backward();
  CHECK(to_doubles(x.grad()) == Line{0.5, 0, 0.5, 0});
  x.mutable_grad().reset();
  std::get<0>(max(x, 0)).sum().backward();
  CHECK(to_doubles(x.grad()) == Line{1, 0, 0, 1});
}

TEST_CASE("max of two tensors is their elementwise maximum") {
  const Tensor a = doubles({2}, {1, 5});
  CHECK(to_doubles(max(a, doubles({}, {3}))) == Line{3, 5});
  CHECK(to_doubles(min(a, doubles({}, {3}))) == Line{1, 3});
}

TEST_CASE("NaN is the most extreme element") {
  const Tensor x = doubles({3}, {1, kNan, kInf});
  CHECK(std::isnan(max(x).item<double>()));
  CHECK(std::isnan(min(x).item<double>()));
  CHECK(argmax(x).item<std::int64_t>() == 1);
  CHECK(argmin(x).item<std::int64_t>() == 1);
  CHECK(std::isnan(sum(x).item<double>()));
}

TEST_CASE("reductions of nothing give the identity, or say that there is none") {
  const Tensor none = doubles({0}, {});
  CHECK(sum(none).item<double>() == 0);
  CHECK(prod(none).item<double>() == 1);
  CHECK(std::isnan(mean(none).item<double>()));
  CHECK(std::isnan(var(none).item<double>()));
  CHECK(logsumexp(none, {}).item<double>() == -kInf);
  CHECK_FALSE(any(none).item<bool>());
  CHECK(all(none).item<bool>());
  CHECK_THAT(message_of([&] { max(none); }),
             Catch::Contains("[amax] needs at least one element to reduce"));
  CHECK_THAT(message_of([&] { argmax(none); }),
             Catch::Contains("[argmax] has no elements to choose from"));
}

TEST_CASE("sum_to_size undoes broadcasting") {
  const Tensor x = distinct({2, 3, 4});
  CHECK(sum_to_size(x, {2, 3, 4}).is_same(x));
  CHECK(to_doubles(sum_to_size(x, {3, 1})) ==
        to_doubles(reduced(x, {0, 2}, false, [](const Line& v) {
          double total = 0;
          for (const double e : v) total += e;
          return total;
        })));
  CHECK(sum_to_size(x, {}).sizes().vec().empty());
  CHECK(sum_to_size(x, {1, 3, 4}).sizes().vec() == std::vector<std::int64_t>{1, 3, 4});
}

TEST_CASE("logsumexp takes integers in the default dtype") {
  CHECK(logsumexp(integers({2}, {0, 0}), {0}).dtype() == kFloat32);
  CHECK(logsumexp(integers({2}, {0, 0}), {0}).item<float>() == Approx(std::log(2.0)));
}

TEST_CASE("equal compares shapes and elements") {
  const Tensor x = doubles({2}, {1, 2});
  CHECK(x.equal(doubles({2}, {1, 2})));
  CHECK_FALSE(x.equal(doubles({2}, {1, 3})));
  CHECK_FALSE(x.equal(doubles({1, 2}, {1, 2})));
  CHECK_FALSE(equal(doubles({1}, {kNan}), doubles({1}, {kNan})));
  CHECK(equal(doubles({0}, {}), doubles({0}, {})));
}

TEST_CASE("isclose and allclose know tolerances, infinities and NaN") {
  const Tensor a = doubles({4}, {1, kInf, kNan, 100});
  const Tensor b = doubles({4}, {1 + 1e-6, kInf, kNan, 101});
  CHECK(to_doubles(isclose(a, b)) == Line{1, 1, 0, 0});
  CHECK(to_doubles(isclose(a, b, 1e-5, 1e-8, true)) == Line{1, 1, 1, 0});
  CHECK(to_doubles(isclose(a, b, 0.1, 0)) == Line{1, 1, 0, 1});
  CHECK(to_doubles(isclose(a, b, 0, 0)) == Line{0, 1, 0, 0});
  CHECK(to_doubles(isclose(integers({2}, {100, 5}), integers({2}, {101, 5}), 0.01, 0)) ==
        Line{1, 1});
  CHECK(a.allclose(b, 0.1, 0, true));
  CHECK_FALSE(a.allclose(b));
  CHECK_FALSE(allclose(doubles({1}, {-kInf}), doubles({1}, {kInf})));
  CHECK(message_of([&] { isclose(a, b.to(kFloat32)); }) ==
        "[isclose] the tensors must have one dtype; got f64 and f32");
  CHECK_THAT(message_of([&] { isclose(a, b, -1, 0); }),
             Catch::Contains("[isclose] tolerances must not be negative; got rtol -1"));
}

TEST_CASE("a restored attribute that floats cannot be summed in is refused") {
  CHECK(sum(doubles({2}, {1.5, 2.5}), kInt32).dtype() == kInt32);
  CHECK(cumsum(doubles({2}, {1.5, 2.5}), 0, kInt32)[1].item<std::int64_t>() == 3);
}

}  // namespace sinter::testing
