#include <sinter/autograd/grad_mode.h>
#include <sinter/core/error.h>
#include <sinter/graph/interpreter.h>
#include <sinter/ops/copy.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/quantize.h>
#include <sinter/ops/reduce.h>
#include <sinter/quant/prepare.h>
#include <sinter/quant/qat_layers.h>
#include <sinter/quant/report.h>

#include <cmath>
#include <cstdio>
#include <limits>
#include <ostream>
#include <set>
#include <unordered_map>

namespace sinter::quant {

using graph::Node;

namespace {

double decibels(const Tensor& real, const Tensor& approximate) {
  const Tensor x = real.to(kFloat64);
  const double error = square(x - approximate.to(kFloat64)).sum().item<double>();
  const double signal = square(x).sum().item<double>();
  if (error == 0) return std::numeric_limits<double>::infinity();
  return 10 * std::log10(signal / error);
}

std::int64_t codes_used(const Tensor& x, const QParams& params, const QScheme& scheme) {
  const Tensor q = quantize(x.detach(), params.scale, params.zero_point, scheme.dtype, scheme.axis)
                       .to(kInt64)
                       .contiguous();
  const std::int64_t* data = q.const_data_ptr<std::int64_t>();
  return static_cast<std::int64_t>(std::set<std::int64_t>(data, data + q.numel()).size());
}

TensorReport describe(const std::string& name, const Tensor& x, FakeQuantizeImpl& quantizer) {
  const QParams params = quantizer.params();
  const QScheme& scheme = quantizer.options.scheme;
  const Tensor y = fake_quantize(x, params, scheme);
  TensorReport out;
  out.name = name;
  out.low = x.min().item<double>();
  out.high = x.max().item<double>();
  out.scale = params.scale.min().item<double>();
  out.zero_point = params.zero_point.flatten()[0].item<std::int64_t>();
  // More than rounding can explain.
  Tensor step = params.scale;
  if (scheme.axis) {
    Dims sizes(static_cast<std::size_t>(x.dim()), 1);
    sizes[static_cast<std::size_t>(*scheme.axis)] = step.numel();
    step = step.view(sizes);
  }
  const Tensor beyond = (x - y).abs().gt(step * 0.501);
  out.clipped = 100 * beyond.to(kFloat64).mean().item<double>();
  out.codes = codes_used(x, params, scheme);
  out.sqnr = decibels(x, y);
  return out;
}

// Keeps what goes into each FakeQuantize.
class Watcher : public graph::Interpreter {
 public:
  using Interpreter::Interpreter;
  std::vector<std::pair<const Node*, Tensor>> quantized;
  std::vector<TensorReport> weights;

 protected:
  std::vector<Tensor> call_module(Node& node, const std::vector<Tensor>& inputs) override {
    if (node.is_module<FakeQuantize>()) quantized.emplace_back(&node, inputs[0]);
    const std::string name = node.num_args() > 1 ? node.arg(1).node()->target() : std::string();
    if (auto* conv = node.module_as<QatConv2d>()) {
      const auto folded = conv->folded(
          {inputs[1], inputs[2], inputs[3], inputs[4], inputs[5], inputs[6], inputs[7]});
      weights.push_back(describe_weight(name, folded.first, *conv->weight_fake_quantize));
    } else if (auto* linear = node.module_as<QatLinear>()) {
      weights.push_back(describe_weight(name, inputs[1], *linear->weight_fake_quantize));
    }
    return Interpreter::call_module(node, inputs);
  }

 private:
  static TensorReport describe_weight(const std::string& name, const Tensor& weight,
                                      FakeQuantizeImpl& quantizer) {
    TensorReport out = describe(name, weight, quantizer);
    out.weight = true;
    return out;
  }
};

// The switches of all modules, put back at the end.
class KeepSwitches {
 public:
  explicit KeepSwitches(graph::GraphModuleImpl& module)
      : module_(module), training_(module.is_training()) {
    for (const auto& below : module.modules(false)) {
      if (auto* one = below->as<FakeQuantize>()) {
        kept_.push_back({one, one->observer_enabled(), one->fake_quant_enabled()});
      }
    }
    module.eval();
    enable_observers(module, false);
  }
  ~KeepSwitches() {
    for (const One& one : kept_) {
      one.module->enable_observer(one.observer);
      one.module->enable_fake_quant(one.fake_quant);
    }
    module_.train(training_);
  }
  KeepSwitches(const KeepSwitches&) = delete;
  KeepSwitches& operator=(const KeepSwitches&) = delete;

 private:
  struct One {
    FakeQuantizeImpl* module;
    bool observer, fake_quant;
  };
  graph::GraphModuleImpl& module_;
  bool training_;
  std::vector<One> kept_;
};

}  // namespace

Report report(const graph::GraphModule& prepared, const std::vector<Tensor>& inputs) {
  auto& module = const_cast<graph::GraphModuleImpl&>(*prepared);
  SINTER_CHECK_AS(ValueError, !module.graph().find<FakeQuantize>().empty(),
                  "[report] the model must be one of prepare_qat or prepare_ptq; got ",
                  module.name(), " without fake quantization");
  const NoGradGuard no_grad;
  const KeepSwitches keep(module);
  enable_fake_quant(module, false);
  Watcher exact(module.graph());
  exact.run(inputs);
  enable_fake_quant(module);
  Watcher rounded(module.graph());
  rounded.run(inputs);
  Report out;
  for (std::size_t i = 0; i < rounded.quantized.size(); ++i) {
    const auto& [node, x] = rounded.quantized[i];
    auto& quantizer = *node->module_as<FakeQuantize>();
    TensorReport one = describe(node->arg(0).node()->name(), x, quantizer);
    const Tensor y = fake_quantize(x, quantizer.params(), quantizer.options.scheme);
    one.cumulative_sqnr = decibels(exact.quantized[i].second, y);
    out.tensors.push_back(one);
  }
  out.tensors.insert(out.tensors.end(), rounded.weights.begin(), rounded.weights.end());
  return out;
}

std::string Report::str() const {
  std::string text =
      "tensor                              low       high      scale  zero  clip %  codes    dB  "
      "cumulative\n";
  for (const TensorReport& t : tensors) {
    char line[192];
    std::snprintf(line, sizeof line, "%-30.30s %9.4g  %9.4g  %9.4g  %4lld  %6.2f  %5lld %5.1f",
                  t.name.c_str(), t.low, t.high, t.scale, static_cast<long long>(t.zero_point),
                  t.clipped, static_cast<long long>(t.codes), t.sqnr);
    text += line;
    if (!t.weight) {
      std::snprintf(line, sizeof line, "  %10.1f", t.cumulative_sqnr);
      text += line;
    }
    text += t.sqnr < (t.weight ? 30 : 20) ? "  low\n" : "\n";
  }
  return text;
}

std::ostream& operator<<(std::ostream& stream, const Report& report) {
  return stream << report.str();
}

}  // namespace sinter::quant
