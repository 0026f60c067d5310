#include <sinter/core/error.h>
#include <sinter/graph/memory_plan.h>

#include <algorithm>
#include <numeric>

namespace sinter::graph {

namespace {

constexpr std::size_t kAlignment = 64;

std::size_t aligned(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

bool overlap(const PlannedBlock& a, const PlannedBlock& b) {
  return a.first <= b.last && b.first <= a.last;
}

// The lowest offset at which a block fits between those that are placed and in use meanwhile.
std::size_t lowest_gap(const PlannedBlock& block, const std::vector<const PlannedBlock*>& placed) {
  std::size_t offset = 0;
  for (const PlannedBlock* other : placed) {  // by rising offset
    if (!overlap(block, *other)) continue;
    if (offset + aligned(block.bytes) <= other->offset) break;
    offset = std::max(offset, other->offset + aligned(other->bytes));
  }
  return offset;
}

}  // namespace

std::size_t plan_offsets(std::vector<PlannedBlock>& blocks) {
  std::vector<std::size_t> order(blocks.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return blocks[a].bytes > blocks[b].bytes; });
  std::vector<const PlannedBlock*> placed;
  std::size_t total = 0;
  for (const std::size_t i : order) {
    PlannedBlock& block = blocks[i];
    block.offset = lowest_gap(block, placed);
    total = std::max(total, block.offset + aligned(block.bytes));
    const auto at = std::upper_bound(
        placed.begin(), placed.end(), &block,
        [](const PlannedBlock* a, const PlannedBlock* b) { return a->offset < b->offset; });
    placed.insert(at, &block);
  }
  return total;
}

std::size_t lower_bound(const std::vector<PlannedBlock>& blocks) {
  std::size_t most = 0;
  for (const PlannedBlock& at : blocks) {
    std::size_t sum = 0;
    for (const PlannedBlock& block : blocks) {
      if (block.first <= at.first && at.first <= block.last) sum += aligned(block.bytes);
    }
    most = std::max(most, sum);
  }
  return most;
}

std::string MemoryReport::str() const {
  return sinter::str("arena ", arena, " bytes (at least ", lower_bound, "), workspaces up to ",
                     scratch, ", outputs ", outputs, ", inputs ", inputs, ", state ", state);
}

}  // namespace sinter::graph
