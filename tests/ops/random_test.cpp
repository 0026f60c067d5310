#include <sinter/sinter.h>

#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cmath>
#include <map>
#include <numbers>
#include <vector>

#include "arrays.h"
#include "op_suite.h"

namespace sinter::testing {
namespace {

// The words that the documentation says element i reads.
std::uint32_t word(PhiloxState at, std::uint64_t i) {
  const std::uint64_t block = at.offset + i / 4;
  const auto low = [](std::uint64_t x) { return static_cast<std::uint32_t>(x); };
  return philox4x32({low(block), low(block >> 32), 0, 0},
                    {low(at.seed), low(at.seed >> 32)})[i % 4];
}
std::uint64_t wide(PhiloxState at, std::uint64_t i) {
  return word(at, 2 * i) | std::uint64_t{word(at, 2 * i + 1)} << 32;
}

// Kolmogorov and Smirnov's statistic of a sample against a distribution function, times sqrt(n):
// above 1.63 for one sample in a hundred that follows it, above 1.95 for one in a thousand.
template <class F>
double kolmogorov(std::vector<double> sample, F cdf) {
  std::sort(sample.begin(), sample.end());
  const auto n = static_cast<double>(sample.size());
  double largest = 0;
  for (std::size_t i = 0; i < sample.size(); ++i) {
    const double p = cdf(sample[i]);
    largest =
        std::max({largest, p - static_cast<double>(i) / n, static_cast<double>(i + 1) / n - p});
  }
  return largest * std::sqrt(n);
}

double mean_of(const std::vector<double>& x) {
  double sum = 0;
  for (const double v : x) sum += v;
  return sum / static_cast<double>(x.size());
}

// Pearson's statistic of counts that should be equal.
double chi_square(const std::vector<double>& counts) {
  const double expected = mean_of(counts);
  double sum = 0;
  for (const double count : counts) sum += (count - expected) * (count - expected) / expected;
  return sum;
}

}  // namespace

TEST_CASE("each element reads the words that the documentation says") {
  // Starting so that the counter's lower half wraps around within the fill.
  const PhiloxState state{0x123456789abcdefULL, 0xffffffffULL - 300};
  Generator generator(0);
  const auto fresh = [&]() -> Generator& {
    generator.set_state(state);
    return generator;
  };
  constexpr std::int64_t n = 5003;
  const auto f32 = to_doubles(rand({n}, fresh()));
  const auto f64 = to_doubles(rand({n}, fresh(), kFloat64));
  const auto ints = to_doubles(randint(0, 1000, {n}, fresh()));
  const auto coins = to_doubles(zeros({n}, kInt8).bernoulli_(0.25, fresh()));
  const auto normals = to_doubles(randn({n}, fresh(), kFloat64));
  const auto waits = to_doubles(zeros({n}, kFloat64).exponential_(2, fresh()));
  std::size_t wrong = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(n); ++i) {
    wrong += f32[i] == (word(state, i) >> 8) * 0x1p-24 ? 0 : 1;
    wrong += f64[i] == static_cast<double>(wide(state, i) >> 11) * 0x1p-53 ? 0 : 1;
    const auto draw = static_cast<unsigned __int128>(wide(state, i)) * 1000;
    wrong += ints[i] == static_cast<double>(static_cast<std::uint64_t>(draw >> 64)) ? 0 : 1;
    wrong += coins[i] == (word(state, i) < 0x40000000U ? 1 : 0) ? 0 : 1;
    const auto unit = [&](std::size_t k) {
      return (static_cast<double>(wide(state, k) >> 11) + 1) * 0x1p-53;
    };
    const double radius = std::sqrt(-2 * std::log(unit(i / 2 * 2)));
    const double angle = 2 * std::numbers::pi * unit(i / 2 * 2 + 1);
    const double z = radius * (i % 2 == 0 ? std::cos(angle) : std::sin(angle));
    wrong += std::abs(normals[i] - z) < 1e-10 ? 0 : 1;
    wrong += std::abs(waits[i] + std::log(unit(i)) / 2) < 1e-12 ? 0 : 1;
  }
  CHECK(wrong == 0);
}

TEST_CASE("draws take their piece of the stream and no more") {
  Generator& generator = manual_seed(5);
  const auto offset = [&] { return generator.get_state().offset; };
  rand({7});
  CHECK(offset() == 2);
  randn({3}, kFloat64);
  CHECK(offset() == 4);
  randint(10, {5});
  CHECK(offset() == 7);
  dropout(zeros({4, 4}), 0.5);
  CHECK(offset() == 11);
  rand({0});
  CHECK(offset() == 11);
  randperm(2);
  CHECK(offset() == 12);
}

TEST_CASE("a seed repeats a sequence, and copies of a generator share it") {
  manual_seed(11);
  const Tensor first = randn({10});
  const Tensor second = randn({10});
  manual_seed(11);
  CHECK(to_bytes(randn({10})) == to_bytes(first));
  CHECK(to_bytes(randn({10})) == to_bytes(second));
  CHECK_FALSE(to_bytes(first) == to_bytes(second));
  Generator own(11);
  const Generator shared = own;
  CHECK(to_bytes(randn({10}, own)) == to_bytes(first));
  CHECK(to_bytes(randn({10}, shared)) == to_bytes(second));
}

TEST_CASE("uniform numbers are uniform") {
  manual_seed(1);
  for (const DType dtype : {kFloat32, kFloat64}) {
    const auto x = to_doubles(zeros({100000}, dtype).uniform_(-3, 5));
    CHECK(kolmogorov(x, [](double v) { return (v + 3) / 8; }) < 1.63);
    CHECK(*std::min_element(x.begin(), x.end()) >= -3);
    CHECK(*std::max_element(x.begin(), x.end()) < 5);
  }
}

TEST_CASE("the upper end of a uniform range is never met, even by rounding") {
  manual_seed(2);
  for (const DType dtype : floating_dtypes()) {
    INFO(name(dtype));
    const auto unit = to_doubles(rand({100000}, dtype));
    CHECK(*std::max_element(unit.begin(), unit.end()) < 1);
    const auto below = to_doubles(zeros({20000}, dtype).uniform_(-1, 0));
    CHECK(*std::max_element(below.begin(), below.end()) < 0);
    const auto narrow = to_doubles(zeros({20000}, dtype).uniform_(1000, 1008));
    CHECK(*std::max_element(narrow.begin(), narrow.end()) < 1008);
    CHECK(*std::min_element(narrow.begin(), narrow.end()) >= 1000);
    CHECK(to_doubles(zeros({2}, dtype).uniform_(3, 3)) == std::vector<double>{3, 3});
  }
}

TEST_CASE("normal numbers are normal") {
  manual_seed(3);
  const auto cdf = [](double v) { return std::erfc(-(v - 2) / 3 / std::sqrt(2.0)) / 2; };
  for (const DType dtype : {kFloat32, kFloat64}) {
    const auto x = to_doubles(normal(2, 3, {100000}, std::nullopt, dtype));
    CHECK(kolmogorov(x, cdf) < 1.63);
  }
  const auto x = to_doubles(randn({1000000}));
  std::vector<double> squares;
  std::vector<double> fourth;
  std::vector<double> neighbours;
  for (std::size_t i = 0; i + 1 < x.size(); ++i) {
    squares.push_back(x[i] * x[i]);
    fourth.push_back(squares.back() * squares.back());
    neighbours.push_back(x[i] * x[i + 1]);
  }
  CHECK(std::abs(mean_of(x)) < 0.004);
  CHECK(std::abs(mean_of(squares) - 1) < 0.006);
  CHECK(std::abs(mean_of(fourth) - 3) < 0.04);
  CHECK(std::abs(mean_of(neighbours)) < 0.004);
  CHECK(*std::max_element(x.begin(), x.end()) > 4);
}

TEST_CASE("exponential numbers are exponential") {
  manual_seed(4);
  const auto x = to_doubles(zeros({100000}).exponential_(1.5));
  CHECK(kolmogorov(x, [](double v) { return 1 - std::exp(-1.5 * v); }) < 1.63);
  CHECK(*std::min_element(x.begin(), x.end()) >= 0);
}

TEST_CASE("integers are uniform over their range") {
  manual_seed(5);
  const auto x = to_doubles(randint(-3, 97, {100000}));
  std::vector<double> counts(100);
  for (const double v : x) ++counts[static_cast<std::size_t>(v + 3)];
  CHECK(chi_square(counts) < 148);  // 99 degrees of freedom: one in a thousand
}

TEST_CASE("coins fall as often as they should") {
  manual_seed(6);
  CHECK(std::abs(mean_of(to_doubles(zeros({100000}).bernoulli_(0.3))) - 0.3) < 0.005);
  CHECK(std::abs(mean_of(to_doubles(full({100000}, 0.7).bernoulli())) - 0.7) < 0.005);
  CHECK(mean_of(to_doubles(ones({1000}).bernoulli())) == 1);
  CHECK(mean_of(to_doubles(zeros({1000}).bernoulli())) == 0);
  CHECK(mean_of(to_doubles(zeros({1000}).bernoulli_(1))) == 1);
  CHECK(mean_of(to_doubles(zeros({1000}).bernoulli_(0))) == 0);
}

TEST_CASE("randperm gives each permutation as often as the others") {
  manual_seed(7);
  std::map<std::vector<double>, double> seen;
  for (int i = 0; i < 24000; ++i) ++seen[to_doubles(randperm(4))];
  std::vector<double> counts;
  for (const auto& [order, count] : seen) counts.push_back(count);
  CHECK(counts.size() == 24);
  CHECK(chi_square(counts) < 49.7);  // 23 degrees of freedom: one in a thousand
  auto large = to_doubles(randperm(100000));
  CHECK_FALSE(std::is_sorted(large.begin(), large.end()));
  std::sort(large.begin(), large.end());
  bool complete = true;
  for (std::size_t i = 0; i < large.size(); ++i) complete = complete && large[i] == double(i);
  CHECK(complete);
}

TEST_CASE("dropout keeps the mean, and its gradient uses the same choice") {
  manual_seed(8);
  const Tensor x = ones({200, 500}).requires_grad_();
  const Tensor y = dropout(x, 0.2);
  const auto kept = to_doubles(y);
  CHECK(std::abs(mean_of(kept) - 1) < 0.005);
  CHECK(std::all_of(kept.begin(), kept.end(), [](double v) { return v == 0 || v == 1.25; }));
  y.sum().backward();
  CHECK(to_doubles(x.grad()) == kept);
}

TEST_CASE("dropout does nothing in evaluation, and drops all at p = 1, infinities too") {
  const Tensor x = tensor({1.0, INFINITY, NAN});
  const std::uint64_t before = default_generator().get_state().offset;
  CHECK(dropout(x, 0.5, false).is_same(x));
  CHECK(dropout(x, 0, true).is_same(x));
  CHECK(default_generator().get_state().offset == before);
  CHECK(to_doubles(dropout(x, 1)) == std::vector<double>{0, 0, 0});
  Tensor y = ones({100});
  manual_seed(9);
  const Tensor want = dropout(y, 0.5);
  manual_seed(9);
  CHECK(to_bytes(dropout_(y, 0.5)) == to_bytes(want));
}

TEST_CASE("feature dropout drops whole channels") {
  manual_seed(10);
  const auto x = to_doubles(feature_dropout(ones({40, 50, 2, 3}), 0.5));
  std::size_t dropped = 0;
  for (std::size_t c = 0; c < x.size(); c += 6) {
    CHECK(std::all_of(x.begin() + static_cast<std::ptrdiff_t>(c),
                      x.begin() + static_cast<std::ptrdiff_t>(c) + 6,
                      [&](double v) { return v == x[c]; }));
    dropped += x[c] == 0 ? 1 : 0;
  }
  CHECK(std::abs(static_cast<double>(dropped) / 2000 - 0.5) < 0.05);
}

TEST_CASE("a random fill gives each layout the same element at the same index") {
  manual_seed(12);
  const Tensor want = randn({2, 3, 4, 5});
  manual_seed(12);
  CHECK(to_doubles(zeros({2, 3, 4, 5}).to(MemoryFormat::channels_last).normal_()) ==
        to_doubles(want));
  manual_seed(12);
  Tensor part = zeros({2, 3, 4, 10}).slice(3, 0, 10, 2);
  CHECK(to_doubles(part.normal_()) == to_doubles(want));
}

}  // namespace sinter::testing
