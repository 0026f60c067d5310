// The whole line on the handwritten digits beside this file: a net is trained eagerly, trained
// again as one compiled program, fine-tuned for 8-bit integers, converted to them, written as ONNX
// and run in ONNX Runtime: ./dev demo
#include <CLI/CLI.hpp>
#include <cstdio>
#include <set>
#include <string>

#include "pipeline.h"

using digits::Model;

struct Arguments {
  std::string data = "examples/digits/digits.csv.gz";
  std::string folder = "digits";
  std::string model = "convnet";
  std::string onnxruntime = "python3 examples/digits/run_onnx.py";
  std::uint64_t seed = 1;
  int threads = 2;   // many would wait for one another on a busy machine
  bool few = false;  // --short
};

digits::Settings settings_for(const Model& model, const Arguments& arguments) {
  return {.folder = std::filesystem::path(arguments.folder) / model.name,
          .epochs = arguments.few ? 2 : model.epochs,
          .quantized_epochs = arguments.few ? 2 : 6,
          .seed = arguments.seed,
          .onnxruntime = arguments.onnxruntime};
}

// Whether all is as it should be; says what is not.
bool is_good(const Model& model, const digits::Outcome& outcome, double needed) {
  bool good = outcome.same_parameters;
  std::printf("%s: eager and compiled training end with %s parameters\n", model.name,
              good ? "the same bits in all" : "DIFFERENT");
  for (const digits::Row& row : outcome.rows) {
    if (row.accuracy.value_or(needed) >= needed) continue;
    std::printf("%s: the accuracy of %s is below %.0f %%\n", model.name, row.name.c_str(), needed);
    good = false;
  }
  return good;
}

int run(const Arguments& arguments) {
  sinter::set_num_threads(arguments.threads);
  const digits::Split images = digits::split(digits::read(arguments.data));
  std::string tables;
  bool good = true;
  for (const Model& model : digits::all_models()) {
    if (arguments.model != "all" && arguments.model != model.name) continue;
    const auto outcome = run_pipeline(model, settings_for(model, arguments), images);
    good &= is_good(model, outcome, arguments.few ? model.early_accuracy : model.accuracy);
    tables += "\n" + digits::table(model.name, outcome.rows);
  }
  std::printf("%s\n%lld held-out images, %d threads; files are in %s\n", tables.c_str(),
              static_cast<long long>(images.held_out.labels.size(0)), sinter::get_num_threads(),
              arguments.folder.c_str());
  return good ? 0 : 1;
}

int main(int argc, char** argv) {
  Arguments arguments;
  std::set<std::string> models{"all"};
  for (const Model& model : digits::all_models()) models.insert(model.name);
  CLI::App app("Trains, compiles, quantizes and exports nets on handwritten digits.");
  app.add_option("--data,data", arguments.data, "The digits, as CSV, gzipped or not")
      ->capture_default_str();
  app.add_option("--model", arguments.model, "The net")
      ->check(CLI::IsMember(models))
      ->capture_default_str();
  app.add_option("--folder", arguments.folder, "Where files are written")->capture_default_str();
  app.add_option("--onnxruntime", arguments.onnxruntime,
                 "The command that runs ONNX files in ONNX Runtime")
      ->capture_default_str();
  app.add_option("--seed", arguments.seed, "Seed of all random numbers")->capture_default_str();
  app.add_option("--threads", arguments.threads, "Threads")->capture_default_str();
  app.add_flag("--short", arguments.few, "Two epochs of each training");
  CLI11_PARSE(app, argc, argv);
  try {
    return run(arguments);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "digits: %s\n", error.what());
    return 1;
  }
}
