#include <sinter/graph/draws.h>
#include <sinter/graph/node.h>
#include <sinter/ops/random_attrs.h>

namespace sinter::graph {

namespace {

// Blocks for another number of elements than the node was captured with: a block holds four draws
// of 32 bits or two of 64.
std::uint64_t blocks_for(const Node& node, std::uint64_t captured_blocks, std::int64_t numel) {
  const TensorMeta& meta = node.result().meta;
  const auto captured = static_cast<std::uint64_t>(meta.numel);
  if (numel < 0 || static_cast<std::uint64_t>(numel) == captured) return captured_blocks;
  const bool wide =
      captured > 2 ? captured_blocks > (captured + 3) / 4 : element_size(meta.dtype) == 8;
  const std::uint64_t per_block = wide ? 2 : 4;
  return (static_cast<std::uint64_t>(numel) + per_block - 1) / per_block;
}

}  // namespace

void Draws::renew(const Node& node, ops::DrawAttrs& attrs, std::int64_t numel) {
  const std::tuple captured(attrs.seed, attrs.offset, attrs.blocks);
  attrs.blocks = blocks_for(node, attrs.blocks, numel);
  const auto [at, fresh] = taken_.try_emplace(captured);
  if (fresh) at->second = default_generator().reserve(attrs.blocks);
  attrs.seed = at->second.seed;
  attrs.offset = at->second.offset;
}

}  // namespace sinter::graph
