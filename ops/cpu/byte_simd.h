// SIMD loops on quantized bytes, on one thread. Integer sums are exact.
#pragma once
#include <cstdint>

namespace sinter::ops::cpu {

// Outputs that the matrix product computes together.
inline constexpr std::int64_t kByteColumns = 16;
// Rows that it computes together, at most.
inline constexpr std::int64_t kByteRows = 4;

// How sums become results: y = clamp(round((sum + bias) * multiplier) + zero_point).
struct Requantize {
  const std::int32_t* bias;  // may be null
  const float* multiplier;
  float zero_point;
  float low, high;  // the ends of the result
};

enum class ByteResult : std::uint8_t { u8, i8, f32 };

struct ByteAdd {
  float a_ratio, b_ratio, offset;
  float low, high;
};

struct ByteLoops {
  // out = x - zero_point.
  void (*widen)(std::int64_t n, const void* x, bool is_signed, std::int32_t zero_point,
                std::int16_t* out);
  // sums[r][k] = a[r] . column k, for pairs of i16: a has `rows` rows at `stride`, b is
  // [pairs][kByteColumns][2], sums [rows][kByteColumns].
  void (*multiply)(const std::int16_t* a, std::int64_t rows, std::int64_t stride,
                   const std::int16_t* b, std::int64_t pairs, std::int32_t* sums);
  // sums[c] = sum over taps of x[tap][c] * weight[tap][c], taps without x counting nothing. The
  // products fit into i16.
  void (*multiply_channels)(std::int64_t channels, const std::int16_t* const* x,
                            const std::int16_t* weight, std::int64_t taps, std::int32_t* sums);
  // sums[c] += x[c].
  void (*add_up)(std::int64_t channels, const void* x, bool is_signed, std::int32_t* sums);
  // y of the kind of result; f32 takes neither rounding nor zero point, and only `low`.
  void (*requantize)(std::int64_t n, const std::int32_t* sums, const Requantize& how,
                     ByteResult kind, void* y);
  // One multiplier for all.
  void (*rescale)(std::int64_t n, const std::int32_t* sums, float multiplier, const Requantize& how,
                  bool is_signed, void* y);
  void (*add)(std::int64_t n, const void* a, const void* b, const ByteAdd& how, bool is_signed,
              void* y);
  // y = max(y, x).
  void (*maximum)(std::int64_t n, const void* x, bool is_signed, void* y);
};
const ByteLoops& byte_loops();

}  // namespace sinter::ops::cpu
