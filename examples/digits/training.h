// Training on the digits, the loop that all forms of a net go through, and what is measured.
#pragma once
#include <sinter/sinter.h>

#include <optional>
#include <string>
#include <vector>

#include "read_digits.h"

namespace digits {

constexpr std::int64_t kBatch = 32;

// Batches in one epoch.
std::int64_t batch_count(const Images& images);

using Step = sinter::Callable<sinter::Tensor(const sinter::Tensor& x, const sinter::Tensor& y)>;
using Forward = sinter::Callable<sinter::Tensor(const sinter::Tensor& x)>;

// One training of a net.
struct Run {
  std::string name;
  std::int64_t epochs;
  double rate;  // falls along half a cosine
  sinter::nn::Module& module;
  sinter::optim::Optimizer& optimizer;
  Step step;        // learns from a batch, and returns its loss
  Forward predict;  // measures what was learnt
};

// What a training showed.
struct Course {
  std::vector<double> losses;  // mean of each epoch
  double step_ms = 0;          // the median, without the first steps
  double peak_bytes = 0;       // most memory in use by steps, above what was in use before
};

// Takes step() for every batch of every epoch, and measures accuracy after each. The module is in
// training mode for the one, in evaluation mode for the other and at the end.
Course train(const Run& run, const Split& images);

// The share of right answers, in percent.
double accuracy(const sinter::Tensor& scores, const sinter::Tensor& labels);

// How a net does on all images at once, and how fast it is, one image at a time and all at once:
// medians, in milliseconds per image.
struct Inference {
  sinter::Tensor scores;
  double one_ms;
  double all_ms;
  std::optional<double> peak_bytes = std::nullopt;  // of all at once, as in Course
};
Inference infer(const Forward& predict, const sinter::Tensor& images);

}  // namespace digits
