#include <sinter/sinter.h>

#include <catch2/catch.hpp>
#include <vector>

#include "arrays.h"
#include "op_suite.h"

namespace sinter::testing {
namespace {

template <class F>
std::string message_of(F fn) {
  try {
    fn();
  } catch (const Error& error) {
    return error.what();
  }
  return "nothing was thrown";
}

void check(const Tensor& x, const Index& sizes, DType dtype, const std::vector<double>& elements) {
  CHECK(x.sizes().vec() == sizes);
  CHECK(x.dtype() == dtype);
  CHECK(to_doubles(x) == elements);
}

}  // namespace

TEST_CASE("tensor reads nested braces of any arithmetic type") {
  check(tensor(1.5), {}, kFloat32, {1.5});
  check(tensor(3), {}, kInt64, {3});
  check(tensor(true), {}, kBool, {1});
  check(tensor({}), {0}, kFloat32, {});
  check(tensor({1, 2, 3}), {3}, kInt64, {1, 2, 3});
  check(tensor({1}), {1}, kInt64, {1});
  check(tensor({{1}}), {1, 1}, kInt64, {1});
  check(tensor({{1, 2}}), {1, 2}, kInt64, {1, 2});
  check(tensor({{1, 2}, {3, 4}}), {2, 2}, kInt64, {1, 2, 3, 4});
  check(tensor({{{1.5F}}, {{2.5F}}}), {2, 1, 1}, kFloat32, {1.5, 2.5});
  check(tensor({1.5, 2.5}, kFloat64), {2}, kFloat64, {1.5, 2.5});
  check(tensor({1, 2}, kUInt8), {2}, kUInt8, {1, 2});
  check(tensor({1.9, -1.9}, kInt32), {2}, kInt32, {1, -1});
  check(tensor({{true, false}}), {1, 2}, kBool, {1, 0});
  check(tensor({'a', 'b'}), {2}, kInt64, {97, 98});
  check(tensor({1U, 2U}), {2}, kInt64, {1, 2});
  check(tensor({1.0L}), {1}, kFloat32, {1});
  check(tensor({Half(0.5F)}), {1}, kFloat32, {0.5});
}

TEST_CASE("tensor takes vectors, also within braces") {
  check(tensor(std::vector<int>{1, 2}), {2}, kInt64, {1, 2});
  check(tensor(std::vector<double>{1.5}), {1}, kFloat32, {1.5});
  check(tensor(std::vector<float>{}), {0}, kFloat32, {});
  check(tensor(std::vector<bool>{true, false}), {2}, kBool, {1, 0});
  check(tensor(std::vector<std::uint16_t>{65535}), {1}, kInt64, {65535});
  check(tensor(std::vector<std::uint8_t>{7}, kFloat64), {1}, kFloat64, {7});
  check(tensor({std::vector<int>{1, 2}, std::vector<int>{3, 4}}), {2, 2}, kInt64, {1, 2, 3, 4});
}

TEST_CASE("tensor refuses ragged and mixed braces and numbers that do not fit") {
  CHECK(message_of([] {
          tensor({{1, 2}, {3}});
        }) == "[tensor] braces at one level must have equal sizes; got [2] and [1]");
  CHECK(message_of([] {
          tensor({{1}, 2});
        }) == "[tensor] braces at one level must have equal sizes; got [1] and []");
  CHECK(message_of([] {
          tensor({1, 2.5});
        }) == "[tensor] elements must be all bool, all integers or all floating; got a mix");
  CHECK(message_of([] {
          tensor({1, 300}, kInt8);
        }) == "[scalar] the number does not fit int8; got 300");
}

TEST_CASE("the default dtype is that of new floating point tensors") {
  set_default_dtype(kFloat64);
  CHECK(zeros({1}).dtype() == kFloat64);
  CHECK(tensor({1.5F}).dtype() == kFloat64);
  CHECK(arange(0, 1, 0.5).dtype() == kFloat64);
  CHECK(rand({1}).dtype() == kFloat64);
  CHECK(full({1}, 2).dtype() == kInt64);
  set_default_dtype(kFloat32);
  CHECK(zeros({1}).dtype() == kFloat32);
}

TEST_CASE("requires_grad in the options makes a leaf") {
  for (const Tensor& x :
       {zeros({2}, requires_grad()), tensor({1.5}, requires_grad()), rand({2}, requires_grad()),
        eye(2, requires_grad()), arange(0, 1, 0.5, requires_grad()),
        zeros_like(zeros({2}), requires_grad()), full({2}, 1.5, requires_grad()),
        randn_like(zeros({2}), requires_grad())}) {
    CHECK(x.requires_grad());
    CHECK(x.is_leaf());
  }
  CHECK_THROWS_AS(full({2}, 1, requires_grad()), Error);
}

TEST_CASE("what is like a tensor that wants gradients does not want them itself") {
  const Tensor x = zeros({2}, requires_grad());
  CHECK_FALSE(zeros_like(x).requires_grad());
  CHECK_FALSE(empty_like(x).requires_grad());
  CHECK_FALSE(rand_like(x).requires_grad());
  CHECK_FALSE(x.new_zeros({3}).requires_grad());
}

TEST_CASE("tensors like another keep its dense strides") {
  const Tensor x = zeros({2, 3, 4, 5}).to(MemoryFormat::channels_last);
  CHECK(zeros_like(x).strides().vec() == Index{60, 1, 15, 3});
  CHECK(rand_like(x).strides().vec() == Index{60, 1, 15, 3});
  CHECK(zeros_like(x, {}, MemoryFormat::contiguous).is_contiguous());
  CHECK(empty_like(zeros({2, 3}).t()).strides().vec() == Index{1, 3});
  CHECK(x.new_empty({2, 2}).is_contiguous());
  CHECK(ones_like(x, kInt8).dtype() == kInt8);
}

TEST_CASE("from_blob uses memory of the caller and calls the deleter once") {
  std::vector<float> memory = {1, 2, 3, 4, 5, 6};
  int calls = 0;
  {
    const Tensor x = from_blob(memory.data(), {2, 3}, [&](void* data) {
      CHECK(data == memory.data());
      ++calls;
    });
    const Tensor view = x.t();
    x.select(0, 0).fill_(9);
    CHECK(calls == 0);
    CHECK(to_doubles(view) == std::vector<double>{9, 4, 9, 5, 9, 6});
  }
  CHECK(calls == 1);
  CHECK(memory == std::vector<float>{9, 9, 9, 4, 5, 6});

  const Tensor columns = from_blob(memory.data(), {3, 2}, {1, 3});
  CHECK(to_doubles(columns) == std::vector<double>{9, 4, 9, 5, 9, 6});
  // The storage ends where the elements do.
  CHECK(columns.storage()->nbytes() == 24);
  CHECK_THROWS_AS(columns.as_strided({7}, {1}), ValueError);
  std::vector<std::int64_t> integers = {1, 2};
  check(from_blob(integers.data(), {2}, kInt64), {2}, kInt64, {1, 2});
}

TEST_CASE("from_blob refuses memory that cannot be") {
  std::vector<float> memory(4);
  CHECK(message_of([] { from_blob(nullptr, {2}); }) ==
        "[from_blob] memory for the elements is required; got a null pointer for [2]");
  CHECK(message_of([&] { from_blob(memory.data(), {2}, {-1}); }) ==
        "[from_blob] a stride is negative; got [-1]");
  CHECK(message_of([&] {
          from_blob(memory.data(), {2}, {1, 1});
        }) == "[from_blob] takes as many strides as sizes; got [2] and [1, 1]");
  CHECK(message_of([&] { from_blob(memory.data(), {-2}); }) ==
        "[from_blob] sizes must not be negative; got [-2]");
  CHECK(from_blob(nullptr, {0}).numel() == 0);
}

TEST_CASE("meshgrid spans its vectors") {
  const std::vector<Tensor> in = {arange(2), arange(3)};
  const auto ij = meshgrid(in);
  check(ij[0], {2, 3}, kInt64, {0, 0, 0, 1, 1, 1});
  check(ij[1], {2, 3}, kInt64, {0, 1, 2, 0, 1, 2});
  const auto xy = meshgrid(in, "xy");
  check(xy[0], {3, 2}, kInt64, {0, 1, 0, 1, 0, 1});
  check(xy[1], {3, 2}, kInt64, {0, 0, 1, 1, 2, 2});
  check(meshgrid({tensor(5), arange(2)})[0], {1, 2}, kInt64, {5, 5});
  CHECK(message_of([&] { meshgrid(in, "yx"); }) == "[meshgrid] indexing must be ij or xy; got yx");
  CHECK(message_of([] { meshgrid({}); }) == "[meshgrid] takes at least one tensor; got none");
  CHECK(message_of([] {
          meshgrid({zeros({2, 2})});
        }) == "[meshgrid] takes 0-d and 1-d tensors; got [2, 2]");
}

TEST_CASE("linspace ends exactly where it should") {
  const Tensor x = linspace(0, 0.1, 1000, kFloat32);
  CHECK(x.data_ptr<float>()[0] == 0.0F);
  CHECK(x.data_ptr<float>()[999] == 0.1F);
  const Tensor y = linspace(-1, 1, 7, kFloat64);
  for (std::int64_t i = 0; i < 7; ++i) {
    CHECK(y.data_ptr<double>()[i] == -y.data_ptr<double>()[6 - i]);
  }
}

}  // namespace sinter::testing
