#include <catch2/catch.hpp>

#include "samples/reference.h"

namespace sinter::testing {

TEST_CASE("batch_norm keeps channels_last memory and answers with PyTorch's strides") {
  const Tensor x = in_channels_last(sample_values({2, 3, 4, 5}));
  const Tensor y = batch_norm(x, {}, {}, {}, {}, true);
  CHECK(y.strides().equals(x.strides()));
  const Tensor free = batch_norm(in_free_layout(sample_values({2, 3, 4, 5})), {}, {}, {}, {}, true);
  CHECK(free.impl()->meta.free_layout);
  CHECK(free.is_contiguous());
  CHECK(allclose(y, free, 1e-12, 1e-12));
}

TEST_CASE("batch_norm's statistics stay accurate when the mean dwarfs the spread") {
  const Tensor spread = sample_values({64, 2, 16, 16});
  const Tensor x = (spread + 10000).to(kFloat32);
  Tensor mean = sinter::zeros({2}), variance = sinter::ones({2});
  batch_norm(x, {}, {}, mean, variance, true, 1.0);
  const Tensor exact = x.to(kFloat64).var({0, 2, 3});
  CHECK(allclose(variance.to(kFloat64), exact, 1e-6, 0));
  CHECK(allclose(mean.to(kFloat64), x.to(kFloat64).mean({0, 2, 3}), 1e-7, 0));
}

TEST_CASE("batch_norm writes running statistics in place and raises their version") {
  const Tensor x = sample_values({8, 3});
  Tensor mean = sinter::zeros({3}, kFloat64), variance = sinter::ones({3}, kFloat64);
  const auto before = mean._version();
  batch_norm(x, {}, {}, mean, variance, true, 0.25);
  CHECK(mean._version() == before + 1);
  CHECK(allclose(mean, x.mean({0}) * 0.25, 1e-12, 1e-12));
  CHECK(allclose(variance, x.var({0}) * 0.25 + 0.75, 1e-12, 1e-12));
  batch_norm(x, {}, {}, mean, variance, false);
  CHECK(mean._version() == before + 1);
}

TEST_CASE("batch_norm's running statistics never enter the tape") {
  const Tensor x = sample_values({8, 3}).set_requires_grad(true);
  Tensor mean = sinter::zeros({3}, kFloat64), variance = sinter::ones({3}, kFloat64);
  batch_norm(x, {}, {}, mean, variance, true).sum().backward();
  CHECK(!mean.requires_grad());
  CHECK(!variance.requires_grad());
}

TEST_CASE("batch_norm of a f16 batch takes f32 parameters") {
  const Tensor x = sample_values({4, 3, 2, 2}).to(kFloat16);
  const Tensor weight = sinter::ones({3}).set_requires_grad(true), bias = sinter::zeros({3});
  Tensor mean = sinter::zeros({3}), variance = sinter::ones({3});
  const Tensor y = batch_norm(x, weight, bias, mean, variance, true);
  CHECK(y.dtype() == kFloat16);
  y.sum().backward();
  CHECK(weight.grad().dtype() == kFloat32);
}

TEST_CASE("instance_norm averages running statistics over the batch") {
  const Tensor x = sample_values({3, 2, 4, 5});
  Tensor mean = sinter::zeros({2}, kFloat64), variance = sinter::ones({2}, kFloat64);
  const Tensor y = instance_norm(x, {}, {}, mean, variance, true, 0.5);
  CHECK(allclose(mean, x.mean({2, 3}).mean({0}) * 0.5, 1e-12, 1e-12));
  CHECK(allclose(variance, x.var({2, 3}).mean({0}) * 0.5 + 0.5, 1e-12, 1e-12));
  CHECK(allclose(y, instance_norm(x), 1e-10, 1e-10));
  const Tensor fixed = instance_norm(x, {}, {}, mean, variance, false);
  CHECK(allclose(fixed, batch_norm(x, {}, {}, mean, variance, false), 1e-12, 1e-12));
}

TEST_CASE("the eps of a normalisation keeps constant input finite") {
  const Tensor x = sinter::ones({4, 6}, kFloat64) * 7;
  CHECK(layer_norm(x, {6}).abs().max().item<double>() == 0);
  CHECK(batch_norm(x, {}, {}, {}, {}, true).abs().max().item<double>() == 0);
  CHECK(group_norm(x, 2).abs().max().item<double>() == 0);
  CHECK(allclose(rms_norm(sinter::zeros({2, 3}), {3}), sinter::zeros({2, 3})));
}

}  // namespace sinter::testing
