// The guards of programs: numbers that they were captured for.
#pragma once
#include <sinter/core/tensor.h>

#include <cstdint>
#include <vector>

namespace sinter::graph {

// A number that decided what was captured.
struct GuardedNumber {
  Tensor tensor;
  std::uint64_t bits = 0;

  bool holds() const;
};

// Notes the numbers that guarded_number() reads on this thread meanwhile, each once.
class WatchNumbers {
 public:
  explicit WatchNumbers(std::vector<GuardedNumber>& numbers);
  ~WatchNumbers();
  WatchNumbers(const WatchNumbers&) = delete;
  WatchNumbers& operator=(const WatchNumbers&) = delete;

 private:
  std::vector<GuardedNumber>* outer_;
};

}  // namespace sinter::graph
