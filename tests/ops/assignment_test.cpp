// x[1] = y: assignment to what a call returned.
#include <sinter/ops/ops.h>
#include <sinter/tests/core/error_message.h>

#include <catch2/catch.hpp>

using namespace sinter;
using sinter::test::message_of;

TEST_CASE("assigning to an indexed tensor writes its elements") {
  Tensor x = zeros({2, 3});
  x[0][1] = 42;
  x[1] = tensor({1.5, 2.5, 3.5});
  CHECK(x.equal(tensor({{0.0, 42.0, 0.0}, {1.5, 2.5, 3.5}})));
  x.select(1, 2) = x.select(1, 1);
  x.index({0, indexing::Slice(0, 2)}) = -1;
  CHECK(x.equal(tensor({{-1.0, -1.0, 42.0}, {1.5, 2.5, 2.5}})));
  x[0] = true;
  CHECK(x[0].equal(ones({3})));
  CHECK(message_of<ValueError>([&] { x[0] = zeros({2}); }) ==
        "[copy] the source must broadcast to self; got [2] for [3]");
}

TEST_CASE("assigning to a variable makes it stand for the other tensor") {
  const Tensor x = zeros({2, 3});
  Tensor row = x[1];
  row = ones({3});
  CHECK(x.equal(zeros({2, 3})));
  const Tensor other = full({3}, 7);
  row = other;
  CHECK(row.is_same(other));
  CHECK(std::is_nothrow_move_assignable_v<Tensor>);
  CHECK(std::is_nothrow_move_constructible_v<Tensor>);
}

TEST_CASE("gradients follow an assignment to an indexed tensor") {
  Tensor source = ones({3}, requires_grad());
  Tensor x = zeros({2, 3});
  x[1] = source * 2;
  x[1][0] = 5;
  (x * x).sum().backward();
  CHECK(source.grad().equal(tensor({0.0, 8.0, 8.0})));
}
