// Programs compiled by NVRTC from the formulas' own text.
#include <sinter/cuda/fuse.h>
#include <sinter/sinter.h>
// The formulas need to have seen Symbol.
#include <sinter/ops/formulas_internal.h>

#include <catch2/catch.hpp>

#include "compare.h"

namespace sinter {
namespace {

namespace formula = ops::formula;
using ops::Symbol;

// gelu(a * b + c), then silu, in one kernel.
Symbol body(std::span<const Symbol> x) {
  const Symbol sum = formula::Add::f<Symbol>(formula::Mul::f<Symbol>(x[0], x[1]), x[2], {});
  return formula::Silu::f<Symbol>(formula::Gelu::f<Symbol>(sum));
}

}  // namespace

TEST_CASE("a fused program gives the bits that its ops give one by one") {
  const Tensor a = randn({7, 13}).to(kCUDA), b = randn({7, 13}).to(kCUDA);
  const Tensor c = randn({7, 13}).to(kCUDA);
  const cuda::FusedPointwise fused(0, 3, body);
  const std::vector<Tensor> inputs{a, b, c};
  testing::compare_devices({fused(inputs)}, {silu(gelu(a * b + c)).to(kCPU)}, 0);
  CHECK_THAT(fused.source(), Catch::Contains("erfcf("));
}

TEST_CASE("a fused program refuses inputs that it was not compiled for") {
  const cuda::FusedPointwise fused(0, 3, body);
  const Tensor x = ones({2}).to(kCUDA);
  const std::vector<Tensor> too_few{x, x}, on_host{x, x, ones({2})};
  CHECK_THROWS_WITH(fused(too_few), "[fused] takes 3 tensors; got 2");
  CHECK_THROWS_WITH(fused(on_host),
                    Catch::Contains("[fused] inputs must be row-major f32 of one shape"));
}

TEST_CASE("a program that NVRTC refuses is an error with its log") {
  const auto wrong = [](std::span<const Symbol>) { return Symbol::named("nothing"); };
  CHECK_THROWS_WITH(
      cuda::FusedPointwise(0, 1, wrong),
      Catch::Contains("[cuda] NVRTC refuses a fused program") && Catch::Contains("nothing"));
}

}  // namespace sinter
