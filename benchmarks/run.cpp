#include "run.h"

#include <sinter/core/parallel.h>
#include <sinter/core/random.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace benchmarks {

namespace {

constexpr int kNotThereStatus = 3;

}  // namespace

nlohmann::json json_of(const Times& times) {
  return {{"first_ms", times.first_ms},
          {"min_ms", times.min_ms},
          {"median_ms", times.median_ms},
          {"repetitions", times.repetitions}};
}

void print_line(const nlohmann::json& line) {
  std::printf("%s\n", line.dump().c_str());
  std::fflush(stdout);
}

int run_main(int argc, char** argv, const std::function<void(const Options&)>& body) {
  Options options;
  CLI::App app("A benchmark: one line of JSON per result.");
  app.add_option("--model", options.model, "The net");
  app.add_option("--batch", options.batch, "Rows of the input")->check(CLI::PositiveNumber);
  app.add_option("--dtype", options.dtype)->check(CLI::IsMember({"f32", "bf16", "int8"}));
  app.add_option("--mode", options.mode)->check(CLI::IsMember({"eager", "graph"}));
  app.add_option("--threads", options.threads)->check(CLI::PositiveNumber);
  app.add_option("--warmup", options.warmup, "Calls before the measured ones");
  app.add_option("--seconds", options.seconds, "How long to measure");
  app.add_option("--onnx", options.onnx, "Write the model to this file instead");
  app.add_option("--task", options.task)->check(CLI::IsMember({"train", "infer"}));
  app.add_option("--trace", options.trace, "Write the calls of ops to this file");
  CLI11_PARSE(app, argc, argv);
  try {
    sinter::set_num_threads(options.threads);
    sinter::manual_seed(0);
    body(options);
    return 0;
  } catch (const NotThere& missing) {
    std::fprintf(stderr, "%s\n", missing.what());
    return kNotThereStatus;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}

}  // namespace benchmarks
