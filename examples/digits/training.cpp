#include "training.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace data = sinter::data;
using sinter::Tensor;

namespace digits {

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::string text(const char* format, double value) {
  char out[48];
  std::snprintf(out, sizeof out, format, value);
  return out;
}

}  // namespace

Course train(const Run& run, sinter::optim::Optimizer& optimizer, const Images& images,
             const Images& held_out, const Step& step, const Forward& predict,
             const sinter::Callable<void(bool training)>& mode) {
  const auto loader = data::make_data_loader<data::samplers::RandomSampler>(
      data::datasets::TensorPairDataset(images.pixels, images.labels)
          .map(data::transforms::Stack<>()),
      kBatch);
  const std::int64_t batches = (images.labels.size(0) + kBatch - 1) / kBatch;
  const std::int64_t before = sinter::cpu_allocator::stats().current_bytes;
  sinter::cpu_allocator::reset_peak();
  Course course;
  for (std::int64_t epoch = 0; epoch < run.epochs; ++epoch) {
    const double share = static_cast<double>(epoch) / static_cast<double>(run.epochs);
    optimizer.param_groups()[0].options().set_lr(run.rate * (1 + std::cos(share * M_PI)) / 2);
    sinter::train::Progress bar(sinter::str(run.name, " ", epoch + 1, "/", run.epochs), batches);
    double total = 0;
    mode(true);
    for (auto& batch : *loader) {
      const auto start = Clock::now();
      total += step(batch.data, batch.target).template item<double>();
      course.seconds += seconds_since(start);
      ++course.steps;
      bar.advance(1, text("loss %.4f", total / static_cast<double>(bar.done() + 1)));
    }
    mode(false);
    course.losses.push_back(total / static_cast<double>(batches));
    course.accuracies.push_back(accuracy(predict, held_out));
    bar.finish(text("loss %.4f", course.losses.back()) +
               text("  accuracy %.1f %%", course.accuracies.back()));
  }
  course.peak_bytes = sinter::cpu_allocator::stats().peak_bytes - before;
  return course;
}

double accuracy(const Forward& predict, const Images& images) {
  const sinter::NoGradGuard no_grad;
  const Tensor right = predict(images.pixels).argmax(1).eq(images.labels);
  return 100 * right.to(sinter::kFloat64).mean().item<double>();
}

double milliseconds_per_image(const Forward& predict, const Images& images) {
  const sinter::NoGradGuard no_grad;
  constexpr int kRuns = 200;
  const Tensor image = images.pixels.slice(0, 0, 1).clone();
  std::vector<double> times;
  for (int i = 0; i < kRuns; ++i) {
    const auto start = Clock::now();
    predict(image);
    times.push_back(1e3 * seconds_since(start));
  }
  std::nth_element(times.begin(), times.begin() + kRuns / 2, times.end());
  return times[kRuns / 2];
}

}  // namespace digits
