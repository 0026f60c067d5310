// Random tensors. Every function takes an optional generator (default: default_generator()) and
// reserves a piece of its Philox stream; element i, counted in row-major order whatever the
// strides, computes its value from fixed words of that piece, so that results depend neither on
// threads nor on layout nor on device. With blocks of four 32-bit words, v0 v1 v2 v3:
//
//   draws of 32 bits (bernoulli, dropout, and uniform, normal, exponential below f64)
//       element i reads word i % 4 of block i / 4
//   draws of 64 bits (random, randint, randperm, and uniform, normal, exponential of f64)
//       element i reads words 2 (i % 2) (low half) and 2 (i % 2) + 1 (high half) of block i / 2
//
// Normal numbers come in pairs by Box and Muller ("A note on the generation of random normal
// deviates", 1958): elements 2j and 2j + 1 use their two draws together. Options are those of the
// functions in creation.h.
#pragma once
#include <sinter/core/tensor.h>

#include <optional>

namespace sinter {

// --- New tensors.

// Uniform in [0, 1). Throws NotImplementedError unless the dtype is floating.
Tensor rand(IntArrayRef sizes, const TensorOptions& options = {});
Tensor rand(IntArrayRef sizes, std::optional<Generator> generator,
            const TensorOptions& options = {});
// Normal with mean 0 and standard deviation 1. Throws NotImplementedError unless the dtype is
// floating.
Tensor randn(IntArrayRef sizes, const TensorOptions& options = {});
Tensor randn(IntArrayRef sizes, std::optional<Generator> generator,
             const TensorOptions& options = {});
// Integers, uniform in [low, high): floor(draw * (high - low) / 2^64) + low. The dtype defaults to
// i64. Throws ValueError when the range is empty or the dtype cannot hold it.
Tensor randint(std::int64_t high, IntArrayRef sizes, TensorOptions options = {});
Tensor randint(std::int64_t low, std::int64_t high, IntArrayRef sizes, TensorOptions options = {});
Tensor randint(std::int64_t low, std::int64_t high, IntArrayRef sizes,
               std::optional<Generator> generator, TensorOptions options = {});
// The integers 0 to n - 1 in random order: by the 64-bit draw of each, equal draws by number. The
// dtype defaults to i64. Throws ValueError for a negative n and one that the dtype cannot hold.
Tensor randperm(std::int64_t n, TensorOptions options = {});
Tensor randperm(std::int64_t n, std::optional<Generator> generator, TensorOptions options = {});
// Normal numbers; tensors give a mean or deviation per element, and broadcast. Throws ValueError
// for a negative or NaN number as deviation.
Tensor normal(double mean, double std, IntArrayRef sizes,
              std::optional<Generator> generator = std::nullopt, const TensorOptions& options = {});
Tensor normal(const Tensor& mean, double std = 1,
              std::optional<Generator> generator = std::nullopt);
Tensor normal(double mean, const Tensor& std, std::optional<Generator> generator = std::nullopt);
Tensor normal(const Tensor& mean, const Tensor& std,
              std::optional<Generator> generator = std::nullopt);

// --- Like another tensor: its sizes, dtype, device and strides unless options say otherwise.
Tensor rand_like(const Tensor& x, const TensorOptions& options = {});
Tensor randn_like(const Tensor& x, const TensorOptions& options = {});
Tensor randint_like(const Tensor& x, std::int64_t high, const TensorOptions& options = {});
Tensor randint_like(const Tensor& x, std::int64_t low, std::int64_t high,
                    const TensorOptions& options = {});

// --- From probabilities.

// 1 with the probability that x holds, else 0; not differentiable. Throws NotImplementedError
// unless x is floating, ValueError when an element is not in [0, 1].
Tensor bernoulli(const Tensor& x, std::optional<Generator> generator = std::nullopt);
// Like x, 1 with probability p, else 0. Throws ValueError for p outside [0, 1].
Tensor bernoulli(const Tensor& x, double p, std::optional<Generator> generator = std::nullopt);

// --- Dropout (Srivastava et al., "Dropout: a simple way to prevent neural networks from
// overfitting", JMLR 2014).

// Zeroes each element with probability p and multiplies the others by 1 / (1 - p); x itself when
// train is false or p is 0. The gradient is that of the elements kept. Throws ValueError for p
// outside [0, 1], NotImplementedError unless x is floating.
Tensor dropout(const Tensor& x, double p = 0.5, bool train = true);
Tensor& dropout_(Tensor& x, double p = 0.5, bool train = true);
// The same for whole channels: all elements at one index of the first two dimensions. Throws
// ValueError for fewer than 2 dimensions.
Tensor feature_dropout(const Tensor& x, double p = 0.5, bool train = true);

}  // namespace sinter
