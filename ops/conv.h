// Convolutions over one or two spatial dimensions.
//
// Cross-correlations, as everywhere in deep learning: out[n, o, y, x] = bias[o] + sum over c, i, j
// of weight[o, c, i, j] * input[n, c, y * stride - padding + i * dilation, ...]. Floating dtypes;
// f16 and bf16 are summed in float. Inputs may lie in memory in any way; the results of 2-d
// convolutions lie channels_last until someone looks at their strides. A batch may be empty, or
// missing: [C, ...] gives [O, ...]. stride, padding, dilation and output_padding take one value for
// all dimensions or one for each.
//
// All throw ValueError for shapes or arguments that do not fit, NotImplementedError for integers,
// TypeError for mixed dtypes and Error for an undefined input or weight.
#pragma once
#include <sinter/core/tensor.h>

#include <array>
#include <concepts>
#include <string_view>

namespace sinter {

// A string: a literal 0 is a number, although it converts to a pointer.
template <class S>
concept PaddingName = std::convertible_to<const S&, std::string_view> && !std::integral<S>;

namespace detail {
Tensor conv_named(std::size_t spatial, const std::array<Tensor, 3>& tensors, IntArrayRef stride,
                  std::string_view padding, IntArrayRef dilation, std::int64_t groups);
}  // namespace detail

// input [N, C, L], weight [O, C / groups, K], bias [O] ->
// [N, O, (L + 2 padding - dilation (K - 1) - 1) / stride + 1].
Tensor conv1d(const Tensor& input, const Tensor& weight, const Tensor& bias = {},
              IntArrayRef stride = 1, IntArrayRef padding = 0, IntArrayRef dilation = 1,
              std::int64_t groups = 1);
// padding "valid": none. "same": as much as keeps the size, with stride 1; the odd one at the end.
template <PaddingName S>
Tensor conv1d(const Tensor& input, const Tensor& weight, const Tensor& bias, IntArrayRef stride,
              const S& padding, IntArrayRef dilation = 1, std::int64_t groups = 1) {
  return detail::conv_named(1, {input, weight, bias}, stride, padding, dilation, groups);
}

// input [N, C, H, W], weight [O, C / groups, KH, KW], bias [O] -> [N, O, OH, OW].
Tensor conv2d(const Tensor& input, const Tensor& weight, const Tensor& bias = {},
              IntArrayRef stride = 1, IntArrayRef padding = 0, IntArrayRef dilation = 1,
              std::int64_t groups = 1);
template <PaddingName S>
Tensor conv2d(const Tensor& input, const Tensor& weight, const Tensor& bias, IntArrayRef stride,
              const S& padding, IntArrayRef dilation = 1, std::int64_t groups = 1) {
  return detail::conv_named(2, {input, weight, bias}, stride, padding, dilation, groups);
}

// Transposed ("fractionally strided") convolutions: the gradient of a convolution with respect to
// its input, plus a bias. input [N, C, L], weight [C, O / groups, K], bias [O] ->
// [N, O, (L - 1) stride - 2 padding + dilation (K - 1) + output_padding + 1]. output_padding must
// be smaller than stride or dilation.
Tensor conv_transpose1d(const Tensor& input, const Tensor& weight, const Tensor& bias = {},
                        IntArrayRef stride = 1, IntArrayRef padding = 0,
                        IntArrayRef output_padding = 0, std::int64_t groups = 1,
                        IntArrayRef dilation = 1);
Tensor conv_transpose2d(const Tensor& input, const Tensor& weight, const Tensor& bias = {},
                        IntArrayRef stride = 1, IntArrayRef padding = 0,
                        IntArrayRef output_padding = 0, std::int64_t groups = 1,
                        IntArrayRef dilation = 1);

}  // namespace sinter
