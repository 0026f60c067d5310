#include <sinter/core/error.h>
#include <sinter/graph/capture.h>
#include <sinter/quant/fake_quantize.h>
#include <sinter/quant/prepare.h>
#include <sinter/quant/schedule.h>

#include <algorithm>

namespace sinter::quant {

namespace {
constexpr std::int64_t kFewSteps = 500;
constexpr double kFastAveraging = 0.05;
}  // namespace

Schedule::Schedule(const graph::GraphModule& module, std::int64_t total_steps,
                   const ScheduleOptions& options)
    : module_(module),
      total_(total_steps),
      options_(options),
      calibration_(std::min(options.calibration_steps, total_steps / 10)) {
  SINTER_CHECK_AS(ValueError, total_steps > 0, "[schedule] total_steps must be positive; got ",
                  total_steps);
  const auto is_share = [](double x) { return x >= 0 && x <= 1; };
  SINTER_CHECK_AS(ValueError,
                  is_share(options.freeze_batch_norm_at) && is_share(options.freeze_observers_at),
                  "[schedule] shares must be from 0 to 1; got ", options.freeze_batch_norm_at,
                  " and ", options.freeze_observers_at);
  if (total_steps < kFewSteps) {
    for (const auto& below : module_->modules(false)) {
      auto* observer = dynamic_cast<Observer*>(below.get());
      if (observer == nullptr || observer->options.averaging == 1) continue;
      observer->options.averaging = std::max(observer->options.averaging, kFastAveraging);
    }
  }
  apply();
}

void Schedule::step() {
  graph::refuse_capture(
      "[schedule] step() must be called outside of a compiled step; got it inside");
  ++steps_;
  apply();
}

void Schedule::apply() {
  const double share = static_cast<double>(steps_) / static_cast<double>(total_);
  enable_fake_quant(*module_, steps_ >= calibration_);
  freeze_batch_norm(*module_, share >= options_.freeze_batch_norm_at);
  enable_observers(*module_, share < options_.freeze_observers_at);
}

}  // namespace sinter::quant
