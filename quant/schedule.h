// Schedule: when observers, fake quantization and batch norm statistics are on during training.
#pragma once
#include <sinter/graph/graph_module.h>

#include <cstdint>

namespace sinter::quant {

// Shares of the whole training, but for calibration.
struct ScheduleOptions {
  std::int64_t calibration_steps = 32;  // at most a tenth of all steps
  double freeze_batch_norm_at = 0.3;
  double freeze_observers_at = 0.4;
};

// The stages of quantization-aware training: observers alone; observers and fake quantization;
// batch norm with its running statistics; scales that no longer change. Moving averages move by
// 0.05 instead of their own constant where there are less than 500 steps.
//
//   auto qat = quant::prepare_qat(net, {x}, quant::QConfig::ort_x86());
//   quant::Schedule schedule(qat, steps);
//   for (...) { ...; optimizer.step(); schedule.step(); }
class Schedule {
 public:
  // Sets the model to the first stage. Throws ValueError unless total_steps is positive and both
  // shares are from 0 to 1.
  Schedule(const graph::GraphModule& module, std::int64_t total_steps,
           const ScheduleOptions& options = {});
  // Call it after each step of the optimizer, outside of a compiled step: throws Error inside.
  void step();
  std::int64_t steps() const { return steps_; }

 private:
  void apply();

  graph::GraphModule module_;
  std::int64_t total_;
  ScheduleOptions options_;
  std::int64_t calibration_;
  std::int64_t steps_ = 0;
};

}  // namespace sinter::quant
