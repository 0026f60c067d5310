#include "training.h"

#include <algorithm>
#include <chrono>
#include <cmath>

namespace data = sinter::data;
using sinter::Tensor;

namespace digits {

namespace {

// Programs are captured in the first steps.
constexpr std::size_t kWarmUp = 10;

class Stopwatch {
 public:
  double milliseconds() const {
    return std::chrono::duration<double, std::milli>(Clock::now() - start_).count();
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

// The most memory in use since the last start, above what was in use when it was made.
class PeakMemory {
 public:
  void start() const { sinter::cpu_allocator::reset_peak(); }
  double bytes() const {
    return static_cast<double>(sinter::cpu_allocator::stats().peak_bytes - before_);
  }

 private:
  std::int64_t before_ = sinter::cpu_allocator::stats().current_bytes;
};

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double milliseconds_per_call(const Forward& predict, const Tensor& x, int calls) {
  std::vector<double> times;
  for (int i = 0; i < calls; ++i) {
    const Stopwatch watch;
    predict(x);
    times.push_back(watch.milliseconds());
  }
  return median(std::move(times));
}

std::string text(const char* format, double value) {
  char out[48];
  std::snprintf(out, sizeof out, format, value);
  return out;
}

auto make_loader(const Images& images) {
  return data::make_data_loader<data::samplers::RandomSampler>(
      data::datasets::TensorPairDataset(images.pixels, images.labels)
          .map(data::transforms::Stack<>()),
      kBatch);
}

}  // namespace

std::int64_t batch_count(const Images& images) {
  return (images.labels.size(0) + kBatch - 1) / kBatch;
}

Course train(const Run& run, const Split& images) {
  const auto loader = make_loader(images.kept);
  const std::int64_t batches = batch_count(images.kept);
  const PeakMemory peak;
  Course course;
  std::vector<double> step_ms;
  for (std::int64_t epoch = 0; epoch < run.epochs; ++epoch) {
    const double share = static_cast<double>(epoch) / static_cast<double>(run.epochs);
    run.optimizer.param_groups()[0].options().set_lr(run.rate * (1 + std::cos(share * M_PI)) / 2);
    sinter::train::Progress bar(sinter::str(run.name, " ", epoch + 1, "/", run.epochs), batches);
    double total = 0;
    run.module.train();
    peak.start();
    for (auto& batch : *loader) {
      const Stopwatch watch;
      total += run.step(batch.data, batch.target).item<double>();
      step_ms.push_back(watch.milliseconds());
      bar.advance(1, text("loss %.4f", total / static_cast<double>(bar.done() + 1)));
    }
    course.peak_bytes = std::max(course.peak_bytes, peak.bytes());
    run.module.eval();
    course.losses.push_back(total / static_cast<double>(batches));
    const sinter::NoGradGuard no_grad;
    bar.finish(text("loss %.4f", course.losses.back()) +
               text("  accuracy %.1f %%",
                    accuracy(run.predict(images.held_out.pixels), images.held_out.labels)));
  }
  course.step_ms = median({step_ms.begin() + kWarmUp, step_ms.end()});
  return course;
}

double accuracy(const Tensor& scores, const Tensor& labels) {
  return 100 * scores.argmax(1).eq(labels).to(sinter::kFloat64).mean().item<double>();
}

Inference infer(const Forward& predict, const Tensor& images) {
  const sinter::NoGradGuard no_grad;
  const PeakMemory peak;
  peak.start();
  Inference out{predict(images), 0, 0};
  out.peak_bytes = peak.bytes();
  out.one_ms = milliseconds_per_call(predict, images.slice(0, 0, 1).clone(), 200);
  out.all_ms = milliseconds_per_call(predict, images, 20) / static_cast<double>(images.size(0));
  return out;
}

}  // namespace digits
