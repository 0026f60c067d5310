#include <sinter/graph/compile.h>
#include <sinter/graph/interpreter.h>
#include <sinter/graph/trace.h>
#include <sinter/nn/models/models.h>
#include <sinter/ops/registry.h>

#include <catch2/catch.hpp>
#include <cmath>

#include "../../examples/digits/read_digits.h"
#include "quant_models.h"

using namespace sinter;
using namespace sinter::quant;
using sinter::testing::count;
using sinter::testing::SmallNet;
using sinter::testing::unsettle;

namespace {

// Real numbers of the tests' own: integers and floats in plain loops.
struct Plain {
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> values;

  explicit Plain(const Tensor& t) : sizes(t.sizes().vec()) {
    const Tensor wide = t.to(kInt64).contiguous();
    values.assign(wide.data_ptr<std::int64_t>(), wide.data_ptr<std::int64_t>() + wide.numel());
  }
  std::int64_t at(std::int64_t n, std::int64_t c, std::int64_t h, std::int64_t w) const {
    return values[static_cast<std::size_t>(((n * sizes[1] + c) * sizes[2] + h) * sizes[3] + w)];
  }
};

std::int64_t requantized(std::int64_t sum, const Tensor& scales, std::int64_t o,
                         const QuantParams& x, const ByteParams& y, bool relu) {
  const float product = static_cast<float>(x.scale) * scales[o].item<float>();
  const float real = static_cast<float>(sum) * (product / static_cast<float>(y.params.scale));
  const std::int64_t low = y.dtype == kInt8 ? -128 : 0;
  const auto q = static_cast<std::int64_t>(std::nearbyint(real)) + y.params.zero_point;
  const std::int64_t cut = std::clamp(q, low, low + 255);
  return relu ? std::max(cut, y.params.zero_point) : cut;
}

// A convolution of bytes, straight from its definition.
Tensor plain_convolution(const Tensor& input, const QConv2dImpl& layer) {
  const Plain x(input), w(layer.weight), b(layer.bias);
  const auto& o = layer.options.conv;
  const auto stride = *o.stride(), padding = *o.padding().numbers();
  const std::int64_t per_group = w.sizes[0] / o.groups();
  const auto size = [&](std::size_t d) {
    return (x.sizes[d + 2] + 2 * padding[d] - w.sizes[d + 2]) / stride[d] + 1;
  };
  const Tensor out = empty({x.sizes[0], w.sizes[0], size(0), size(1)}, kInt64);
  auto y = out.accessor<std::int64_t, 4>();
  for (std::int64_t n = 0; n < out.size(0); ++n) {
    for (std::int64_t c = 0; c < out.size(1); ++c) {
      for (std::int64_t r = 0; r < out.size(2); ++r) {
        for (std::int64_t k = 0; k < out.size(3); ++k) {
          std::int64_t sum = b.values[static_cast<std::size_t>(c)];
          for (std::int64_t i = 0; i < w.sizes[1]; ++i) {
            for (std::int64_t p = 0; p < w.sizes[2]; ++p) {
              for (std::int64_t q = 0; q < w.sizes[3]; ++q) {
                const std::int64_t row = r * stride[0] - padding[0] + p;
                const std::int64_t column = k * stride[1] - padding[1] + q;
                if (row < 0 || row >= x.sizes[2] || column < 0 || column >= x.sizes[3]) continue;
                const std::int64_t channel = c / per_group * w.sizes[1] + i;
                sum += (x.at(n, channel, row, column) - layer.input.get().zero_point) *
                       w.at(c, i, p, q);
              }
            }
          }
          y[n][c][r][k] = requantized(sum, layer.weight_scale, c, layer.input.get(),
                                      {layer.output.get(), layer.options.output.dtype},
                                      layer.options.output.relu);
        }
      }
    }
  }
  return out.to(layer.options.output.dtype);
}

// Compares every integer convolution of a run with the plain one.
class PlainCheck : public graph::Interpreter {
 public:
  using Interpreter::Interpreter;
  std::int64_t layers = 0, elements = 0, different = 0;

 protected:
  std::vector<Tensor> call_module(graph::Node& node, const std::vector<Tensor>& inputs) override {
    std::vector<Tensor> out = Interpreter::call_module(node, inputs);
    const auto* conv = node.module_as<QConv2d>();
    if (conv == nullptr || conv->options.output.dtype == kFloat32) return out;
    const Tensor expected = plain_convolution(inputs[0], *conv);
    different += out[0].ne(expected).sum().item<std::int64_t>();
    elements += expected.numel();
    ++layers;
    return out;
  }
};

graph::GraphModule calibrated(SmallNet& net, const QConfig& config, const Tensor& x) {
  sinter::testing::unsettle(*net);
  graph::GraphModule ptq = prepare_ptq(net, {x}, config);
  calibrate(ptq, {x});
  return ptq;
}

}  // namespace

TEST_CASE("a converted model runs on integers throughout") {
  manual_seed(1);
  SmallNet net;
  const Tensor x = randn({6, 1, 8, 8});
  graph::GraphModule int8 = convert(calibrated(net, QConfig::ort_x86(), x));
  INFO(int8->graph().str());
  int8->graph().lint();
  CHECK(count<QConv2d>(int8) == 5);
  CHECK(count<QLinear>(int8) == 1);
  CHECK(count<QAdd>(int8) == 1);
  CHECK(count<QGlobalAvgPool2d>(int8) == 1);
  CHECK(count<Quantize>(int8) == 1);
  CHECK(count<DeQuantize>(int8) == 0);  // the last layer's results are real
  CHECK(int8->parameters().empty());
  const auto state = int8->state_dict();
  CHECK(state["stem.weight"].dtype() == kInt8);
  CHECK(state["stem.bias"].dtype() == kInt32);
  CHECK(state.contains("stem.weight_scale"));
  CHECK(state.contains("fc.output_zero_point"));
  for (const graph::Node* node : int8->graph().nodes()) {
    if (node->is(graph::Kind::output) || node->is(graph::Kind::input)) continue;
    const auto params = byte_params(const_cast<graph::Node*>(node)->value());
    CHECK(params.has_value() == (node->result().meta.dtype != kFloat32));
  }
}

TEST_CASE("integer convolutions equal plain integer loops bit for bit") {
  manual_seed(1);
  SmallNet net;
  const Tensor x = randn({3, 1, 8, 8});
  graph::GraphModule int8 = convert(calibrated(net, QConfig::ort_x86(), x));
  PlainCheck check(int8->graph());
  const NoGradGuard no_grad;
  check.run({x});
  CHECK(check.layers == 5);
  CHECK(check.elements > 3000);
  CHECK(check.different == 0);
}

TEST_CASE("the integer model agrees with the one that simulates it") {
  manual_seed(1);
  const Tensor x = randn({16, 1, 8, 8});
  for (const QConfig& config : {QConfig::ort_x86(), QConfig::tensorrt()}) {
    INFO(config.name);
    SmallNet net;
    graph::GraphModule ptq = calibrated(net, config, x);
    graph::GraphModule int8 = convert(ptq);
    INFO(int8->graph().str());
    const NoGradGuard no_grad;
    const Tensor simulated = ptq(x), integer = int8(x);
    // Sums that are ties, or nearly so, may be rounded the other way.
    const double spread = simulated.abs().max().item<double>();
    CHECK((simulated - integer).abs().max().item<double>() < 0.03 * spread);
    CHECK((simulated - integer).abs().mean().item<double>() < 0.003 * spread);
    net->eval();
    CHECK((net(x) - integer).abs().mean().item<double>() < 0.05 * spread);
    // Any batch size will do.
    CHECK(int8(x.slice(0, 0, 5)).equal(integer.slice(0, 0, 5)));
  }
}

TEST_CASE("residual nets and ShuffleNets run on integers as they are simulated") {
  manual_seed(2);
  const Tensor x = randn({4, 3, 16, 16});
  const auto check = [&](auto& net, const QConfig& config) {
    INFO(config.name);
    sinter::testing::unsettle(*net);
    net->eval();
    graph::GraphModule ptq = prepare_ptq(net, {x}, config);
    calibrate(ptq, {x});
    graph::GraphModule int8 = convert(ptq);
    INFO(int8->graph().str());
    CHECK(count<nn::Conv2d>(int8) == 0);
    CHECK(count<nn::BatchNorm2d>(int8) == 0);
    // Nothing but the residual branches of TensorRT is computed in floating point.
    const bool ort = config.name == "ort_x86";
    if (ort) CHECK(count<DeQuantize>(int8) == 0);
    const NoGradGuard no_grad;
    const Tensor simulated = ptq(x), integer = int8(x), real = net(x);
    const double spread = real.abs().max().template item<double>();
    CHECK((simulated - integer).abs().mean().template item<double>() < 0.005 * spread);
    CHECK((real - integer).abs().mean().template item<double>() < 0.1 * spread);
  };
  for (const QConfig& config : {QConfig::ort_x86(), QConfig::tensorrt()}) {
    nn::models::ShuffleNet shuffle(nn::models::ShuffleNetOptions(2)
                                       .num_classes(10)
                                       .stem_channels(8)
                                       .stem_pool(false)
                                       .stage_channels({24})
                                       .stage_units({3}));
    check(shuffle, config);
    nn::models::ResNet residual = nn::models::small_resnet(3, 10, {8, 16}, {1, 2});
    check(residual, config);
  }
}

TEST_CASE("an integer model is saved, loaded and cloned") {
  manual_seed(1);
  SmallNet net;
  const Tensor x = randn({4, 1, 8, 8});
  graph::GraphModule ptq = calibrated(net, QConfig::ort_x86(), x);
  graph::GraphModule int8 = convert(ptq), other = convert(ptq);
  const Tensor expected = int8(x);
  for (Tensor& buffer : other->buffers()) buffer.zero_();
  other->load_state_dict(int8->state_dict());
  CHECK(other(x).equal(expected));
  const auto copy = std::dynamic_pointer_cast<graph::GraphModuleImpl>(int8->clone());
  CHECK(copy->run({x})[0].equal(expected));
  // The prepared model goes on by itself.
  for (Tensor& parameter : net->parameters()) parameter.detach().zero_();
  CHECK(int8(x).equal(expected));
}

TEST_CASE("an integer model is lowered to ops that compute the same") {
  manual_seed(1);
  SmallNet net;
  const Tensor x = randn({4, 1, 8, 8});
  graph::GraphModule int8 = convert(calibrated(net, QConfig::ort_x86(), x));
  const NoGradGuard no_grad;
  const auto ops = graph::lower(*int8, {x});
  ops->lint();
  CHECK(ops->find(*ops::find_op("quantized_conv2d")).size() == 5);
  CHECK(graph::Interpreter(*ops).run({x})[0].equal(int8(x)));
  int8->to(kFloat16);
  CHECK_THROWS_WITH(int8(x), "[guarded_number] the tensor must hold one f32; got f16 []");
}

TEST_CASE("a large bias raises the scale of its weight") {
  nn::Conv2d conv(nn::Conv2dOptions(1, 1, 1));
  const NoGradGuard no_grad;
  conv->weight.fill_(1e-6);
  conv->bias.fill_(1000);
  graph::GraphModule ptq =
      prepare_ptq(nn::Sequential(conv), {rand({2, 1, 3, 3})}, QConfig::ort_x86());
  const Tensor x = rand({2, 1, 3, 3});
  calibrate(ptq, {x});
  graph::GraphModule int8 = convert(ptq);
  const auto& layer = *int8->graph().find<QConv2d>()[0]->module_as<QConv2d>();
  CHECK(std::abs(layer.bias.item<double>()) <= 0x1p30);
  CHECK(int8(x).mean().item<double>() == Approx(1000).epsilon(0.01));
}

TEST_CASE("what cannot run on integers stays in floating point between the layers that can") {
  manual_seed(1);
  nn::Sequential net(nn::Conv2d(nn::Conv2dOptions(2, 4, 3)), nn::Tanh(),
                     nn::Conv2d(nn::Conv2dOptions(4, 4, 3)), nn::ReLU(), nn::AvgPool2d(2),
                     nn::Flatten(), nn::Dropout(0.5), nn::Linear(16, 3));
  const Tensor x = randn({4, 2, 8, 8});
  graph::GraphModule ptq = prepare_ptq(net, {x}, QConfig::ort_x86());
  calibrate(ptq, {x});
  graph::GraphModule int8 = convert(ptq);
  INFO(int8->graph().str());
  CHECK(count<QConv2d>(int8) == 2);
  CHECK(count<QAvgPool2d>(int8) == 1);
  CHECK(count<DeQuantize>(int8) == 1);
  CHECK(count<nn::Tanh>(int8) == 1);
  CHECK(count<nn::Dropout>(int8) == 0);
  const NoGradGuard no_grad;
  net->eval();
  CHECK((int8(x) - net->forward(x)).abs().max().item<double>() < 0.05);
}

TEST_CASE("a model must be prepared, and have observed something, to be converted") {
  SmallNet net;
  const Tensor x = randn({2, 1, 8, 8});
  CHECK_THROWS_WITH(convert(graph::trace(net, {x})),
                    Catch::StartsWith("[convert] the model must be one of prepare_qat"));
  CHECK_THROWS_WITH(convert(prepare_qat(net, {x}, QConfig::ort_x86())),
                    Catch::StartsWith("[observer] parameters need observed tensors"));
}

namespace {

double accuracy(graph::GraphModule& module, const digits::Images& images) {
  const NoGradGuard no_grad;
  module->eval();
  const Tensor right = module(images.pixels).argmax(1).eq(images.labels);
  return 100 * right.to(kFloat64).mean().item<double>();
}

void fit(graph::GraphModule& module, const digits::Images& images, double rate, std::int64_t epochs,
         Schedule* schedule) {
  optim::Adam optimizer(module->parameters(), optim::AdamOptions(rate));
  constexpr std::int64_t kBatch = 64;
  module->train();
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
    const Tensor order = randperm(images.labels.size(0));
    for (std::int64_t at = 0; at + kBatch <= order.size(0); at += kBatch) {
      const Tensor places = order.slice(0, at, at + kBatch);
      optimizer.zero_grad();
      nn::functional::cross_entropy(module(images.pixels.index_select(0, places)),
                                    images.labels.index_select(0, places))
          .backward();
      optimizer.step();
      if (schedule != nullptr) schedule->step();
    }
  }
}

}  // namespace

TEST_CASE("trained on the digits, integers are within a point of floating point") {
  const auto [training, held_out] = digits::split(digits::read(SINTER_DIGITS));
  const std::int64_t steps = training.labels.size(0) / 64;
  for (const QConfig& config : {QConfig::ort_x86(), QConfig::tensorrt()}) {
    manual_seed(3);
    nn::models::LeNet net;
    graph::GraphModule real = graph::trace(net, {training.pixels.slice(0, 0, 4)});
    fit(real, training, 4e-3, 6, nullptr);
    fit(real, training, 1e-3, 3, nullptr);
    const double before = accuracy(real, held_out);

    graph::GraphModule ptq = prepare_ptq(real, config);
    calibrate(ptq, training.pixels.split(128));
    graph::GraphModule calibrated_int8 = convert(ptq);
    const double after_calibration = accuracy(calibrated_int8, held_out);

    graph::GraphModule qat = prepare_qat(real, config);
    Schedule schedule(qat, 3 * steps);
    fit(qat, training, 3e-4, 3, &schedule);
    const double simulated = accuracy(qat, held_out);
    graph::GraphModule int8 = convert(qat);
    const double integer = accuracy(int8, held_out);

    WARN(config.name << ": float " << before << " %, calibrated int8 " << after_calibration
                     << " %, QAT " << simulated << " %, int8 " << integer << " %");
    CHECK(before > 97);
    CHECK(after_calibration >= before - 1);
    CHECK(integer >= before - 1);
    CHECK(std::abs(integer - simulated) <= 0.6);
  }
}

TEST_CASE("a compiled integer model gives the bits of the eager one, again and again") {
  manual_seed(0);
  SmallNet net;
  unsettle(*net);
  net->eval();
  const Tensor x = randn({2, 1, 8, 8});
  auto prepared = prepare_ptq(net, {x}, QConfig::ort_x86());
  calibrate(prepared, {x});
  auto integer = convert(prepared);
  const NoGradGuard no_grad;
  auto compiled = graph::compile(integer);
  compiled(x);  // packs the weights, which outlive it
  const Tensor expected = integer(x);
  for (int run = 0; run < 2; ++run) CHECK(compiled(x).equal(expected));
  CHECK(compiled.report().eager_runs == 0);
  CHECK(compiled.report().allocations == 0);
}
