#include "../elementwise.h"

namespace sinter::testing {

std::vector<OpSamples> pointwise_samples() {
  std::vector<OpSamples> out = arithmetic_samples();
  append(out, bounds_samples());
  append(out, comparison_samples());
  append(out, elementary_samples());
  append(out, activation_samples());
  return out;
}

}  // namespace sinter::testing
