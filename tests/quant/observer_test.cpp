#include <sinter/quant/quant.h>
#include <sinter/sinter.h>

#include <catch2/catch.hpp>
#include <cmath>

using namespace sinter;
using namespace sinter::quant;

// Numbers of PyTorch: see tests/data/quant/observer_numbers.py.
namespace {

Tensor stored(const std::string& name) {
  static const safetensors::File file =
      safetensors::load(SINTER_TEST_DATA "/quant/observer_numbers.safetensors");
  const Tensor found = file.find(name);
  REQUIRE(found.defined());
  return found;
}

void observe_all(Observer& observer) {
  for (int k = 0; k < 4; ++k) observer.observe(stored(str("batch", k)));
}

bool close(const Tensor& a, const Tensor& b, double tolerance = 1e-6) {
  const Tensor x = a.to(kFloat64).flatten(), y = b.to(kFloat64).flatten();
  return x.sizes() == y.sizes() && (x - y).abs().max().item<double>() <= tolerance;
}

void check_as_pytorch(const Observer& observer, const std::string& name) {
  INFO(name);
  CHECK(close(observer.min_val, stored(name + ".min")));
  CHECK(close(observer.max_val, stored(name + ".max")));
  CHECK(close(observer.params().scale, stored(name + ".scale")));
  CHECK(close(observer.params().zero_point, stored(name + ".zero_point"), 0));
}

double mean_square_error(const Tensor& x, const QParams& params, const QScheme& scheme) {
  return square(fake_quantize(x, params, scheme) - x).mean().item<double>();
}

}  // namespace

TEST_CASE("observers find the ranges and parameters that PyTorch's find") {
  MinMaxObserver least(QScheme::u8_affine());
  observe_all(*least);
  check_as_pytorch(*least, "min_max");
  MovingAverageMinMaxObserver moving(QScheme::u8_affine());
  observe_all(*moving);
  check_as_pytorch(*moving, "moving_average");
  QScheme by_channel = QScheme::u8_affine();
  by_channel.axis = 1;
  MinMaxObserver channels(by_channel, ObserverOptions{}, 3);
  observe_all(*channels);
  check_as_pytorch(*channels, "per_channel");
}

TEST_CASE("a histogram counts as PyTorch's, keeps all elements and clips for the least error") {
  const QScheme scheme = QScheme::i8_symmetric();
  HistogramObserver observer(scheme);
  observer->observe(stored("batch0"));
  CHECK(close(observer->histogram, stored("histogram.first"), 0));
  for (int k = 1; k < 4; ++k) observer->observe(stored(str("batch", k)));
  CHECK(observer->histogram.sum().item<double>() == Approx(4 * 300));

  // A few elements far out: the histogram's range loses less than the whole one.
  manual_seed(1);
  Tensor x = randn({20000});
  x[0] = 9;
  const QScheme coarse{kInt8, -8, 7, true};
  HistogramObserver clipped(coarse);
  MinMaxObserver whole(coarse);
  clipped->observe(x);
  whole->observe(x);
  CHECK(mean_square_error(x, clipped->params(), coarse) <
        0.5 * mean_square_error(x, whole->params(), coarse));
}

TEST_CASE("parameters follow the formulas, with zero in every range") {
  const auto params = [](float low, float high, const QScheme& scheme) {
    const QParams p = choose_params(full({}, low), full({}, high), scheme);
    return std::pair{p.scale.item<float>(), p.zero_point.item<int>()};
  };
  const QScheme affine = QScheme::u8_affine(), symmetric = QScheme::i8_symmetric();
  CHECK(params(-1, 3, affine) == std::pair{4.0F / 255, 64});
  CHECK(params(2, 3, affine) == std::pair{3.0F / 255, 0});
  CHECK(params(-3, -2, affine) == std::pair{3.0F / 255, 255});
  CHECK(params(-3, 2, symmetric) == std::pair{3.0F / 127, 0});
  CHECK(params(0, 0, affine) == std::pair{0x1p-23F, 0});
  CHECK_THROWS_WITH(params(1, NAN, affine),
                    Catch::StartsWith("[choose_qparams] a range must be finite"));
  CHECK_THROWS_WITH(params(1, -1, affine),
                    "[choose_qparams] a range must be finite and not upside down; got 1 to -1");
  CHECK_THROWS_WITH(choose_params(zeros({2}), zeros({3}), affine),
                    "[choose_qparams] both ends must have the same sizes; got [2] and [3]");
  CHECK_THROWS_WITH(MinMaxObserver(affine)->params(),
                    Catch::StartsWith("[observer] parameters need observed tensors; got none"));
  CHECK_THROWS_WITH(HistogramObserver(QScheme::i8_weight()),
                    "[observer] a histogram is for one scale; got an axis");
  ObserverOptions no_bins;
  no_bins.bins = 0;
  CHECK_THROWS_WITH(HistogramObserver(affine, no_bins), "[observer] bins must be positive; got 0");
  CHECK_THROWS_WITH(HistogramObserver(affine)->observe(full({2}, INFINITY)),
                    Catch::StartsWith("[observer] elements must be finite; got"));
}

TEST_CASE("fake quantization and its gradient are PyTorch's") {
  Tensor x = stored("fake.x").clone().requires_grad_();
  const Tensor y = fake_quantize_per_tensor_affine(x, 0.013, 117, 0, 255);
  CHECK(close(y, stored("fake.y")));
  y.backward(ones_like(y));
  CHECK(close(x.grad(), stored("fake.dx"), 0));
}

TEST_CASE("ties go to the even integer before the zero point is added") {
  const Tensor x = tensor({0.25F, 0.75F, 1.25F, -0.25F, -0.75F, 100.0F, -100.0F});
  const Tensor q = quantize(x, full({}, 0.5), full({}, 3, kInt32), kUInt8);
  CHECK(q.equal(tensor({3, 5, 5, 3, 1, 203, 0}).to(kUInt8)));
}

TEST_CASE("a learned scale gets the step size gradient") {
  Tensor x = tensor({0.26F, 0.9F, -0.6F, 7.0F, -9.0F});
  Tensor scale = full({}, 0.5F).requires_grad_();
  fake_quantize_per_tensor_affine(x, scale, zeros({}, kInt32), -4, 3).sum().backward();
  // round(v) - v inside, the ends outside.
  const double inside = (1 - 0.52) + (2 - 1.8) + (-1 + 1.2);
  CHECK(scale.grad().item<double>() == Approx(inside + 3 - 4).epsilon(1e-5));
}

TEST_CASE("a FakeQuantize module observes, quantizes, saves its state and is cloned") {
  FakeQuantize fake(FakeQuantizeOptions{QScheme::u8_affine(), {}, 1});
  CHECK_THROWS_WITH(fake->update_params(), Catch::StartsWith("[observer] parameters need"));
  const Tensor x = stored("batch0");
  const Tensor y = fake(x);
  CHECK_FALSE(y.equal(x));
  CHECK(fake(y).equal(fake(y)));
  fake->enable_fake_quant(false);
  CHECK(fake(x).equal(x));
  fake->enable_fake_quant();
  fake->enable_observer(false);
  const Tensor scale = fake->scale.clone();
  fake(x * 100);
  CHECK(fake->scale.equal(scale));
  FakeQuantize other(FakeQuantizeOptions{QScheme::u8_affine(), {}, 1});
  other->load_state_dict(fake->state_dict());
  CHECK(other(x).equal(fake(x)));
  CHECK_FALSE(other->observer_enabled());
  const auto copy = std::dynamic_pointer_cast<FakeQuantizeImpl>(fake->clone());
  CHECK(copy->forward(x).equal(fake(x)));
  CHECK(copy->observer != fake->observer);
}
