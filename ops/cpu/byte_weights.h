// Weights of i8 in the order in which the product of bytes reads them.
#pragma once
#include <sinter/core/storage.h>
#include <sinter/ops/cpu/byte_simd.h>
#include <sinter/ops/cpu/workspace.h>

#include <cstdint>
#include <memory>

namespace sinter::ops::cpu {

// A row-major weight [groups * outputs, inputs, taps].
struct ByteWeight {
  const std::int8_t* data;
  StorageImpl* owner;  // of that memory; null: of a copy
  std::int64_t groups, outputs, inputs, taps;

  std::int64_t terms() const { return inputs * taps; }
  bool operator==(const ByteWeight&) const = default;
};

// As i16, for each group in blocks of kByteColumns outputs, terms in pairs, tap by tap: term
// k is input k % inputs of tap k / inputs.
class PackedByteWeight {
 public:
  explicit PackedByteWeight(const ByteWeight& weight);
  std::int64_t pairs() const { return pairs_; }
  std::int64_t blocks() const { return blocks_; }  // of one group
  const std::int16_t* block(std::int64_t group, std::int64_t b) const {
    return packed_.data() + (group * blocks_ + b) * block_size();
  }

 private:
  std::int64_t block_size() const { return pairs_ * kByteColumns * 2; }
  std::int64_t pairs_, blocks_;
  Workspace<std::int16_t> packed_;
};

// The packed form, which is kept as long as `owner` lives unchanged.
std::shared_ptr<const PackedByteWeight> packed_byte_weight(const ByteWeight& weight);

}  // namespace sinter::ops::cpu
