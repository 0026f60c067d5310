// Memory plans: where the values of a schedule lie in one block of memory.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sinter::graph {

// A piece of memory with the steps between which it is in use, both included.
struct PlannedBlock {
  std::size_t bytes = 0;
  std::size_t first = 0;
  std::size_t last = 0;
  std::size_t offset = 0;  // the planner's answer
};

// Gives each block an offset, aligned to 64 bytes, so that no two that are in use at the same step
// overlap: the largest first, each at the lowest place that is free (Pisarchyk and Lee, "Efficient
// memory management for deep neural net inference", 2020, section 5.3). Returns the size of it all.
std::size_t plan_offsets(std::vector<PlannedBlock>& blocks);
// The most bytes in use at any step: no plan can do with less.
std::size_t lower_bound(const std::vector<PlannedBlock>& blocks);

// What a program will use, known before it runs and not exceeded by it. All in bytes.
struct MemoryReport {
  std::size_t arena = 0;        // what the program itself allocates, for values and workspaces
  std::size_t lower_bound = 0;  // of the arena
  std::size_t scratch = 0;      // of it, the most that a kernel has as its workspace
  std::size_t outputs = 0;      // results, which the caller owns
  std::size_t inputs = 0;
  std::size_t state = 0;  // parameters, buffers, constants
  // A line for people.
  std::string str() const;
};

}  // namespace sinter::graph
