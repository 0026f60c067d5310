// A forward pass of one net in evaluation mode; --onnx writes the net for other runtimes instead.
#include <sinter/graph/compile.h>
#include <sinter/graph/onnx/onnx.h>
#include <sinter/quant/quant.h>

#include <nlohmann/json.hpp>

#include "memory.h"
#include "nets.h"
#include "run.h"

namespace {

using namespace benchmarks;
namespace graph = sinter::graph;
namespace quant = sinter::quant;
using sinter::Tensor;

graph::GraphModule integer_form(const sinter::nn::Sequential& net, const Tensor& input) {
  auto prepared = quant::prepare_ptq(net, {input}, quant::QConfig::ort_x86());
  quant::calibrate(prepared, {input});
  return quant::convert(prepared);
}

// Compiled programs run with weights that no longer change, as the peers do.
template <class M>
Times measure(const Options& options, M& module, const Tensor& input) {
  if (options.mode == "eager") return repeated(options, [&] { module->forward(input); });
  auto compiled = graph::compile(module, {.fast = true});
  return repeated(options, [&] { compiled(input); });
}

void bench(const Options& options) {
  if (options.dtype == "bf16") throw NotThere("inference in bf16 is not there");
  const double start_mb = resident_mb();
  const Net& spec = net_named(options.model);
  auto net = spec.make();
  net->eval();
  const Tensor input = spec.batch(options.batch).input;
  const sinter::NoGradGuard no_grad;
  if (options.dtype == "int8" && input.dtype() != sinter::kFloat32) {
    throw NotThere("int8 nets of tokens are not there");
  }
  auto integer = options.dtype == "int8" ? integer_form(net, input) : graph::GraphModule(nullptr);
  if (!options.onnx.empty()) {
    sinter::onnx::save(integer ? integer : graph::trace(net, {input}), options.onnx);
    return;
  }
  nlohmann::json line =
      json_of(integer ? measure(options, integer, input) : measure(options, net, input));
  line["parameters"] = parameter_count(net);
  line["start_mb"] = start_mb;
  line["peak_mb"] = peak_resident_mb();
  print_line(line);
}

}  // namespace

int main(int argc, char** argv) { return run_main(argc, argv, bench); }
