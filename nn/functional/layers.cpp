#include <sinter/autograd/grad_mode.h>
#include <sinter/nn/functional.h>
#include <sinter/ops/ops.h>

namespace sinter::nn::functional {

namespace {
template <std::size_t D>
const char* padding_name(const ConvPadding<D>& padding) {
  return padding.kind() == ConvPadding<D>::Kind::same ? "same" : "valid";
}
template <std::size_t D>
bool has_numbers(const ConvPadding<D>& padding) {
  return padding.kind() == ConvPadding<D>::Kind::numbers;
}
}  // namespace

Tensor linear(const Tensor& input, const Tensor& weight, const Tensor& bias) {
  return sinter::linear(input, weight, bias);
}

Tensor conv1d(const Tensor& input, const Tensor& weight, const Conv1dFuncOptions& o) {
  if (!has_numbers(o.padding())) {
    return sinter::conv1d(input, weight, o.bias(), o.stride(), padding_name(o.padding()),
                          o.dilation(), o.groups());
  }
  return sinter::conv1d(input, weight, o.bias(), o.stride(), o.padding().numbers(), o.dilation(),
                        o.groups());
}

Tensor conv2d(const Tensor& input, const Tensor& weight, const Conv2dFuncOptions& o) {
  if (!has_numbers(o.padding())) {
    return sinter::conv2d(input, weight, o.bias(), o.stride(), padding_name(o.padding()),
                          o.dilation(), o.groups());
  }
  return sinter::conv2d(input, weight, o.bias(), o.stride(), o.padding().numbers(), o.dilation(),
                        o.groups());
}

Tensor conv_transpose2d(const Tensor& input, const Tensor& weight,
                        const ConvTranspose2dFuncOptions& o) {
  return sinter::conv_transpose2d(input, weight, o.bias(), o.stride(), o.padding(),
                                  o.output_padding(), o.groups(), o.dilation());
}

Tensor batch_norm(const Tensor& input, const Tensor& running_mean, const Tensor& running_var,
                  const BatchNormFuncOptions& options) {
  SINTER_CHECK_AS(ValueError, input.dim() >= 2, "[batch_norm] needs at least 2 dimensions; got ",
                  input.sizes());
  if (options.training()) {
    const std::int64_t channels = input.size(1);
    SINTER_CHECK_AS(ValueError, channels == 0 || input.numel() != channels,
                    "[batch_norm] training needs more than 1 value per channel; got ",
                    input.sizes());
  }
  return sinter::batch_norm(input, options.weight(), options.bias(), running_mean, running_var,
                            options.training(), options.momentum(), options.eps());
}

Tensor layer_norm(const Tensor& input, const LayerNormFuncOptions& options) {
  return sinter::layer_norm(input, options.normalized_shape(), options.weight(), options.bias(),
                            options.eps());
}

Tensor group_norm(const Tensor& input, const GroupNormFuncOptions& options) {
  return sinter::group_norm(input, options.num_groups(), options.weight(), options.bias(),
                            options.eps());
}

namespace {
void check_probability(const char* op, double p) {
  SINTER_CHECK_AS(ValueError, p >= 0 && p <= 1, "[", op,
                  "] the probability must be between 0 and 1; got ", p);
}
}  // namespace

Tensor dropout(Tensor input, const DropoutFuncOptions& options) {
  check_probability("dropout", options.p());
  return options.inplace() ? sinter::dropout_(input, options.p(), options.training())
                           : sinter::dropout(input, options.p(), options.training());
}

Tensor dropout2d(Tensor input, const Dropout2dFuncOptions& options) {
  check_probability("dropout2d", options.p());
  if (!options.inplace()) return sinter::feature_dropout(input, options.p(), options.training());
  return input.mul_(
      sinter::feature_dropout(sinter::ones_like(input), options.p(), options.training()));
}

namespace {
// Scales down, in place, the rows of weight that are looked up and are longer than max_norm.
void renormalize(const Tensor& weight, const Tensor& indices, double max_norm, double norm_type) {
  const NoGradGuard no_grad;
  const Tensor rows = indices.reshape({-1});
  const Tensor looked_up = weight.index_select(0, rows);
  const Tensor norms = looked_up.norm(norm_type, {1}, true);
  const Tensor scales =
      sinter::where(norms > max_norm, max_norm / (norms + 1e-7), sinter::ones_like(norms));
  Tensor table = weight;
  table.index_put_(std::vector<Tensor>{rows}, looked_up * scales);
}
}  // namespace

Tensor embedding(const Tensor& input, const Tensor& weight, const EmbeddingFuncOptions& options) {
  SINTER_CHECK_AS(NotImplementedError, !options.sparse() && !options.scale_grad_by_freq(),
                  "[embedding] has dense, unscaled gradients only; got sparse = ", options.sparse(),
                  " and scale_grad_by_freq = ", options.scale_grad_by_freq());
  std::int64_t padding = -1;
  if (options.padding_idx()) {
    const std::int64_t rows = weight.size(0);
    padding = *options.padding_idx();
    SINTER_CHECK_AS(ValueError, padding >= -rows && padding < rows,
                    "[embedding] padding_idx must be within the ", rows, " rows; got ", padding);
    if (padding < 0) padding += rows;
  }
  if (options.max_norm()) renormalize(weight, input, *options.max_norm(), options.norm_type());
  return sinter::embedding(weight, input, padding);
}

Tensor one_hot(const Tensor& input, std::int64_t num_classes) {
  return sinter::one_hot(input, num_classes);
}

Tensor pad(const Tensor& input, const PadFuncOptions& options) {
  constexpr const char* modes[] = {"constant", "reflect", "replicate", "circular"};
  return sinter::pad(input, options.pad(), modes[options.mode().index()], options.value());
}

}  // namespace sinter::nn::functional
