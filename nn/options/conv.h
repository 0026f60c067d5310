// Options of convolutions.
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/nn/arg.h>
#include <sinter/nn/enum.h>
#include <sinter/nn/expanding_array.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <vector>

namespace sinter::nn {

// How the border of the input is filled: zeros, the mirrored input, its edge, or its other side.
using ConvPaddingMode =
    OneOf<enumtype::kZeros, enumtype::kReflect, enumtype::kReplicate, enumtype::kCircular>;

// The padding of a convolution: numbers, kValid (none) or kSame (the output is as large as the
// input).
template <std::size_t D>
class ConvPadding {
 public:
  enum class Kind : std::uint8_t { numbers, valid, same };
  ConvPadding(std::int64_t all) : numbers_(all) {}                                 // NOLINT
  ConvPadding(int all) : numbers_(all) {}                                          // NOLINT
  ConvPadding(std::initializer_list<std::int64_t> numbers) : numbers_(numbers) {}  // NOLINT
  ConvPadding(const std::vector<std::int64_t>& numbers) : numbers_(numbers) {}     // NOLINT
  ConvPadding(const ExpandingArray<D>& numbers) : numbers_(numbers) {}             // NOLINT
  ConvPadding(enumtype::kValid) : numbers_(0), kind_(Kind::valid) {}               // NOLINT
  ConvPadding(enumtype::kSame) : numbers_(0), kind_(Kind::same) {}                 // NOLINT

  Kind kind() const { return kind_; }
  // The padding of each dimension; zeros unless kind() is numbers.
  const ExpandingArray<D>& numbers() const { return numbers_; }

 private:
  ExpandingArray<D> numbers_;
  Kind kind_ = Kind::numbers;
};

// Conv2d(Conv2dOptions(3, 64, 7).stride(2).padding(3))
template <std::size_t D>
struct ConvOptions {
  using padding_t = ConvPadding<D>;
  using padding_mode_t = ConvPaddingMode;
  ConvOptions(std::int64_t in_channels, std::int64_t out_channels, ExpandingArray<D> kernel_size)
      : in_channels_(in_channels), out_channels_(out_channels), kernel_size_(kernel_size) {}
  SINTER_ARG(std::int64_t, in_channels);
  SINTER_ARG(std::int64_t, out_channels);
  SINTER_ARG(ExpandingArray<D>, kernel_size);
  SINTER_ARG(ExpandingArray<D>, stride) = 1;
  SINTER_ARG(padding_t, padding) = 0;
  SINTER_ARG(ExpandingArray<D>, dilation) = 1;
  SINTER_ARG(std::int64_t, groups) = 1;
  SINTER_ARG(bool, bias) = true;
  SINTER_ARG(padding_mode_t, padding_mode) = kZeros;
};
using Conv1dOptions = ConvOptions<1>;
using Conv2dOptions = ConvOptions<2>;

// ConvTranspose2d(ConvTranspose2dOptions(64, 32, 4).stride(2).padding(1))
template <std::size_t D>
struct ConvTransposeOptions {
  using padding_mode_t = ConvPaddingMode;
  ConvTransposeOptions(std::int64_t in_channels, std::int64_t out_channels,
                       ExpandingArray<D> kernel_size)
      : in_channels_(in_channels), out_channels_(out_channels), kernel_size_(kernel_size) {}
  SINTER_ARG(std::int64_t, in_channels);
  SINTER_ARG(std::int64_t, out_channels);
  SINTER_ARG(ExpandingArray<D>, kernel_size);
  SINTER_ARG(ExpandingArray<D>, stride) = 1;
  SINTER_ARG(ExpandingArray<D>, padding) = 0;
  SINTER_ARG(ExpandingArray<D>, output_padding) = 0;
  SINTER_ARG(std::int64_t, groups) = 1;
  SINTER_ARG(bool, bias) = true;
  SINTER_ARG(ExpandingArray<D>, dilation) = 1;
  SINTER_ARG(padding_mode_t, padding_mode) = kZeros;
};
using ConvTranspose2dOptions = ConvTransposeOptions<2>;

namespace functional {

// conv2d(x, weight, Conv2dFuncOptions().bias(bias).stride(2))
template <std::size_t D>
struct ConvFuncOptions {
  using padding_t = ConvPadding<D>;
  SINTER_ARG(Tensor, bias);
  SINTER_ARG(ExpandingArray<D>, stride) = 1;
  SINTER_ARG(padding_t, padding) = 0;
  SINTER_ARG(ExpandingArray<D>, dilation) = 1;
  SINTER_ARG(std::int64_t, groups) = 1;
};
using Conv1dFuncOptions = ConvFuncOptions<1>;
using Conv2dFuncOptions = ConvFuncOptions<2>;

template <std::size_t D>
struct ConvTransposeFuncOptions {
  SINTER_ARG(Tensor, bias);
  SINTER_ARG(ExpandingArray<D>, stride) = 1;
  SINTER_ARG(ExpandingArray<D>, padding) = 0;
  SINTER_ARG(ExpandingArray<D>, output_padding) = 0;
  SINTER_ARG(std::int64_t, groups) = 1;
  SINTER_ARG(ExpandingArray<D>, dilation) = 1;
};
using ConvTranspose2dFuncOptions = ConvTransposeFuncOptions<2>;

}  // namespace functional
}  // namespace sinter::nn
