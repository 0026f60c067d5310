// report: what quantization does to each tensor of a prepared model.
#pragma once
#include <sinter/graph/graph_module.h>

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

namespace sinter::quant {

// One tensor, before and after quantization.
struct TensorReport {
  std::string name;  // of the node; weights by their path
  bool weight = false;
  double low = 0;  // the range of its elements
  double high = 0;
  double scale = 0;             // the least, where there are several
  std::int64_t zero_point = 0;  // of the first
  double clipped = 0;           // percent of elements outside of what integers reach
  std::int64_t codes = 0;       // different integers used, of all channels together
  double sqnr = 0;              // dB: 10 log10(sum x^2 / sum (x - x_quantized)^2), this one alone
  double cumulative_sqnr = 0;   // dB: against the model without any quantization; activations
};

struct Report {
  std::vector<TensorReport> tensors;
  // A table. Marked are activations below 20 dB and weights below 30 dB.
  std::string str() const;
};
std::ostream& operator<<(std::ostream& stream, const Report& report);

// Runs the model on the inputs in evaluation mode, with and without fake quantization; its switches
// are afterwards as they were. Throws ValueError for a model that was not prepared or has no ranges
// yet.
Report report(const graph::GraphModule& prepared, const std::vector<Tensor>& inputs);

}  // namespace sinter::quant
