// 16-bit floating point storage types. Arithmetic on them is done in float.
#pragma once
#include <bit>
#include <cstdint>

namespace sinter {

// IEEE 754 binary16. Conversion from float rounds to nearest, ties to even.
struct Half {
  std::uint16_t bits = 0;

  Half() = default;
  constexpr Half(float value) : bits(from_float(value)) {}  // NOLINT: implicit, as arithmetic types
  constexpr operator float() const { return to_float(bits); }  // NOLINT

  static constexpr std::uint16_t from_float(float value);
  static constexpr float to_float(std::uint16_t half);
};

// bfloat16: the upper half of a binary32. Conversion from float rounds to nearest, ties to even.
struct BFloat16 {
  std::uint16_t bits = 0;

  BFloat16() = default;
  constexpr BFloat16(float value) : bits(from_float(value)) {}  // NOLINT
  constexpr operator float() const { return to_float(bits); }   // NOLINT

  static constexpr std::uint16_t from_float(float value) {
    const auto u = std::bit_cast<std::uint32_t>(value);
    if ((u & 0x7fffffffU) > 0x7f800000U) return static_cast<std::uint16_t>((u >> 16) | 0x40U);
    return static_cast<std::uint16_t>((u + 0x7fffU + ((u >> 16) & 1U)) >> 16);
  }
  static constexpr float to_float(std::uint16_t value) {
    return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16);
  }
};

constexpr std::uint16_t Half::from_float(float value) {
  const auto u = std::bit_cast<std::uint32_t>(value);
  const std::uint32_t sign = (u >> 16) & 0x8000U;
  const std::uint32_t magnitude = u & 0x7fffffffU;
  if (magnitude > 0x7f800000U) return static_cast<std::uint16_t>(sign | 0x7e00U);
  if (magnitude >= 0x477ff000U) return static_cast<std::uint16_t>(sign | 0x7c00U);
  if (magnitude < 0x33000001U) return static_cast<std::uint16_t>(sign);
  const std::uint32_t exponent = magnitude >> 23;
  const std::uint32_t mantissa = (magnitude & 0x7fffffU) | 0x800000U;
  // A normal half drops 13 bits; a subnormal one drops more.
  const std::uint32_t shift = exponent < 113 ? 126 - exponent : 13;
  std::uint32_t half =
      exponent < 113 ? mantissa >> shift : ((exponent - 112) << 10) + ((mantissa >> 13) & 0x3ffU);
  const std::uint32_t rest = mantissa & ((1U << shift) - 1);
  const std::uint32_t tie = 1U << (shift - 1);
  if (rest > tie || (rest == tie && (half & 1U) != 0)) ++half;
  return static_cast<std::uint16_t>(sign | half);
}

constexpr float Half::to_float(std::uint16_t half) {
  const std::uint32_t sign = static_cast<std::uint32_t>(half & 0x8000U) << 16;
  const std::uint32_t exponent = (half >> 10) & 0x1fU;
  const std::uint32_t mantissa = half & 0x3ffU;
  if (exponent == 0x1f) return std::bit_cast<float>(sign | 0x7f800000U | (mantissa << 13));
  if (exponent != 0)
    return std::bit_cast<float>(sign | ((exponent + 112) << 23) | (mantissa << 13));
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24F;
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
}

}  // namespace sinter
