// Training on the digits: the loop that all forms of the net go through.
#pragma once
#include <string>
#include <vector>

#include "net.h"
#include "read_digits.h"

namespace digits {

constexpr std::int64_t kBatch = 32;

// What a training run showed.
struct Course {
  std::vector<double> losses;      // mean of each epoch
  std::vector<double> accuracies;  // after each epoch, in percent
  double seconds = 0;              // of all steps together
  std::int64_t steps = 0;
  std::int64_t peak_bytes = 0;  // most memory in use, above what was in use before
  double milliseconds_per_step() const { return 1e3 * seconds / static_cast<double>(steps); }
};

// One epoch's training in batches.
struct Run {
  std::string name;
  std::int64_t epochs = 1;
  double rate = 3e-3;  // falls along half a cosine
};

using Step = sinter::Callable<sinter::Tensor(const sinter::Tensor& x, const sinter::Tensor& y)>;
using Forward = sinter::Callable<sinter::Tensor(const sinter::Tensor& x)>;

// Takes step() for every batch of every epoch, and measures accuracy with predict() after each;
// mode(true) is called before training, mode(false) before measuring.
Course train(const Run& run, sinter::optim::Optimizer& optimizer, const Images& images,
             const Images& held_out, const Step& step, const Forward& predict,
             const sinter::Callable<void(bool training)>& mode);

// The share of right answers, in percent.
double accuracy(const Forward& predict, const Images& images);

// Milliseconds per image for one image at a time: the median of many.
double milliseconds_per_image(const Forward& predict, const Images& images);

}  // namespace digits
