// NumPy's indexing: what x.index({...}) and its assignment do with each kind of index.
#include <sinter/ops/index.h>

#include <catch2/catch.hpp>

#include "samples/line_reference.h"

namespace sinter::testing {
namespace {

using namespace sinter::indexing;  // NOLINT: as programs write it

using Sizes = std::vector<std::int64_t>;

// 0, 1, 2, ... in row-major order.
Tensor counting(IntArrayRef sizes) {
  Tensor t = empty_tensor("test", sizes, kFloat64);
  for (std::int64_t i = 0; i < t.numel(); ++i) t.data_ptr<double>()[i] = static_cast<double>(i);
  return t;
}
void check(const Tensor& got, const Sizes& sizes, const Line& values) {
  CHECK(got.sizes().vec() == sizes);
  CHECK(to_doubles(got) == values);
}
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

TEST_CASE("integers and slices make views of the same memory") {
  Tensor x = counting({3, 4});
  check(x.index({1}), {4}, {4, 5, 6, 7});
  check(x.index({-1, 2}), {}, {10});
  check(x.index({Slice(1)}), {2, 4}, {4, 5, 6, 7, 8, 9, 10, 11});
  check(x.index({Slice(), Slice(None, None, 2)}), {3, 2}, {0, 2, 4, 6, 8, 10});
  check(x.index({Slice(0, 2), -1}), {2}, {3, 7});
  check(x.index({Slice(-2, 100), 0}), {2}, {4, 8});
  check(x.index({Slice(2, 1)}), {0, 4}, {});
  CHECK(x.index({1}).storage() == x.storage());
  x.index({1}).fill_(9);
  CHECK(to_doubles(x.index({1})) == Line{9, 9, 9, 9});
}

TEST_CASE("None adds a dimension and Ellipsis stands for all that are left") {
  const Tensor x = counting({2, 3, 2});
  CHECK(x.index({None}).sizes().vec() == Sizes{1, 2, 3, 2});
  CHECK(x.index({0, None, Ellipsis, None}).sizes().vec() == Sizes{1, 3, 2, 1});
  check(x.index({"...", 1}), {2, 3}, {1, 3, 5, 7, 9, 11});
  check(x.index({1, Ellipsis, 0}), {3}, {6, 8, 10});
  CHECK(x.index({Ellipsis}).sizes().vec() == Sizes{2, 3, 2});
  CHECK(x.index({Slice(), "...", Slice()}).sizes().vec() == Sizes{2, 3, 2});
  CHECK(x.index(std::vector<TensorIndex>{}).storage() == x.storage());
}

TEST_CASE("index tensors follow NumPy's rules") {
  const Tensor x = counting({3, 4});
  const Tensor rows = integers({2}, {2, 0});
  check(x.index({rows}), {2, 4}, {8, 9, 10, 11, 0, 1, 2, 3});
  check(x.index({rows, 1}), {2}, {9, 1});
  check(x.index({Slice(), rows}), {3, 2}, {2, 0, 6, 4, 10, 8});
  check(x.index({rows, rows}), {2}, {10, 0});
  check(x.index({rows.unsqueeze(1), rows}), {2, 2}, {10, 8, 2, 0});
  check(x.index({integers({}, {1})}), {4}, {4, 5, 6, 7});
  CHECK(x.index({integers({}, {1})}).storage() == x.storage());
  check(x[rows], {2, 4}, {8, 9, 10, 11, 0, 1, 2, 3});
  // Neighbours stay where they are; indices apart come first.
  const Tensor y = counting({2, 3, 4, 5});
  CHECK(y.index({Slice(), rows, rows}).sizes().vec() == Sizes{2, 2, 5});
  CHECK(y.index({integers({2}, {1, 0}), Slice(), rows}).sizes().vec() == Sizes{2, 3, 5});
  CHECK(y.index({"...", rows, None}).sizes().vec() == Sizes{2, 3, 4, 2, 1});
}

TEST_CASE("masks choose the elements where they are true") {
  const Tensor x = counting({2, 3});
  const Tensor mask = booleans({2, 3}, {true, false, true, false, false, true});
  check(x.index({mask}), {3}, {0, 2, 5});
  check(x.index({booleans({2}, {false, true})}), {1, 3}, {3, 4, 5});
  check(x.index({Slice(), booleans({3}, {true, false, true})}), {2, 2}, {0, 2, 3, 5});
  check(x.index({mask.to(kUInt8)}), {3}, {0, 2, 5});
  check(counting({2, 3, 2}).index({mask, 1}), {3}, {1, 5, 11});
  check(counting({2, 2, 3}).index({1, mask}), {3}, {6, 8, 11});
  check(masked_select(x, booleans({3}, {true, false, false})), {2}, {0, 3});
  check(masked_select(doubles({}, {4}), booleans({}, {true})), {1}, {4});
  CHECK(x.index({true}).sizes().vec() == Sizes{1, 2, 3});
  CHECK(x.index({false}).sizes().vec() == Sizes{0, 2, 3});
  CHECK(x.index({booleans({}, {true}), 0}).sizes().vec() == Sizes{1, 3});
}

TEST_CASE("assignment through indices writes to the tensor itself") {
  Tensor x = counting({2, 3});
  x.index_put_({0, 1}, 10);
  CHECK(to_doubles(x) == Line{0, 10, 2, 3, 4, 5});
  x.index_put_({Slice(), 2}, doubles({2}, {7, 8}));
  CHECK(to_doubles(x) == Line{0, 10, 7, 3, 4, 8});
  x.index_put_({x.gt(7)}, 0);
  CHECK(to_doubles(x) == Line{0, 0, 7, 3, 4, 0});
  x.index_put_({integers({2}, {1, 0}), integers({2}, {0, 0})}, doubles({2}, {-1, -2}));
  CHECK(to_doubles(x) == Line{-2, 0, 7, -1, 4, 0});
  x.index_put_({Ellipsis}, 1);
  CHECK(to_doubles(x) == Line{1, 1, 1, 1, 1, 1});
  x.index_put_({0}, doubles({1, 1, 3}, {4, 5, 6}));
  CHECK(to_doubles(x) == Line{4, 5, 6, 1, 1, 1});
  x.index_put_({Slice(0, 1), integers({2}, {0, 2})}, doubles({}, {2}).to(kFloat32));
  CHECK(to_doubles(x) == Line{2, 5, 2, 1, 1, 1});
  CHECK(x._version() > 0);
}

TEST_CASE("accumulating assignment adds once for every index") {
  Tensor x = counting({3});
  x.index_put_(std::vector<Tensor>{integers({4}, {0, 2, 0, 0})}, doubles({}, {1}), true);
  CHECK(to_doubles(x) == Line{3, 1, 3});
  Tensor half = doubles({1}, {2048}).to(kFloat16);
  half.index_put_(std::vector<Tensor>{integers({8}, {0, 0, 0, 0, 0, 0, 0, 0})},
                  doubles({}, {1}).to(kFloat16), true);
  CHECK(half.item<float>() == 2056);
}

TEST_CASE("gradients flow through indexing") {
  Tensor x = counting({3});
  x.set_requires_grad(true);
  x.index({integers({4}, {0, 2, 0, 0})}).sum().backward();
  CHECK(to_doubles(x.grad()) == Line{3, 0, 1});
  Tensor y = counting({2, 2});
  y.set_requires_grad(true);
  Tensor z = y.mul(2);
  z.index_put_({0}, 5);
  z.sum().backward();
  CHECK(to_doubles(y.grad()) == Line{0, 0, 2, 2});
  Tensor w = counting({2, 2});
  w.set_requires_grad(true);
  w.index({w.detach().gt(1)}).sum().backward();
  CHECK(to_doubles(w.grad()) == Line{0, 0, 1, 1});
}

TEST_CASE("indexing says what is wrong") {
  const Tensor x = counting({2, 3});
  CHECK(message_of([&] {
          x.index({0, 3});
        }) == "[index] index 3 is out of range for dimension 0 with size 3");
  CHECK(message_of([&] { x.index({-3}); }) ==
        "[index] index -3 is out of range for dimension 0 with size 2");
  CHECK(message_of([&] {
          x.index({0, 0, 0});
        }) == "[index] too many indices; got 3 for a tensor of 2 dimensions");
  CHECK(message_of([&] {
          x.index({Ellipsis, Ellipsis});
        }) == "[index] there may be one Ellipsis among indices; got two");
  CHECK(message_of([&] { x.index({".."}); }) ==
        "[index] the only text among indices is \"...\"; got \"..\"");
  CHECK(message_of([&] { x.index({Tensor()}); }) == "[index] an index is an undefined tensor");
  CHECK(message_of([&] { x.index({distinct({2})}); }) ==
        "[index] indices must be integers; got f64");
  CHECK(message_of([&] {
          x.index({booleans({3}, {true, true, true})});
        }) ==
        "[index] a mask must have the sizes of the dimensions it indexes; got [3] at dimension 0 "
        "of [2, 3]");
  CHECK(message_of([&] { counting({})[0]; }) ==
        "[operator[]] a 0-d tensor has no dimension to index; use item(); got index 0");
  CHECK(message_of([&] { counting({})[integers({1}, {0})]; }) ==
        "[operator[]] a 0-d tensor has no dimension to index; got a tensor");
  CHECK_THROWS_AS(x[2], IndexError);
  CHECK_THROWS_AS(x.index({Slice(0, 2, 0)}), ValueError);
  CHECK_THROWS_AS(x.index({Slice(0, 2, -1)}), ValueError);
  CHECK_THROWS_AS(Tensor().index({0}), Error);
}

TEST_CASE("one_hot puts a 1 at each class number") {
  const Tensor t = integers({3}, {2, 0, 1});
  check(one_hot(t), {3, 3}, {0, 0, 1, 1, 0, 0, 0, 1, 0});
  CHECK(one_hot(t, 5).sizes().vec() == Sizes{3, 5});
  CHECK(one_hot(t).dtype() == kInt64);
  CHECK(one_hot(integers({0}, {}), 4).sizes().vec() == Sizes{0, 4});
  check(one_hot(integers({}, {1}), 2), {2}, {0, 1});
  CHECK(message_of([&] { one_hot(integers({1}, {-1})); }) ==
        "[one_hot] class numbers must not be negative; got -1");
  CHECK(message_of([&] { one_hot(t, 2); }) ==
        "[one_hot] class numbers must lie below num_classes 2; got 2");
  CHECK(message_of([&] { one_hot(integers({0}, {})); }) ==
        "[one_hot] num_classes must be given for an empty tensor; got -1");
  CHECK(message_of([&] { one_hot(t, -7); }) ==
        "[one_hot] num_classes must be -1 or a count; got -7");
  CHECK(message_of([&] { one_hot(distinct({2})); }) ==
        "[one_hot] indices must be integers; got f64");
}

TEST_CASE("take and take_along_dim gather without a matching shape") {
  const Tensor x = counting({2, 3});
  check(take(x, integers({2, 2}, {5, 0, -1, 2})), {2, 2}, {5, 0, 5, 2});
  check(take_along_dim(x, integers({2, 1}, {2, 0}), 1), {2, 1}, {2, 3});
  check(take_along_dim(x, integers({1, 2}, {2, 0}), 1), {2, 2}, {2, 0, 5, 3});
  CHECK(message_of([&] {
          take_along_dim(x, integers({2}, {0, 0}), 1);
        }) == "[take_along_dim] index must have as many dimensions as self; got [2] for [2, 3]");
}

TEST_CASE("a mask of a masked fill may carry a tensor's value, with its gradient") {
  Tensor value = doubles({}, {5});
  value.set_requires_grad(true);
  const Tensor x = counting({3});
  const Tensor mask = booleans({3}, {true, false, true});
  const Tensor filled = masked_fill(x, mask, value);
  check(filled.detach(), {3}, {5, 1, 5});
  filled.sum().backward();
  CHECK(value.grad().item<double>() == 2);
  Tensor y = counting({3});
  y.masked_fill_(mask, doubles({}, {7}));
  CHECK(to_doubles(y) == Line{7, 1, 7});
  CHECK(message_of([&] {
          masked_select(x, integers({3}, {0, 1, 0}));
        }) == "[masked_select] the mask must be bool; got i64");
}

TEST_CASE("rows of padding in an embedding get no gradient") {
  Tensor weight = counting({3, 2});
  weight.set_requires_grad(true);
  embedding(weight, integers({4}, {0, 1, 1, 2}), 1).sum().backward();
  CHECK(to_doubles(weight.grad()) == Line{1, 1, 0, 0, 1, 1});
}

}  // namespace sinter::testing
