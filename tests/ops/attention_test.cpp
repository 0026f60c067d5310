#include <sinter/core/allocator.h>

#include <catch2/catch.hpp>

#include "samples/reference.h"

namespace sinter::testing {

TEST_CASE("attention never holds the matrix of scores, forward or backward") {
  const std::int64_t length = 1024, width = 8;
  const auto make = [&](int seed) {
    return sample_values({1, 2, length, width}, seed).to(kFloat32).set_requires_grad(true);
  };
  const Tensor q = make(1), k = make(2), v = make(3);
  cpu_allocator::reset_peak();
  const std::int64_t before = cpu_allocator::stats().current_bytes;
  scaled_dot_product_attention(q, k, v, {}, 0.0, true).sum().backward();
  CHECK(cpu_allocator::stats().peak_bytes - before < length * length * 4 / 2);
  CHECK(q.grad().defined());
}

TEST_CASE("attention reads heads where a projection left them") {
  const Tensor x = sample_values({2, 5, 3, 4}, 1);
  const Tensor heads = x.transpose(1, 2);
  const Tensor want =
      scaled_dot_product_attention(heads.contiguous(), heads.contiguous(), heads.contiguous());
  CHECK(allclose(scaled_dot_product_attention(heads, heads, heads), want, 1e-12, 1e-12));
}

TEST_CASE("attention broadcasts leading dimensions") {
  const Tensor q = sample_values({2, 3, 4, 5}, 1), k = sample_values({3, 6, 5}, 2);
  const Tensor v = sample_values({1, 1, 6, 2}, 3);
  const Tensor want = scaled_dot_product_attention(q, k.expand({2, 3, 6, 5}).contiguous(),
                                                   v.expand({2, 3, 6, 2}).contiguous());
  CHECK(allclose(scaled_dot_product_attention(q, k, v), want, 1e-12, 1e-12));
}

TEST_CASE("attention's dropout keeps the mean and drops everything at 1") {
  manual_seed(3);
  const Tensor q = sample_values({64, 8, 4}, 1), k = sample_values({64, 8, 4}, 2);
  const Tensor v = sinter::ones({64, 8, 2}, kFloat64);
  const Tensor y = scaled_dot_product_attention(q, k, v, {}, 0.25);
  CHECK(y.mean().item<double>() == Approx(1).margin(0.05));
  CHECK(y.std().item<double>() > 0.05);
  CHECK(scaled_dot_product_attention(q, k, v, {}, 1.0).abs().max().item<double>() == 0);
}

TEST_CASE("NaN in a key spreads to the queries that see it") {
  Tensor q = sample_values({4, 3}, 1), k = sample_values({4, 3}, 2).clone();
  k.index_put_({2, 1}, std::nan(""));
  const Tensor y = scaled_dot_product_attention(q, k, sample_values({4, 2}, 3), {}, 0.0, true);
  CHECK(!y[1].isnan().any().item<bool>());
  CHECK(y[2].isnan().all().item<bool>());
  CHECK(y[3].isnan().all().item<bool>());
}

}  // namespace sinter::testing
