// What the programs of this folder share: their options, repeated timing, and a line of
// JSON.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace benchmarks {

struct Options {
  std::string model;
  std::int64_t batch = 1;
  std::string dtype = "f32";
  std::string mode = "eager";
  int threads = 1;
  int warmup = 3;
  double seconds = 2;
  std::string onnx;            // infer_bench: the file to write instead of measuring
  std::string task = "train";  // profile_bench: train or infer
  std::string trace;           // profile_bench: the file of events to write
};

struct Times {
  double first_ms = 0;  // the slowest call of the warm-up: where programs are compiled
  double min_ms = 0;
  double median_ms = 0;
  std::size_t repetitions = 0;
};

// Something asked for that Sinter lacks: reported as such, never measured as something else.
struct NotThere : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// Calls fn `warmup` times, and then as often as fits into `seconds`, but three times at least.
template <class F>
Times repeated(const Options& options, F&& fn) {
  using Clock = std::chrono::steady_clock;
  const auto milliseconds = [&] {
    const auto start = Clock::now();
    fn();
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
  };
  Times times;
  for (int i = 0; i < options.warmup; ++i)
    times.first_ms = std::max(times.first_ms, milliseconds());
  std::vector<double> runs;
  for (double total = 0; total < options.seconds * 1e3 || runs.size() < 3; total += runs.back()) {
    runs.push_back(milliseconds());
  }
  std::sort(runs.begin(), runs.end());
  times.min_ms = runs.front();
  times.median_ms = runs[runs.size() / 2];
  times.repetitions = runs.size();
  return times;
}

nlohmann::json json_of(const Times& times);
void print_line(const nlohmann::json& line);

// Parses the options, sets the threads and calls body; returns main()'s status: 3 for NotThere.
int run_main(int argc, char** argv, const std::function<void(const Options&)>& body);

}  // namespace benchmarks
