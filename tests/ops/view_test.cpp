#include <sinter/sinter.h>

#include <catch2/catch.hpp>
#include <optional>
#include <vector>

#include "arrays.h"
#include "op_suite.h"

namespace sinter::testing {
namespace {

std::vector<std::int64_t> strides_of(const Tensor& x) { return x.strides().vec(); }

}  // namespace

TEST_CASE("a view shares memory and versions with what it was taken from") {
  const Tensor x = arange(6).view({2, 3});
  Tensor row = x.select(0, 1);
  CHECK(row.storage() == x.storage());
  CHECK(row.storage_offset() == 3);
  row.fill_(7);
  CHECK(to_doubles(x) == std::vector<double>{0, 1, 2, 7, 7, 7});
  CHECK(x._version() == 1);
  CHECK(row._version() == 1);
  x.t().slice(0, 0, 3, 2).zero_();
  CHECK(to_doubles(x) == std::vector<double>{0, 1, 0, 0, 7, 0});
  CHECK(row._version() == 2);
}

TEST_CASE("view gives the strides that PyTorch gives") {
  struct Case {
    Index sizes, strides, new_sizes;
    std::optional<Index> new_strides;
  };
  // Printed by PyTorch 2. Where dimensions of at most one element are concerned, any stride does.
  const Case cases[] = {
      {{2, 3, 4}, {12, 4, 1}, {6, 4}, Index{4, 1}},
      {{2, 3, 4}, {12, 4, 1}, {2, 12}, Index{12, 1}},
      {{4, 3, 2}, {1, 4, 12}, {12, 2}, std::nullopt},
      {{4, 3, 2}, {1, 4, 12}, {4, 6}, std::nullopt},
      {{2, 3}, {1, 2}, {2, 3, 1}, Index{1, 2, 2}},
      {{2, 3}, {1, 2}, {1, 2, 1, 3, 1}, Index{2, 1, 6, 2, 2}},
      {{3, 1, 4}, {4, 7, 1}, {12}, Index{1}},
      {{3, 4}, {0, 1}, {3, 2, 2}, Index{0, 2, 1}},
      {{3, 4}, {0, 1}, {12}, std::nullopt},
      {{3, 4}, {0, 0}, {12}, Index{0}},
      {{2, 6}, {24, 2}, {2, 2, 3}, Index{24, 6, 2}},
      {{2, 6}, {24, 2}, {12}, std::nullopt},
      {{4, 6}, {12, 2}, {24}, Index{2}},
      {{2, 0, 3}, {3, 3, 1}, {0, 5}, Index{5, 1}},
      {{}, {}, {1, 1, 1}, Index{1, 1, 1}},
      {{1, 1}, {3, 5}, {}, Index{}},
      {{5, 1}, {1, 9}, {5}, Index{1}},
      {{1, 5, 1}, {8, 1, 9}, {1, 1, 5}, Index{5, 5, 1}},
  };
  const Tensor memory = zeros({200});
  for (const Case& c : cases) {
    INFO(str(IntArrayRef(c.sizes), " ", IntArrayRef(c.strides), " as ", IntArrayRef(c.new_sizes)));
    const Tensor x = memory.as_strided(c.sizes, c.strides);
    if (c.new_strides) {
      CHECK(strides_of(x.view(c.new_sizes)) == *c.new_strides);
      CHECK(x.reshape(c.new_sizes).storage() == memory.storage());
    } else {
      CHECK_THROWS_AS(x.view(c.new_sizes), ValueError);
      CHECK_FALSE(x.reshape(c.new_sizes).storage() == memory.storage());
    }
  }
}

TEST_CASE("unsqueeze and expand give the strides that PyTorch gives") {
  const Tensor x = zeros({2, 3}).t();
  CHECK(strides_of(x.unsqueeze(0)) == Index{3, 1, 3});
  CHECK(strides_of(x.unsqueeze(1)) == Index{1, 6, 3});
  CHECK(strides_of(x.unsqueeze(2)) == Index{1, 3, 1});
  CHECK(strides_of(zeros({3, 1}).expand({2, 3, 4})) == Index{0, 1, 0});
}

TEST_CASE("a view of a free layout settles it first") {
  const Tensor x = in_free_layout(values({2, 3, 2, 2}).to(kFloat32));
  REQUIRE(x.impl()->meta.free_layout);
  const std::vector<double> before = Array(values({2, 3, 2, 2})).values;
  const Tensor flat = x.view({2, 12});
  CHECK_FALSE(x.impl()->meta.free_layout);
  CHECK(x.is_contiguous());
  CHECK(to_doubles(flat) == before);
  CHECK(flat.storage() == x.storage());
}

TEST_CASE("view_as, reshape_as, expand_as and type_as take their sizes from a tensor") {
  const Tensor x = arange(6);
  const Tensor like = zeros({2, 3}, kFloat64);
  CHECK(x.view_as(like).sizes() == like.sizes());
  CHECK(x.reshape_as(like).sizes() == like.sizes());
  CHECK(x.slice(0, 0, 3).expand_as(like).sizes() == like.sizes());
  CHECK(x.broadcast_to({2, 6}).sizes() == IntArrayRef{2, 6});
  CHECK(x.type_as(like).dtype() == kFloat64);
  CHECK(like.mT().sizes() == IntArrayRef{3, 2});
}

TEST_CASE("the gradient of as_strided goes by way of the storage") {
  SECTION("of a permuted tensor, as PyTorch has it") {
    const Tensor x = arange(12, kFloat64).view({3, 4}).t().detach().requires_grad_();
    const Tensor weight = arange(6, kFloat64).view({2, 3});
    (x.as_strided({2, 3}, {3, 2}, 1) * weight).sum().backward();
    CHECK(to_doubles(x.grad()) == std::vector<double>{0, 3, 5, 0, 2, 0, 0, 4, 0, 1, 0, 0});
  }
  SECTION("of repeated elements, which share it") {
    const Tensor x = arange(3, kFloat64).requires_grad_();
    const Tensor weight = arange(1, 5, kFloat64);
    (x.expand({2, 3}).as_strided({4}, {0}, 1) * weight).sum().backward();
    CHECK(to_doubles(x.grad()) == std::vector<double>{0, 10, 0});
  }
}

TEST_CASE("pieces of a split add up in the gradient") {
  const Tensor x = arange(6, kFloat64).view({3, 2}).detach().requires_grad_();
  const auto rows = x.unbind();
  const auto halves = x.split(2);
  (rows[0] * 2 + rows[2] + halves[0].sum() + halves[1].sum() * 3).sum().backward();
  CHECK(to_doubles(x.grad()) == std::vector<double>{4, 4, 2, 2, 7, 7});
}

TEST_CASE("a view of other bits needs whole elements") {
  const Tensor x = arange(4, kInt32);
  CHECK(x.view(kFloat32).sizes() == IntArrayRef{4});
  CHECK(x.view(kInt64).sizes() == IntArrayRef{2});
  CHECK(x.view(kInt8).sizes() == IntArrayRef{16});
  CHECK(x.view(kInt64).storage() == x.storage());
  // An offset that is no multiple of the larger element.
  CHECK_THROWS_AS(x.slice(0, 1, 3).view(kInt64), ValueError);
  CHECK(x.slice(0, 2, 4).view(kInt64).storage_offset() == 1);
}

}  // namespace sinter::testing
