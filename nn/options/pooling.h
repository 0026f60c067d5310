// Options of pooling layers.
#pragma once
#include <sinter/nn/arg.h>
#include <sinter/nn/expanding_array.h>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace sinter::nn {

// MaxPool2d(MaxPool2dOptions(3).stride(2).padding(1)); the stride is the kernel size unless given.
template <std::size_t D>
struct MaxPoolOptions {
  MaxPoolOptions(ExpandingArray<D> kernel_size)  // NOLINT
      : kernel_size_(kernel_size), stride_(kernel_size) {}
  SINTER_ARG(ExpandingArray<D>, kernel_size);
  SINTER_ARG(ExpandingArray<D>, stride);
  SINTER_ARG(ExpandingArray<D>, padding) = 0;
  SINTER_ARG(ExpandingArray<D>, dilation) = 1;
  SINTER_ARG(bool, ceil_mode) = false;
};
using MaxPool2dOptions = MaxPoolOptions<2>;

// AvgPool2d(AvgPool2dOptions(2).count_include_pad(false))
template <std::size_t D>
struct AvgPoolOptions {
  AvgPoolOptions(ExpandingArray<D> kernel_size)  // NOLINT
      : kernel_size_(kernel_size), stride_(kernel_size) {}
  SINTER_ARG(ExpandingArray<D>, kernel_size);
  SINTER_ARG(ExpandingArray<D>, stride);
  SINTER_ARG(ExpandingArray<D>, padding) = 0;
  SINTER_ARG(bool, ceil_mode) = false;
  SINTER_ARG(bool, count_include_pad) = true;
  SINTER_ARG(std::optional<std::int64_t>, divisor_override);
};
using AvgPool2dOptions = AvgPoolOptions<2>;

// AdaptiveAvgPool2d({5, nullopt}): a size left out is that of the input.
template <std::size_t D>
struct AdaptiveAvgPoolOptions {
  using output_size_t = ExpandingArrayWithOptionalElem<D>;
  AdaptiveAvgPoolOptions(output_size_t output_size) : output_size_(output_size) {}  // NOLINT
  SINTER_ARG(output_size_t, output_size);
};
using AdaptiveAvgPool2dOptions = AdaptiveAvgPoolOptions<2>;

namespace functional {
using MaxPool2dFuncOptions = MaxPool2dOptions;
using AvgPool2dFuncOptions = AvgPool2dOptions;
using AdaptiveAvgPool2dFuncOptions = AdaptiveAvgPool2dOptions;
}  // namespace functional

}  // namespace sinter::nn
