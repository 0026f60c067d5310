#include <sinter/sinter.h>

#include <catch2/catch.hpp>
#include <limits>
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

bool is_free(const Tensor& x) { return x.impl()->meta.free_layout; }

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

}  // namespace

TEST_CASE("cat promotes dtypes") {
  const Tensor x = cat({tensor({1, 2}, kInt32), tensor({1.5}), tensor({true})});
  CHECK(x.dtype() == kFloat32);
  CHECK(to_doubles(x) == std::vector<double>{1, 2, 1.5, 1});
  CHECK(cat({zeros({1}, kUInt8), zeros({1}, kInt8)}).dtype() == kInt16);
  CHECK(cat({zeros({1}, kFloat16), zeros({1}, kBFloat16)}).dtype() == kFloat32);
  CHECK(stack({tensor(1), tensor(2.5)}).dtype() == kFloat32);
}

TEST_CASE("cat and pad keep channels_last, and a free layout free") {
  const Tensor x = values({2, 3, 2, 2}).to(kFloat32);
  const Tensor last = in_channels_last(x);
  CHECK(cat({last, last}, 1).strides().vec() == Index{24, 1, 12, 6});
  CHECK(pad(last, {1, 1}).is_contiguous(MemoryFormat::channels_last));
  CHECK(cat({last, x}, 1).is_contiguous());
  const Tensor free_result = cat({in_free_layout(x), last}, 1);
  CHECK(is_free(free_result));
  CHECK(to_doubles(free_result) == to_doubles(cat({x, x}, 1)));
  CHECK(is_free(pad(in_free_layout(x), {1, 1, 1, 1})));
}

TEST_CASE("the gradient of cat takes a free layout apart without settling it") {
  const Tensor a = values({2, 3, 2, 2}).requires_grad_();
  const Tensor b = values({2, 2, 2, 2}, 2).requires_grad_();
  const Tensor weight = in_free_layout(values({2, 5, 2, 2}, 3));
  cat({a, b}, 1).backward(weight);
  CHECK(to_doubles(a.grad()) == to_doubles(weight.clone().narrow(1, 0, 3)));
  CHECK(to_doubles(b.grad()) == to_doubles(weight.clone().narrow(1, 3, 2)));
}

TEST_CASE("cat of a hundred tensors gives each its gradient") {
  std::vector<Tensor> parts;
  for (int i = 0; i < 100; ++i) parts.push_back(full({1}, 1.0).requires_grad_());
  (cat(parts) * arange(100)).sum().backward();
  for (int i = 0; i < 100; ++i) CHECK(parts[static_cast<std::size_t>(i)].grad().item<int>() == i);
}

TEST_CASE("repeat and tile lay tiles") {
  const Tensor x = tensor({{1, 2}, {3, 4}});
  CHECK(to_doubles(x.repeat({1, 2})) == std::vector<double>{1, 2, 1, 2, 3, 4, 3, 4});
  CHECK(to_doubles(x.repeat({2, 1})) == std::vector<double>{1, 2, 3, 4, 1, 2, 3, 4});
  CHECK(x.repeat({3, 1, 2}).sizes() == IntArrayRef{3, 2, 4});
  CHECK(x.repeat({0, 2}).sizes() == IntArrayRef{0, 4});
  CHECK(tile(x, {2}).sizes() == IntArrayRef{2, 4});
  CHECK(tensor(7).repeat({3}).sizes() == IntArrayRef{3});
  // Also when nothing is repeated the result is a copy.
  CHECK_FALSE(x.repeat({1, 1}).storage() == x.storage());
  CHECK_FALSE(tensor({1}).repeat({4}).storage() == tensor({1}).storage());
  CHECK(zeros(Index(16, 1)).repeat(Index(16, 2)).numel() == 65536);
}

TEST_CASE("repeat refuses counts that cannot be") {
  const Tensor x = zeros({2, 2});
  CHECK(message_of([&] { x.repeat({2}); }) ==
        "[repeat] takes at least one count per dimension; got [2] for sizes [2, 2]");
  CHECK(message_of([&] { x.repeat({2, -1}); }) == "[repeat] a count is negative; got [2, -1]");
  CHECK(message_of([&] {
          x.repeat({kMax, 1});
        }) == "[repeat] size overflows int64; got 2 * 9223372036854775807");
  CHECK(message_of([&] {
          x.repeat({1LL << 40, 1LL << 40});
        }) ==
        "[repeat] the number of elements exceeds 2^63 - 1; got [2199023255552, 2199023255552]");
}

TEST_CASE("repeat_interleave repeats elements in a row") {
  const Tensor x = tensor({{1, 2}, {3, 4}});
  CHECK(to_doubles(x.repeat_interleave(2)) == std::vector<double>{1, 1, 2, 2, 3, 3, 4, 4});
  CHECK(to_doubles(x.repeat_interleave(2, 0)) == std::vector<double>{1, 2, 1, 2, 3, 4, 3, 4});
  CHECK(to_doubles(x.repeat_interleave(2, -1)) == std::vector<double>{1, 1, 2, 2, 3, 3, 4, 4});
  CHECK(x.repeat_interleave(0, 1).sizes() == IntArrayRef{2, 0});
  CHECK(tensor(5).repeat_interleave(2).sizes() == IntArrayRef{2});
}

TEST_CASE("what is repeated adds up in the gradient") {
  const Tensor x = tensor({1.0, 2.0}, requires_grad());
  (x.repeat({2, 3}).sum() + x.repeat_interleave(4).sum() * 2 +
   repeat_interleave(x, tensor({0, 5})).sum())
      .backward();
  CHECK(to_doubles(x.grad()) == std::vector<double>{14, 19});
}

TEST_CASE("reflected and circular pads add up in the gradient") {
  const Tensor x = tensor({1.0, 2.0, 3.0}, requires_grad());
  const Tensor weight = arange(1, 8, kFloat32);
  (pad(x, {2, 2}, "reflect") * weight).sum().backward();
  // The elements are 3 2 1 2 3 2 1 with weights 1 to 7.
  CHECK(to_doubles(x.grad()) == std::vector<double>{3 + 7, 2 + 4 + 6, 1 + 5});
  const Tensor y = tensor({1.0, 2.0, 3.0}, requires_grad());
  (pad(y, {2, 2}, "circular") * weight).sum().backward();
  CHECK(to_doubles(y.grad()) == std::vector<double>{3 + 6, 1 + 4 + 7, 2 + 5});
}

}  // namespace sinter::testing
