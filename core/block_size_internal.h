// The sizes of the blocks that the CPU allocator hands out.
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>

namespace sinter::detail {

inline constexpr std::size_t kBlockAlignment = 64;
// Blocks up to this size are small: cached per thread. Larger ones are mapped one by one.
inline constexpr std::size_t kMaxSmall = std::size_t{1} << 20;
// Requests above this fail; rounding up cannot overflow below it.
inline constexpr std::size_t kMaxRequest = std::size_t{1} << 62;

// Size classes with 2^Bits steps per power of two, in units of the alignment.
template <unsigned Bits>
struct SizeClasses {
  static constexpr std::size_t kSteps = std::size_t{1} << Bits;
  // The class of a request of 1 to kMaxRequest bytes.
  static constexpr std::size_t index(std::size_t bytes) {
    const std::size_t units = (bytes - 1) / kBlockAlignment;
    if (units < kSteps) return units;
    const auto shift = static_cast<unsigned>(std::bit_width(units)) - Bits - 1;
    return shift * kSteps + (units >> shift);
  }
  // The bytes of a block of that class.
  static constexpr std::size_t bytes(std::size_t index) {
    if (index < kSteps) return (index + 1) * kBlockAlignment;
    const std::size_t shift = index / kSteps - 1;
    return ((index % kSteps + kSteps + 1) << shift) * kBlockAlignment;
  }
};

using SmallClasses = SizeClasses<2>;
using LargeClasses = SizeClasses<3>;
inline constexpr std::size_t kSmallClasses = SmallClasses::index(kMaxSmall) + 1;
inline constexpr std::size_t kLargeClasses = LargeClasses::index(kMaxRequest) + 1;

// The bytes of the block that serves a request of 1 to kMaxRequest bytes.
constexpr std::size_t block_bytes(std::size_t bytes) {
  return bytes <= kMaxSmall ? SmallClasses::bytes(SmallClasses::index(bytes))
                            : LargeClasses::bytes(LargeClasses::index(bytes));
}

}  // namespace sinter::detail
