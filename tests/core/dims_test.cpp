#include <sinter/core/dims.h>

#include <catch2/catch.hpp>
#include <limits>

#include "error_message.h"

using namespace sinter;
using test::message_of;

namespace {
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
}  // namespace

TEST_CASE("dims grow, shrink and compare like a vector") {
  Dims dims{2, 3};
  dims.push_back(5);
  dims.insert(0, 7);
  CHECK(dims == Dims{7, 2, 3, 5});
  dims.erase(1);
  CHECK(dims == Dims{7, 3, 5});
  CHECK(dims.back() == 5);
  CHECK(IntArrayRef(dims).slice(1, 2).vec() == std::vector<std::int64_t>{3, 5});
  CHECK_FALSE(dims == Dims{7, 3});
  CHECK(Dims(3, 9) == Dims{9, 9, 9});
}

TEST_CASE("a seventeenth dimension is refused") {
  Dims dims(16, 1);
  CHECK(message_of<ValueError>([&] { dims.push_back(1); }) ==
        "[dims] a tensor has at most 16 dimensions; got 17");
  CHECK(message_of<ValueError>([&] { dims.insert(3, 1); }) ==
        "[dims] a tensor has at most 16 dimensions; got 17");
  CHECK(dims.size() == 16);
}

TEST_CASE("the number of elements is computed without overflow") {
  CHECK(checked_numel("zeros", {}) == 1);
  CHECK(checked_numel("zeros", {2, 3, 4}) == 24);
  CHECK(checked_numel("zeros", {kMax, 0}) == 0);
  CHECK(message_of<ValueError>([] {
          checked_numel("zeros", {2, -1});
        }) == "[zeros] sizes must not be negative; got [2, -1]");
  CHECK(message_of<ValueError>([] { checked_numel("zeros", {kMin}); }) ==
        "[zeros] sizes must not be negative; got [-9223372036854775808]");
  CHECK(message_of<ValueError>([] {
          checked_numel("zeros", {std::int64_t{1} << 62, 2});
        }) == "[zeros] the number of elements exceeds 2^63 - 1; got [4611686018427387904, 2]");
  CHECK(message_of<ValueError>([] {
          checked_numel("zeros", {0, kMax, kMax});
        }) ==
        "[zeros] the number of elements exceeds 2^63 - 1; got [0, 9223372036854775807, "
        "9223372036854775807]");
  CHECK(message_of<ValueError>([] {
          checked_numel("zeros", {0, -1});
        }) == "[zeros] sizes must not be negative; got [0, -1]");
}

TEST_CASE("sums and products of sizes are checked") {
  CHECK(checked_mul("pad", 3, -4) == -12);
  CHECK(checked_add("pad", kMax, kMin) == -1);
  CHECK(message_of<ValueError>([] { checked_mul("pad", kMax, 2); }) ==
        "[pad] size overflows int64; got 9223372036854775807 * 2");
  CHECK(message_of<ValueError>([] { checked_mul("pad", kMin, -1); }) ==
        "[pad] size overflows int64; got -9223372036854775808 * -1");
  CHECK(message_of<ValueError>([] { checked_add("pad", kMin, -1); }) ==
        "[pad] size overflows int64; got -9223372036854775808 + -1");
}

TEST_CASE("negative dimension numbers count from the end") {
  CHECK(wrap_dim("sum", -1, 3) == 2);
  CHECK(wrap_dim("sum", 0, 3) == 0);
  CHECK(wrap_dim("sum", -1, 0) == 0);
  CHECK(wrap_dim("sum", 0, 0) == 0);
  CHECK(message_of<IndexError>([] { wrap_dim("sum", 3, 3); }) ==
        "[sum] dimension out of range (expected [-3, 2]); got 3");
  CHECK(message_of<IndexError>([] { wrap_dim("sum", 1, 0); }) ==
        "[sum] dimension out of range (expected [-1, 0]); got 1");
  CHECK(message_of<IndexError>([] { wrap_dim("sum", kMin, 3); }) ==
        "[sum] dimension out of range (expected [-3, 2]); got -9223372036854775808");
}

TEST_CASE("strides follow from sizes") {
  CHECK(contiguous_strides({2, 3, 4}) == Dims{12, 4, 1});
  CHECK(contiguous_strides({2, 0, 4}) == Dims{4, 4, 1});
  CHECK(contiguous_strides({}).empty());
  CHECK(channels_last_strides({2, 3, 4, 5}) == Dims{60, 1, 15, 3});
}

TEST_CASE("shapes broadcast by NumPy's rule") {
  CHECK(broadcast_shapes("add", {2, 1, 4}, {3, 1}) == Dims{2, 3, 4});
  CHECK(broadcast_shapes("add", {3, 1}, {2, 1, 4}) == Dims{2, 3, 4});
  CHECK(broadcast_shapes("add", {}, {5}) == Dims{5});
  CHECK(broadcast_shapes("add", {1}, {0}) == Dims{0});
  CHECK(message_of<ValueError>([] {
          broadcast_shapes("add", {4}, {2, 3});
        }) == "[add] shapes do not broadcast; got [4] and [2, 3]");
  CHECK(message_of<ValueError>([] { broadcast_shapes("add", {0}, {2}); }) ==
        "[add] shapes do not broadcast; got [0] and [2]");
}
