#include <sinter/core/parallel.h>
#include <sinter/core/scratch.h>
#include <sinter/ops/cpu/byte_weights.h>
#include <sinter/ops/cpu/lru_cache.h>

#include <algorithm>
#include <mutex>

namespace sinter::ops::cpu {

namespace {

using Packed = std::shared_ptr<const PackedByteWeight>;

constexpr std::size_t kPackedWeights = 512;

struct Hash {
  std::size_t operator()(const ByteWeight& w) const {
    std::size_t hash = reinterpret_cast<std::size_t>(w.data);
    for (const std::int64_t value : {w.groups, w.outputs, w.inputs, w.taps}) {
      hash = (hash ^ static_cast<std::size_t>(value)) * 0x9e3779b97f4a7c15U;
      hash ^= hash >> 29;
    }
    return hash;
  }
};

struct Entry {
  std::mutex mutex;
  std::uint32_t version = 0;
  Packed packed;
};

using Cache = LruCache<ByteWeight, std::shared_ptr<Entry>, Hash>;
Cache& cache() {
  static auto* weights = new Cache(kPackedWeights);
  return *weights;
}

void forget(const StorageImpl* owner) noexcept {
  cache().erase_if([owner](const ByteWeight& weight) { return weight.owner == owner; });
}

}  // namespace

PackedByteWeight::PackedByteWeight(const ByteWeight& w)
    : pairs_((w.terms() + 1) / 2), blocks_((w.outputs + kByteColumns - 1) / kByteColumns) {
  packed_ = Workspace<std::int16_t>(
      checked_mul("quantized", checked_mul("quantized", w.groups, blocks_), block_size()));
  const std::int64_t grain = (1 << 15) / std::max<std::int64_t>(block_size(), 1) + 1;
  parallel_for(0, w.groups * blocks_, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t group = i / blocks_, first = i % blocks_ * kByteColumns;
      std::int16_t* to = packed_.data() + i * block_size();
      std::fill_n(to, block_size(), std::int16_t{0});
      const std::int64_t count = std::min(kByteColumns, w.outputs - first);
      for (std::int64_t o = 0; o < count; ++o) {
        const std::int8_t* row = w.data + (group * w.outputs + first + o) * w.terms();
        for (std::int64_t tap = 0, k = 0; tap < w.taps; ++tap) {
          for (std::int64_t c = 0; c < w.inputs; ++c, ++k) {
            to[(k / 2 * kByteColumns + o) * 2 + k % 2] = row[c * w.taps + tap];
          }
        }
      }
    }
  });
}

Packed packed_byte_weight(const ByteWeight& weight) {
  StorageImpl* owner = weight.owner;
  if (owner == nullptr || owner->exposed()) return std::make_shared<PackedByteWeight>(weight);
  owner->watch(forget);
  const auto entry = cache().get(weight, [] { return std::make_shared<Entry>(); });
  const std::lock_guard lock(entry->mutex);
  if (entry->packed == nullptr || entry->version != owner->version()) {
    entry->version = owner->version();
    const cpu_allocator::ScratchPause pause;
    entry->packed = std::make_shared<PackedByteWeight>(weight);
  }
  return entry->packed;
}

}  // namespace sinter::ops::cpu
