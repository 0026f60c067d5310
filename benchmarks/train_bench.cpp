// A training step of one net: forward, loss, backward, optimizer.
#include <sinter/graph/compile.h>

#include <nlohmann/json.hpp>

#include "memory.h"
#include "nets.h"
#include "run.h"

namespace {

using namespace benchmarks;
using sinter::Tensor;

void refuse_what_is_missing(const Options& options) {
  if (options.dtype == "bf16")
    throw NotThere("training in bf16 needs autocast, which is not there");
  if (options.dtype == "int8") throw NotThere("int8 is for inference, not for training");
}

void bench(const Options& options) {
  refuse_what_is_missing(options);
  const double start_mb = resident_mb();
  const Net& net = net_named(options.model);
  Training training(net);
  const Batch batch = net.batch(options.batch);
  const auto eager = [&](const Tensor& x, const Tensor& y) { return training.step(x, y); };
  Tensor loss;
  Times times;
  if (options.mode == "graph") {
    auto compiled = sinter::graph::compile_step(eager);
    times = repeated(options, [&] { loss = compiled(batch.input, batch.target); });
  } else {
    times = repeated(options, [&] { loss = eager(batch.input, batch.target); });
  }
  nlohmann::json line = json_of(times);
  line["parameters"] = parameter_count(training.net);
  line["loss"] = loss.item<double>();
  line["start_mb"] = start_mb;
  line["peak_mb"] = peak_resident_mb();
  print_line(line);
}

}  // namespace

int main(int argc, char** argv) { return run_main(argc, argv, bench); }
