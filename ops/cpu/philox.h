// Vectors of Philox blocks, and the distributions made of them.
#pragma once
#include <sinter/core/random.h>

#include <cstddef>
#include <cstdint>

namespace sinter::ops::cpu {

// Kernels draw and transform this many blocks at a time.
inline constexpr std::size_t kDrawBlocks = 512;
inline constexpr std::size_t kDrawWords = 4 * kDrawBlocks;

// Writes kDrawBlocks blocks of the stream, from the given one on.
void draw_words(PhiloxState stream, std::uint32_t* words);

// Each maps all kDrawWords words to numbers: of 32 bits each to float, or of 64 bits each (low word
// first) to half as many doubles.
//
// Uniform: from + width * (draw in [0, 1) of `bits` bits), at most last.
struct UniformRange {
  double from;
  double width;
  double last;
  int bits;
};
void to_uniform(const std::uint32_t* words, const UniformRange& range, float* out);
void to_uniform(const std::uint32_t* words, const UniformRange& range, double* out);
// Normal: mean + std * z, two numbers of each two draws.
void to_normal(const std::uint32_t* words, double mean, double std, float* out);
void to_normal(const std::uint32_t* words, double mean, double std, double* out);
// Exponential: -log(draw in (0, 1]) / lambda.
void to_exponential(const std::uint32_t* words, double lambda, float* out);
void to_exponential(const std::uint32_t* words, double lambda, double* out);
// Bernoulli: 1 where a draw is below the bound, else 0.
void to_bernoulli(const std::uint32_t* words, std::uint32_t bound, float* out);

// Dropout of n <= kDrawWords elements: 0 where the draw of 32 bits is below the bound, else
// in * scale. in and out may be the same.
struct Drop {
  std::uint32_t bound;
  double scale;
};
void drop_elements(const std::uint32_t* words, const Drop& drop, const float* in, float* out,
                   std::size_t n);
void drop_elements(const std::uint32_t* words, const Drop& drop, const double* in, double* out,
                   std::size_t n);

}  // namespace sinter::ops::cpu
