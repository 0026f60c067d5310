// Where the time of an eager training step or forward pass goes: a line per op, one for the whole.
#include <sinter/core/allocator.h>
#include <sinter/ops/dispatch.h>

#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "nets.h"
#include "peak.h"
#include "run.h"

namespace {

using namespace benchmarks;
using sinter::Tensor;
using Clock = std::chrono::steady_clock;

double count(const Tensor& t) { return static_cast<double>(t.numel()); }

double bytes_of(const sinter::ops::OpCall& call) {
  double bytes = 0;
  const auto add = [&](const Tensor& t) {
    bytes += count(t) * static_cast<double>(t.element_size());
  };
  for (std::size_t i = 0; i < call.in.size(); ++i) {
    if (call.in.defined(i)) add(call.in[i]);
  }
  for (const Tensor& t : call.out) {
    if (t.defined()) add(t);
  }
  return bytes;
}

// Multiplications and additions of the ops that do more of them than there are elements.
double flops_of(const sinter::ops::OpCall& call) {
  const std::string_view name = call.def.name;
  const auto taps = [](const Tensor& weight) {
    return count(weight) / static_cast<double>(weight.size(0));
  };
  const auto last = [&](std::size_t i) { return static_cast<double>(call.in[i].size(-1)); };
  if (name == "convolution") return 2 * count(call.out[0]) * taps(call.in[1]);
  if (name == "conv_transpose") return 2 * count(call.in[0]) * taps(call.in[1]);
  if (name == "convolution_backward_weight") return 2 * count(call.in[1]) * taps(call.out[0]);
  if (name == "addmm" || name == "baddbmm") return 2 * count(call.out[0]) * last(1);
  if (name == "mm" || name == "bmm" || name == "matmul" || name == "linear") {
    return 2 * count(call.out[0]) * last(0);
  }
  const double scores = name.starts_with("scaled_dot_product_attention")
                            ? count(call.in[0]) * static_cast<double>(call.in[1].size(-2))
                            : 0;
  return scores * (name.ends_with("backward") ? 10 : 4);
}

struct Sum {
  std::int64_t calls = 0;
  double seconds = 0, flops = 0, bytes = 0;
};

class Profiler : public sinter::ops::Interceptor {
 public:
  void handle(sinter::ops::OpCall& call) override {
    const auto start = Clock::now();
    sinter::ops::dispatch_below_autograd(call);
    const double seconds = since(start);
    Sum& sum = sums_[call.def.name];
    ++sum.calls;
    sum.seconds += seconds;
    sum.flops += flops_of(call);
    sum.bytes += bytes_of(call);
    events_.push_back({{"name", call.def.name},
                       {"ph", "X"},
                       {"pid", 1},
                       {"tid", 1},
                       {"ts", (since(begin_) - seconds) * 1e6},
                       {"dur", seconds * 1e6}});
  }
  double kernel_seconds() const {
    double seconds = 0;
    for (const auto& [name, sum] : sums_) seconds += sum.seconds;
    return seconds;
  }
  void print(double steps) const {
    for (const auto& [name, sum] : sums_) {
      print_line({{"name", name},
                  {"calls", static_cast<double>(sum.calls) / steps},
                  {"ms", sum.seconds * 1e3 / steps},
                  {"gflops", sum.flops / sum.seconds / 1e9},
                  {"gbs", sum.bytes / sum.seconds / 1e9}});
    }
  }
  // As chrome://tracing and Perfetto read it.
  void write_trace(const std::string& path) const {
    std::ofstream(path) << nlohmann::json{{"traceEvents", events_}} << '\n';
  }

 private:
  static double since(Clock::time_point start) {
    return std::chrono::duration<double>(Clock::now() - start).count();
  }

  Clock::time_point begin_ = Clock::now();
  std::map<std::string, Sum> sums_;
  std::vector<nlohmann::json> events_;
};

// Steps that are measured; the caches are warm before.
template <class F>
void profile(const Options& options, F&& step) {
  for (int i = 0; i < options.warmup; ++i) step();
  const Times plain = repeated(options, step);
  Profiler profiler;
  const auto before = sinter::cpu_allocator::stats();
  sinter::cpu_allocator::reset_peak();
  constexpr int kSteps = 5;
  const auto start = Clock::now();
  {
    const sinter::ops::InterceptorGuard guard(profiler,
                                              sinter::ops::InterceptorGuard::Where::below_autograd);
    for (int i = 0; i < kSteps; ++i) step();
  }
  const std::chrono::duration<double, std::milli> wall = Clock::now() - start;
  const auto after = sinter::cpu_allocator::stats();
  profiler.print(kSteps);
  if (!options.trace.empty()) profiler.write_trace(options.trace);
  print_line(
      {{"name", ""},
       {"unprofiled_ms", plain.min_ms},
       {"step_ms", wall.count() / kSteps},
       {"outside_ms", wall.count() / kSteps - profiler.kernel_seconds() * 1e3 / kSteps},
       {"allocations", (after.allocations - before.allocations) / kSteps},
       {"system_allocations", (after.system_allocations - before.system_allocations) / kSteps},
       {"peak_mb", static_cast<double>(after.peak_bytes) / (1 << 20)},
       {"peak_gflops", peak_gflops()},
       {"memory_gbs", memory_gbs()}});
}

void bench(const Options& options) {
  if (options.dtype != "f32" || options.mode != "eager") {
    throw NotThere("profiles are of eager mode in f32");
  }
  const Net& net = net_named(options.model);
  const Batch batch = net.batch(options.batch);
  Training training(net);
  if (options.task == "train") {
    profile(options, [&] { training.step(batch.input, batch.target); });
  } else {
    training.net->eval();
    const sinter::NoGradGuard no_grad;
    profile(options, [&] { training.net->forward(batch.input); });
  }
}

}  // namespace

int main(int argc, char** argv) { return run_main(argc, argv, bench); }
