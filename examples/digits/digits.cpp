// The whole line on the handwritten digits beside this file: a small convolutional net is trained
// eagerly, trained again as one compiled program, fine-tuned for 8-bit integers, converted to them
// and written as ONNX: ./dev demo
#include <sinter/graph/compile.h>
#include <sinter/graph/onnx/onnx.h>
#include <sinter/quant/quant.h>
#include <sinter/sinter.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "curves.h"
#include "training.h"

namespace nn = sinter::nn;
namespace graph = sinter::graph;
namespace quant = sinter::quant;
namespace fs = std::filesystem;
using digits::Course;
using digits::Images;
using digits::Net;
using sinter::Tensor;

struct Settings {
  std::string data = "examples/digits/digits.csv.gz";
  std::string folder = "digits";
  std::int64_t epochs = 12;
  std::int64_t qat_epochs = 6;
  std::uint64_t seed = 1;
  int threads = 0;
  bool few = false;  // --short
  double needed = 98;
};

// A line of the closing table; below 0 is unknown.
struct Row {
  std::string name;
  double accuracy = -1;
  double bytes = -1;
  double step_ms = -1;
  double image_ms = -1;
  double peak_bytes = -1;
};

std::string cell(const char* format, double value, double unit = 1) {
  if (value < 0) return "-";
  char text[32];
  std::snprintf(text, sizeof text, format, value / unit);
  return text;
}

void print_table(const std::vector<Row>& rows) {
  std::printf("\n%-22s %10s %10s %10s %10s %12s\n", "", "accuracy", "size", "ms/step", "ms/image",
              "peak memory");
  for (const Row& row : rows) {
    std::printf("%-22s %10s %10s %10s %10s %12s\n", row.name.c_str(),
                cell("%.1f %%", row.accuracy).c_str(), cell("%.1f KB", row.bytes, 1e3).c_str(),
                cell("%.3f", row.step_ms).c_str(), cell("%.4f", row.image_ms).c_str(),
                cell("%.2f MB", row.peak_bytes, 1e6).c_str());
  }
}

double bytes_of(const fs::path& path) { return static_cast<double>(fs::file_size(path)); }

void write_text(const fs::path& path, const std::string& text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  out.close();
  if (!out) throw sinter::IOError("[digits] cannot write " + path.string());
}

// The net's training, eager or compiled: the same seed, the same batches, the same random numbers.
struct Training {
  Net net;
  Course course;
};

Training train_float(const Settings& settings, const Images& images, const Images& held_out,
                     bool compiled) {
  sinter::manual_seed(settings.seed);
  Training out;
  Net& net = out.net;
  sinter::optim::AdamW optimizer(net->parameters(),
                                 sinter::optim::AdamWOptions(3e-3).weight_decay(0.05));
  const auto eager = [&](const Tensor& x, const Tensor& y) {
    optimizer.zero_grad();
    const Tensor loss = nn::functional::cross_entropy(net(x), y);
    loss.backward();
    optimizer.step();
    return loss;
  };
  auto step = graph::compile_step(eager);
  digits::Run run{compiled ? "compiled" : "eager", settings.epochs};
  out.course = digits::train(
      run, optimizer, images, held_out,
      [&](const Tensor& x, const Tensor& y) { return compiled ? step(x, y) : eager(x, y); },
      [&](const Tensor& x) { return net(x); }, [&](bool on) { net->train(on); });
  if (compiled) std::printf("the step's plan: %s\n", step.report().memory.str().c_str());
  return out;
}

bool same_parameters(const Net& a, const Net& b) {
  const auto x = a->state_dict();
  const auto y = b->state_dict();
  for (const auto& item : x) {
    if (!item->equal(y[item.key()])) return false;
  }
  return true;
}

Course train_quantized(graph::GraphModule& qat, const Settings& settings, const Images& images,
                       const Images& held_out) {
  const std::int64_t batches = (images.labels.size(0) + digits::kBatch - 1) / digits::kBatch;
  quant::Schedule schedule(qat, settings.qat_epochs * batches);
  sinter::optim::SGD optimizer(qat->parameters(), sinter::optim::SGDOptions(2e-3).momentum(0.9));
  return digits::train(
      {"quantized", settings.qat_epochs, 2e-3}, optimizer, images, held_out,
      [&](const Tensor& x, const Tensor& y) {
        optimizer.zero_grad();
        const Tensor loss = nn::functional::cross_entropy(qat(x), y);
        loss.backward();
        optimizer.step();
        schedule.step();
        return loss;
      },
      [&](const Tensor& x) { return qat(x); }, [&](bool on) { qat->train(on); });
}

int run(const Settings& settings) {
  if (settings.threads > 0) sinter::set_num_threads(settings.threads);
  const auto [images, held_out] = digits::split(digits::read(settings.data));
  const fs::path folder = settings.folder;
  fs::create_directories(folder);
  std::vector<Row> rows;
  const auto add = [&](const std::string& name, const digits::Forward& predict,
                       double bytes) -> Row& {
    rows.push_back({name, digits::accuracy(predict, held_out), bytes});
    rows.back().image_ms = digits::milliseconds_per_image(predict, held_out);
    return rows.back();
  };
  const auto add_training = [](Row& row, const Course& course) {
    row.step_ms = course.milliseconds_per_step();
    row.peak_bytes = static_cast<double>(course.peak_bytes);
  };

  // The same training, eagerly and as one program.
  Training eager = train_float(settings, images, held_out, false);
  Training compiled = train_float(settings, images, held_out, true);
  const bool same = same_parameters(eager.net, compiled.net);
  std::printf("eager and compiled training end with %s parameters\n",
              same ? "the same bits in all" : "DIFFERENT");
  const fs::path checkpoint = folder / "digits.safetensors";
  sinter::save(eager.net, checkpoint.string());
  Net net;
  sinter::load(net, checkpoint.string());
  net->eval();
  add_training(add(
                   "eager float", [&](const Tensor& x) { return net(x); }, bytes_of(checkpoint)),
               eager.course);
  auto program = graph::compile(net);
  add_training(
      add(
          "compiled float", [&](const Tensor& x) { return program(x); }, bytes_of(checkpoint)),
      compiled.course);

  // The graph of the net, and its ONNX file.
  graph::GraphModule captured = graph::trace(net, {held_out.pixels.slice(0, 0, digits::kBatch)});
  write_text(folder / "graph.txt", captured->graph().str());
  sinter::onnx::save(captured, (folder / "digits.onnx").string());

  // Fine-tuned for integers, and converted to them.
  graph::GraphModule qat = quant::prepare_qat(captured, quant::QConfig::ort_x86());
  const Course course = train_quantized(qat, settings, images, held_out);
  qat->eval();
  add_training(add(
                   "QAT", [&](const Tensor& x) { return qat(x); }, -1),
               course);
  graph::GraphModule integer = quant::convert(qat);
  const fs::path bytes = folder / "digits_int8.onnx";
  sinter::onnx::save(integer, bytes.string());
  sinter::save(integer, (folder / "digits_int8.safetensors").string());
  add(
      "int8", [&](const Tensor& x) { return integer(x); },
      bytes_of(folder / "digits_int8.safetensors"));

  write_text(folder / "curves.svg", digits::curves_svg({{"eager", eager.course.losses},
                                                        {"compiled", compiled.course.losses},
                                                        {"quantized", course.losses}}));
  print_table(rows);
  std::printf("\nfiles are in %s\n", folder.c_str());
  std::printf("accuracy %.1f %% on %lld held-out images\n", rows.front().accuracy,
              static_cast<long long>(held_out.labels.size(0)));
  bool good = same;
  for (const Row& row : rows) {
    if (row.accuracy >= settings.needed) continue;
    std::printf("%s is below %.1f %%\n", row.name.c_str(), settings.needed);
    good = false;
  }
  return good ? 0 : 1;
}

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("Trains, compiles, quantizes and exports a small net on handwritten digits.");
  app.add_option("--data,data", settings.data, "The digits, as CSV, gzipped or not")
      ->capture_default_str();
  app.add_option("--folder", settings.folder, "Where files are written")->capture_default_str();
  app.add_option("--epochs", settings.epochs, "Passes over the training images")
      ->capture_default_str();
  app.add_option("--seed", settings.seed, "Seed of all random numbers")->capture_default_str();
  app.add_option("--threads", settings.threads, "Threads (default: all)");
  app.add_flag("--short", settings.few, "Two epochs of each, enough for 90 %");
  CLI11_PARSE(app, argc, argv);
  if (settings.few) {
    settings.epochs = 2;
    settings.qat_epochs = 2;
    settings.needed = 90;
  }
  try {
    return run(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "digits: %s\n", error.what());
    return 1;
  }
}
