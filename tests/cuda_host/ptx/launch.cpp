#include "launch.h"

#include <algorithm>
#include <numeric>
#include <random>

#include "block.h"

namespace sinter::ptx {

namespace {

Counts g_counts;

std::vector<std::uint8_t> pack(const Kernel& kernel,
                               const std::vector<std::vector<std::uint8_t>>& arguments) {
  if (arguments.size() != kernel.parameters.size()) {
    throw Error(kernel.name + " takes " + std::to_string(kernel.parameters.size()) +
                " arguments; got " + std::to_string(arguments.size()));
  }
  std::vector<std::uint8_t> bytes(kernel.parameter_bytes);
  for (std::size_t k = 0; k < arguments.size(); ++k) {
    const Parameter& p = kernel.parameters[k];
    if (arguments[k].size() != p.bytes) {
      throw Error(kernel.name + ": argument " + std::to_string(k) + " has " +
                  std::to_string(p.bytes) + " bytes; got " + std::to_string(arguments[k].size()));
    }
    std::copy(arguments[k].begin(), arguments[k].end(), bytes.begin() + p.offset);
  }
  return bytes;
}

std::vector<std::uint32_t> order_of_blocks(const Launch& launch) {
  std::vector<std::uint32_t> order(std::size_t{launch.grid[0]} * launch.grid[1] * launch.grid[2]);
  std::iota(order.begin(), order.end(), 0U);
  if (launch.order == Order::backward) std::reverse(order.begin(), order.end());
  if (launch.order == Order::random) {
    std::mt19937 random(launch.seed);
    std::shuffle(order.begin(), order.end(), random);
  }
  return order;
}

}  // namespace

void run(Module& module, const std::string& name,
         const std::vector<std::vector<std::uint8_t>>& arguments, const Launch& launch) {
  const Kernel& kernel = module.kernel(name);
  const std::vector<std::uint8_t> parameters = pack(kernel, arguments);
  Block block(kernel, launch, parameters, ++g_counts.launches);
  for (const std::uint32_t index : order_of_blocks(launch)) {
    block.run(index);
    ++g_counts.blocks;
  }
  g_counts.instructions += block.instructions();
}

const Counts& counts() { return g_counts; }

}  // namespace sinter::ptx
