// Trains a small convolutional net on the handwritten digits beside this file, and tests it on
// images that it has not seen: ./dev demo
#include <sinter/sinter.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cmath>
#include <cstdio>

#include "read_digits.h"

namespace nn = sinter::nn;
namespace data = sinter::data;
using sinter::Tensor;

constexpr std::int64_t kBatch = 32;

struct Settings {
  std::string data = "examples/digits/digits.csv.gz";
  std::string model = "digits.safetensors";
  std::int64_t epochs = 12;
  std::uint64_t seed = 1;
  int threads = 0;
  bool few = false;  // --short
  double needed = 98;
};

struct NetImpl : nn::Module {
  NetImpl()
      : features(block(1, 16), block(16, 32), nn::MaxPool2d(2), block(32, 64), nn::MaxPool2d(2)),
        classifier(nn::Flatten(), nn::Dropout(0.25), nn::Linear(64 * 2 * 2, 10)) {
    register_module("features", features);
    register_module("classifier", classifier);
  }
  static nn::Sequential block(std::int64_t in, std::int64_t out) {
    return nn::Sequential(nn::Conv2d(nn::Conv2dOptions(in, out, 3).padding(1).bias(false)),
                          nn::BatchNorm2d(out), nn::ReLU());
  }
  Tensor forward(const Tensor& images) { return classifier(features(images)); }

  nn::Sequential features;
  nn::Sequential classifier;
};
SINTER_MODULE(Net);

std::string loss_text(double loss) {
  char text[32];
  std::snprintf(text, sizeof text, "loss %.4f", loss);
  return text;
}
std::string percent(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %%", value);
  return text;
}

// The share of right answers, in percent.
double test(Net& net, const digits::Images& images) {
  const sinter::NoGradGuard no_grad;
  net->eval();
  const Tensor right = net(images.pixels).argmax(1).eq(images.labels);
  return 100 * right.to(sinter::kFloat64).mean().item<double>();
}

void train(Net& net, const digits::Images& images, const digits::Images& held_out,
           const Settings& settings) {
  const auto loader = data::make_data_loader<data::samplers::RandomSampler>(
      data::datasets::TensorPairDataset(images.pixels, images.labels)
          .map(data::transforms::Stack<>()),
      kBatch);
  const double rate = 3e-3;
  sinter::optim::AdamW optimizer(net->parameters(),
                                 sinter::optim::AdamWOptions(rate).weight_decay(0.05));

  for (std::int64_t epoch = 0; epoch < settings.epochs; ++epoch) {
    // The learning rate falls along half a cosine.
    const double share = static_cast<double>(epoch) / static_cast<double>(settings.epochs);
    optimizer.param_groups()[0].options().set_lr(rate * (1 + std::cos(share * M_PI)) / 2);

    const std::int64_t batches = (images.labels.size(0) + kBatch - 1) / kBatch;
    sinter::train::Progress bar(sinter::str("epoch ", epoch + 1, "/", settings.epochs), batches);
    double total = 0;
    net->train();
    for (auto& batch : *loader) {
      optimizer.zero_grad();
      const Tensor loss = nn::functional::cross_entropy(net(batch.data), batch.target);
      loss.backward();
      optimizer.step();
      total += loss.item<double>();
      bar.advance(1, loss_text(total / static_cast<double>(bar.done() + 1)));
    }
    bar.finish(loss_text(total / static_cast<double>(batches)) + "  accuracy " +
               percent(test(net, held_out)));
  }
}

int run(const Settings& settings) {
  sinter::manual_seed(settings.seed);
  if (settings.threads > 0) sinter::set_num_threads(settings.threads);
  const auto [training, held_out] = digits::split(digits::read(settings.data));
  const auto start = std::chrono::steady_clock::now();

  Net net;
  train(net, training, held_out, settings);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;

  sinter::save(net, settings.model);
  Net reloaded;
  sinter::load(reloaded, settings.model);
  const double accuracy = test(net, held_out);
  const double again = test(reloaded, held_out);

  std::printf("trained in %.1f s; %s, loaded again, gives %s\n", seconds.count(),
              settings.model.c_str(), percent(again).c_str());
  std::printf("accuracy %s on %lld held-out images\n", percent(accuracy).c_str(),
              static_cast<long long>(held_out.labels.size(0)));
  if (accuracy < settings.needed)
    std::printf("that is below %s\n", percent(settings.needed).c_str());
  return accuracy >= settings.needed && again == accuracy ? 0 : 1;
}

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app("Trains a small convolutional net on handwritten digits.");
  app.add_option("--data,data", settings.data, "The digits, as CSV, gzipped or not")
      ->capture_default_str();
  app.add_option("--model", settings.model, "Where the trained model is saved")
      ->capture_default_str();
  app.add_option("--epochs", settings.epochs, "Passes over the training images")
      ->capture_default_str();
  app.add_option("--seed", settings.seed, "Seed of all random numbers")->capture_default_str();
  app.add_option("--threads", settings.threads, "Threads (default: all)");
  app.add_flag("--short", settings.few, "Two epochs, enough for 90 %");
  CLI11_PARSE(app, argc, argv);
  if (settings.few) {
    settings.epochs = 2;
    settings.needed = 90;
  }
  try {
    return run(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "digits: %s\n", error.what());
    return 1;
  }
}
