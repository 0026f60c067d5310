// Running kernels on the CPU, thread by thread, with checks.
#pragma once
#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "program.h"

namespace sinter::ptx {

// In which order the threads of a block, and the blocks, get to run between two waits.
enum class Order : std::uint8_t { forward, backward, random };

struct Launch {
  std::array<std::uint32_t, 3> grid{1, 1, 1}, block{1, 1, 1};
  std::uint32_t dynamic_shared = 0;
  Order order = Order::forward;
  std::uint32_t seed = 1;
  bool check_races = true;
};

struct Counts {
  std::uint64_t launches = 0, blocks = 0, instructions = 0;
};

// Runs a kernel to its end. arguments: one byte string per parameter, of its size. Throws Error,
// which names kernel, block, thread and line, for
//   an access out of bounds or misaligned, of global, shared or local memory;
//   shared memory that is read before it was written;
//   two threads that touch a byte, one of them writing, without a barrier (or for a warp, a
//   __syncwarp) between them, unless both do so atomically; blocks are never ordered;
//   a barrier that some threads of the block do not reach, or reach at another line;
//   a warp operation whose mask names a lane that does not take part;
//   an unknown instruction.
void run(Module& module, const std::string& kernel,
         const std::vector<std::vector<std::uint8_t>>& arguments, const Launch& launch);

// Of all runs so far.
const Counts& counts();

}  // namespace sinter::ptx
