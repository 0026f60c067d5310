// Quantization-aware training, compiled, against the eager one: bit for bit.
#include <sinter/nn/models/models.h>
#include <sinter/quant/quant.h>

#include "training_runs.h"

// Passes through all stages of a schedule: observing, fake quantization from step 2 on, frozen
// batch norm from step 6 on, frozen scales from step 8 on.
template <>
struct sinter::testing::Between<sinter::graph::GraphModule> {
  explicit Between(const graph::GraphModule& model) : schedule(model, 2 * kSteps) {}
  void step() { schedule.step(); }
  static constexpr std::size_t kCaptures = 4;
  quant::Schedule schedule;
};

using namespace sinter;
using namespace sinter::testing;

namespace {

template <class Model>
graph::GraphModule prepared(const Model& model, const quant::QConfig& config) {
  return quant::prepare_qat(model, {randn({8, 1, 8, 8})}, config);
}

}  // namespace

TEST_CASE("ten compiled steps of a fake-quantized LeNet give the bits of eager ones") {
  for (const auto& config : {quant::QConfig::ort_x86(), quant::QConfig::tensorrt()}) {
    INFO(config.name);
    const auto make = [&] { return prepared(nn::models::LeNet(), config); };
    check_all_threads<Images, optim::SGD>(make, sgd());
    check_all_threads<Images, optim::Adam>(make, adam());
  }
}

TEST_CASE("ten compiled steps of a fake-quantized small ResNet give the bits of eager ones") {
  for (const auto& config : {quant::QConfig::ort_x86(), quant::QConfig::tensorrt()}) {
    INFO(config.name);
    const auto make = [&] {
      return prepared(nn::models::small_resnet(1, 10, {8, 16}, {1, 1}), config);
    };
    check_all_threads<Images, optim::SGD>(make, sgd());
    check_all_threads<Images, optim::Adam>(make, adam());
  }
}

TEST_CASE("what a schedule or a histogram does cannot be captured") {
  const Tensor x = randn({8, 1, 8, 8});
  auto qat = prepared(nn::models::LeNet(), quant::QConfig::ort_x86());
  quant::Schedule schedule(qat, 20);
  auto step = graph::compile_step([&](const Tensor& images) {
    schedule.step();
    return qat(images);
  });
  step(x);
  CHECK_THROWS_WITH(step(x), Catch::StartsWith("[schedule] step() must be called outside"));
  auto ptq = quant::prepare_ptq(nn::models::LeNet(), {x}, quant::QConfig::ort_x86());
  const NoGradGuard no_grad;
  auto observing = graph::compile(ptq);
  CHECK_THROWS_WITH(observing(x), Catch::StartsWith("[observer] this observer reads elements"));
  quant::calibrate(ptq, {x});
  auto calibrated = graph::compile(ptq);
  CHECK(same_bits(calibrated(x), ptq(x)));
  quant::enable_fake_quant(*ptq, false);
  CHECK(same_bits(calibrated(x), ptq(x)));
  CHECK(calibrated.report().reason == "a bool that the program branches on has changed");
}
