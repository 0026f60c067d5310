// Pooling over one or two spatial dimensions.
//
// Floating dtypes; f16 and bf16 are computed in f32 and rounded once. Input is [N, C, L] or
// [N, C, H, W], or the same without N; channels_last input gives channels_last output. Lists take
// one value for all dimensions or one for each; an empty stride is the kernel size. An output
// dimension has (L + 2 padding - dilation (kernel - 1) - 1) / stride + 1 elements, rounded down, or
// up with ceil_mode (a window that would start in the padding at the end is left out). All throw
// ValueError for arguments that do not fit and NotImplementedError for integers; but the maximum
// without places works on u8 and i8 too.
#pragma once
#include <sinter/core/tensor.h>

#include <optional>
#include <tuple>

namespace sinter {

// The largest element of each window; a NaN counts as the largest. Padding is -infinity, at most
// half of the kernel.
Tensor max_pool1d(const Tensor& input, IntArrayRef kernel_size, IntArrayRef stride = {},
                  IntArrayRef padding = 0, IntArrayRef dilation = 1, bool ceil_mode = false);
Tensor max_pool2d(const Tensor& input, IntArrayRef kernel_size, IntArrayRef stride = {},
                  IntArrayRef padding = 0, IntArrayRef dilation = 1, bool ceil_mode = false);
// The same with the place (i64) of each maximum in its plane, counted row by row: the first of
// equal ones.
std::tuple<Tensor, Tensor> max_pool1d_with_indices(const Tensor& input, IntArrayRef kernel_size,
                                                   IntArrayRef stride = {}, IntArrayRef padding = 0,
                                                   IntArrayRef dilation = 1,
                                                   bool ceil_mode = false);
std::tuple<Tensor, Tensor> max_pool2d_with_indices(const Tensor& input, IntArrayRef kernel_size,
                                                   IntArrayRef stride = {}, IntArrayRef padding = 0,
                                                   IntArrayRef dilation = 1,
                                                   bool ceil_mode = false);

// The mean of each window. The sum is divided by the size of the window, padding (of zeros)
// included if count_include_pad, or by divisor_override.
Tensor avg_pool1d(const Tensor& input, IntArrayRef kernel_size, IntArrayRef stride = {},
                  IntArrayRef padding = 0, bool ceil_mode = false, bool count_include_pad = true);
Tensor avg_pool2d(const Tensor& input, IntArrayRef kernel_size, IntArrayRef stride = {},
                  IntArrayRef padding = 0, bool ceil_mode = false, bool count_include_pad = true,
                  std::optional<std::int64_t> divisor_override = std::nullopt);

// The mean (maximum) of windows that divide the input into output_size parts: part i of n covers
// elements floor(i L / n) to ceil((i + 1) L / n).
Tensor adaptive_avg_pool1d(const Tensor& input, IntArrayRef output_size);
Tensor adaptive_avg_pool2d(const Tensor& input, IntArrayRef output_size);
std::tuple<Tensor, Tensor> adaptive_max_pool1d(const Tensor& input, IntArrayRef output_size);
std::tuple<Tensor, Tensor> adaptive_max_pool2d(const Tensor& input, IntArrayRef output_size);

}  // namespace sinter
