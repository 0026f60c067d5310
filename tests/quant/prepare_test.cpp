#include <sinter/ops/registry.h>

#include <catch2/catch.hpp>

#include "quant_models.h"

using namespace sinter;
using namespace sinter::quant;
using sinter::testing::count;
using sinter::testing::SmallNet;

namespace {

bool close(const Tensor& a, const Tensor& b, double tolerance) {
  return (a - b).abs().max().item<double>() <= tolerance;
}

// The names of the nodes whose values are quantized.
std::vector<std::string> quantized_values(const graph::GraphModule& module) {
  std::vector<std::string> out;
  for (const graph::Node* node : module->graph().find<FakeQuantize>()) {
    out.push_back(node->arg(0).node()->name());
  }
  return out;
}

bool contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

}  // namespace

TEST_CASE("a prepared model shares parameters and keeps their names") {
  manual_seed(1);
  SmallNet net;
  const Tensor x = randn({4, 1, 8, 8});
  const graph::GraphModule qat = prepare_qat(net, {x}, QConfig::ort_x86());
  INFO(qat->graph().str());
  qat->graph().lint();
  CHECK(count<QatConv2d>(qat) == 5);
  CHECK(count<QatLinear>(qat) == 1);
  CHECK(count<nn::BatchNorm2d>(qat) == 0);
  const auto state = qat->state_dict();
  for (const auto& item : net->state_dict()) {
    REQUIRE(state.contains(item.key()));
    CHECK(state[item.key()].data_ptr() == item.value().data_ptr());
  }
  for (const auto& item : state) {
    CHECK((net->state_dict().contains(item.key()) || item.key().starts_with("quant.")));
  }
}

TEST_CASE("without fake quantization a prepared model computes what the model computes") {
  manual_seed(1);
  SmallNet net;
  sinter::testing::unsettle(*net);
  const Tensor x = randn({4, 1, 8, 8});
  graph::GraphModule qat = prepare_qat(net, {x}, QConfig::ort_x86());
  enable_fake_quant(*qat, false);
  SECTION("in evaluation") {
    qat->eval();
    net->eval();
    CHECK(close(qat(x), net(x), 1e-5));
  }
  SECTION("in training, with gradients and running statistics") {
    const auto twin = std::dynamic_pointer_cast<sinter::testing::SmallNetImpl>(net->clone());
    const Tensor expected = twin->forward(x), got = qat(x);
    CHECK(close(got, expected, 2e-5));
    square(expected).sum().backward();
    square(got).sum().backward();
    for (const auto& item : twin->named_parameters()) {
      INFO(item.key());
      Tensor mine = net->named_parameters()[item.key()].grad();
      // Batch norm takes a bias out again.
      if (!mine.defined()) mine = zeros_like(item.value());
      CHECK(close(mine, item.value().grad(),
                  1e-4 * (1 + item.value().grad().abs().max().item<double>())));
    }
    for (const auto& item : twin->named_buffers()) {
      INFO(item.key());
      CHECK(close(net->named_buffers()[item.key()], item.value(), 1e-5));
    }
  }
}

TEST_CASE("ort_x86 quantizes both operands of an addition, tensorrt the residual alone") {
  SmallNet net;
  const Tensor x = randn({2, 1, 8, 8});
  const graph::GraphModule plain = graph::trace(net, {x});
  const graph::Node* add = plain->graph().find(*ops::find_op("add"))[0];
  const std::string branch = add->arg(0).node()->name();
  const auto is_quantized = [&](const QConfig& config, std::size_t operand) {
    const graph::GraphModule qat = prepare_qat(plain, config);
    const graph::Node* node = qat->graph().find(*ops::find_op("add"))[0];
    const graph::Node* source = node->arg(operand).node();
    // Through what moves bytes about.
    while (!source->is_module<FakeQuantize>() && !source->is_module<QatConv2d>()) {
      source = source->arg(0).node();
    }
    return source->is_module<FakeQuantize>();
  };
  CHECK(is_quantized(QConfig::ort_x86(), 0));
  CHECK(is_quantized(QConfig::ort_x86(), 1));
  CHECK_FALSE(is_quantized(QConfig::tensorrt(), 0));
  CHECK(is_quantized(QConfig::tensorrt(), 1));
}

TEST_CASE("what is joined, shuffled and pooled by maximum shares one scale") {
  SmallNet net;
  for (const QConfig& config : {QConfig::ort_x86(), QConfig::tensorrt()}) {
    INFO(config.name);
    const graph::GraphModule qat = prepare_qat(net, {randn({2, 1, 8, 8})}, config);
    INFO(qat->graph().str());
    // The image, the stem, the first convolution, the sum, the two halves, the mean; for ONNX
    // Runtime also the residual branch. Max pooling and the shuffle have none of their own.
    const bool ort = config.name == "ort_x86";
    CHECK(quantized_values(qat).size() == (ort ? 8U : 7U));
    const graph::Node* cat = qat->graph().find(*ops::find_op("cat"))[0];
    const graph::Node *left = cat->arg(0).node(), *right = cat->arg(1).node();
    REQUIRE(left->is_module<FakeQuantize>());
    CHECK(left->target() == right->target());
    CHECK_FALSE(contains(quantized_values(qat), cat->name()));
  }
}

TEST_CASE("frozen batch norm uses running statistics, and stays frozen in training mode") {
  manual_seed(1);
  SmallNet net;
  sinter::testing::unsettle(*net);
  const Tensor x = randn({4, 1, 8, 8});
  graph::GraphModule qat = prepare_qat(net, {x}, QConfig::ort_x86());
  qat(x);
  enable_observers(*qat, false);
  qat->eval();
  const Tensor expected = qat(x);
  freeze_batch_norm(*qat);
  qat->train();
  const Tensor mean = net->stem_norm->running_mean.clone();
  CHECK(qat(x).equal(expected));
  CHECK(net->stem_norm->running_mean.equal(mean));
  freeze_batch_norm(*qat, false);
  qat(x);
  CHECK_FALSE(net->stem_norm->running_mean.equal(mean));
}

TEST_CASE("a schedule calibrates, quantizes, freezes batch norm, then observers") {
  SmallNet net;
  const Tensor x = randn({2, 1, 8, 8});
  graph::GraphModule qat = prepare_qat(net, {x}, QConfig::ort_x86());
  const auto& fake = *qat->graph().find<FakeQuantize>()[0]->module_as<FakeQuantize>();
  const auto& conv = *qat->graph().find<QatConv2d>()[0]->module_as<QatConv2d>();
  Schedule schedule(qat, 100);
  std::vector<std::int64_t> changes;
  auto state = [&] {
    return std::tuple{fake.fake_quant_enabled(), conv.batch_norm_frozen(), fake.observer_enabled()};
  };
  CHECK(state() == std::tuple{false, false, true});
  for (auto before = state(); schedule.steps() < 100; before = state()) {
    schedule.step();
    if (state() != before) changes.push_back(schedule.steps());
  }
  CHECK(changes == std::vector<std::int64_t>{10, 30, 40});
  CHECK(state() == std::tuple{true, true, false});
  CHECK(fake.observer->options.averaging == 0.05);
  CHECK_THROWS_WITH(Schedule(qat, 0), "[schedule] total_steps must be positive; got 0");
  CHECK_THROWS_WITH(Schedule(qat, 10, {0, 2, 0}),
                    "[schedule] shares must be from 0 to 1; got 2 and 0");
}

TEST_CASE("a report says what quantization does to each tensor") {
  manual_seed(1);
  SmallNet net;
  const Tensor x = randn({8, 1, 8, 8});
  graph::GraphModule ptq = prepare_ptq(net, {x}, QConfig::ort_x86());
  calibrate(ptq, {x});
  const Report r = report(ptq, {x});
  REQUIRE(r.tensors.size() == 8 + 6);
  const TensorReport& image = r.tensors[0];
  CHECK(image.low == Approx(x.min().item<double>()));
  CHECK(image.high == Approx(x.max().item<double>()));
  CHECK(image.sqnr > 30);
  CHECK(image.clipped < 1);
  CHECK(image.codes > 100);
  CHECK(image.codes <= 256);
  for (const TensorReport& t : r.tensors) CHECK(t.sqnr > 20);
  CHECK(r.tensors[7].cumulative_sqnr > 15);
  CHECK(r.str().find("stem.weight") != std::string::npos);
  CHECK_THROWS_WITH(report(graph::trace(net, {x}), {x}),
                    Catch::StartsWith("[report] the model must be one of prepare_qat"));
  CHECK_THROWS_WITH(calibrate(ptq, {}), "[calibrate] needs batches; got none");
}
