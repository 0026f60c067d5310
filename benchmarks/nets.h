// The nets that are measured. peers/torch_nets.py has the same ones in PyTorch.
#pragma once
#include <sinter/sinter.h>

#include <memory>
#include <span>
#include <string>

namespace benchmarks {

struct Batch {
  sinter::Tensor input;
  sinter::Tensor target;  // a class for each row of the scores
};

struct Net {
  const char* name;
  sinter::nn::Sequential (*make)();
  Batch (*batch)(std::int64_t size);
  bool adam = false;  // trained by AdamW instead of SGD with momentum
};

std::span<const Net> nets();
// Throws ValueError for a name that is not there.
const Net& net_named(const std::string& name);

// A net with its optimizer.
struct Training {
  explicit Training(const Net& spec);
  // Forward, cross entropy of the scores [..., classes], backward, and a step of the optimizer.
  sinter::Tensor step(const sinter::Tensor& input, const sinter::Tensor& target);

  sinter::nn::Sequential net;
  std::unique_ptr<sinter::optim::Optimizer> optimizer;
};

std::int64_t parameter_count(const sinter::nn::Sequential& module);

}  // namespace benchmarks
