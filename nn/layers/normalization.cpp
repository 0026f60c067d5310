#include <sinter/autograd/grad_mode.h>
#include <sinter/nn/functional.h>
#include <sinter/nn/init.h>
#include <sinter/nn/layers/normalization.h>
#include <sinter/nn/print_internal.h>
#include <sinter/ops/creation.h>

namespace sinter::nn {

using detail::word;

// --- Batch norm.

void BatchNormBase::register_all() {
  const auto features = options.num_features();
  const bool affine = options.affine();
  const bool tracks = options.track_running_stats();
  weight = register_parameter("weight", affine ? empty({features}) : Tensor());
  bias = register_parameter("bias", affine ? empty({features}) : Tensor());
  running_mean = register_buffer("running_mean", tracks ? zeros({features}) : Tensor());
  running_var = register_buffer("running_var", tracks ? ones({features}) : Tensor());
  num_batches_tracked =
      register_buffer("num_batches_tracked", tracks ? zeros({}, kInt64) : Tensor());
  reset_parameters();
}

void BatchNormBase::reset_running_stats() {
  if (!options.track_running_stats()) return;
  init::zeros_(running_mean);
  init::ones_(running_var);
  init::zeros_(num_batches_tracked);
}

void BatchNormBase::reset_parameters() {
  reset_running_stats();
  if (!options.affine()) return;
  init::ones_(weight);
  init::zeros_(bias);
}

void BatchNormBase::print(std::ostream& stream, const char* name) const {
  stream << "sinter::nn::" << name << "(" << options.num_features() << ", eps=" << options.eps()
         << ", momentum=";
  if (options.momentum()) {
    stream << *options.momentum();
  } else {
    stream << "None";
  }
  stream << ", affine=" << word(options.affine())
         << ", track_running_stats=" << word(options.track_running_stats()) << ")";
}

Tensor BatchNormBase::normalize(const Tensor& input) {
  double momentum = options.momentum().value_or(0);
  if (is_training() && num_batches_tracked.defined()) {
    const NoGradGuard no_grad;
    num_batches_tracked.add_(1);
    if (!options.momentum()) momentum = 1 / num_batches_tracked.item<double>();
  }
  return functional::batch_norm(input, running_mean, running_var,
                                functional::BatchNormFuncOptions()
                                    .weight(weight)
                                    .bias(bias)
                                    .training(is_training() || !options.track_running_stats())
                                    .momentum(momentum)
                                    .eps(options.eps()));
}

BatchNorm1dImpl::BatchNorm1dImpl(const BatchNorm1dOptions& options_) : Cloneable(options_) {
  register_all();
}
void BatchNorm1dImpl::pretty_print(std::ostream& stream) const { print(stream, "BatchNorm1d"); }
Tensor BatchNorm1dImpl::forward(const Tensor& input) {
  SINTER_CHECK_AS(ValueError, input.dim() == 2 || input.dim() == 3,
                  "[batch_norm1d] needs 2 or 3 dimensions; got ", input.sizes());
  return normalize(input);
}

BatchNorm2dImpl::BatchNorm2dImpl(const BatchNorm2dOptions& options_) : Cloneable(options_) {
  register_all();
}
void BatchNorm2dImpl::pretty_print(std::ostream& stream) const { print(stream, "BatchNorm2d"); }
Tensor BatchNorm2dImpl::forward(const Tensor& input) {
  SINTER_CHECK_AS(ValueError, input.dim() == 4, "[batch_norm2d] needs 4 dimensions; got ",
                  input.sizes());
  return normalize(input);
}

// --- Layer norm.

LayerNormImpl::LayerNormImpl(LayerNormOptions options_) : options(std::move(options_)) {
  LayerNormImpl::reset();
}

void LayerNormImpl::reset() {
  const bool affine = options.elementwise_affine();
  weight =
      register_parameter("weight", affine ? sinter::empty(options.normalized_shape()) : Tensor());
  bias = register_parameter("bias", affine ? sinter::empty(options.normalized_shape()) : Tensor());
  reset_parameters();
}

void LayerNormImpl::reset_parameters() {
  if (!options.elementwise_affine()) return;
  init::ones_(weight);
  init::zeros_(bias);
}

void LayerNormImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::LayerNorm(" << IntArrayRef(options.normalized_shape())
         << ", eps=" << options.eps()
         << ", elementwise_affine=" << word(options.elementwise_affine()) << ")";
}

Tensor LayerNormImpl::forward(const Tensor& input) {
  return functional::layer_norm(input, functional::LayerNormFuncOptions(options.normalized_shape())
                                           .weight(weight)
                                           .bias(bias)
                                           .eps(options.eps()));
}

// --- Group norm.

GroupNormImpl::GroupNormImpl(const GroupNormOptions& options_) : options(options_) {
  GroupNormImpl::reset();
}

void GroupNormImpl::reset() {
  const bool affine = options.affine();
  weight = register_parameter("weight", affine ? empty({options.num_channels()}) : Tensor());
  bias = register_parameter("bias", affine ? empty({options.num_channels()}) : Tensor());
  reset_parameters();
}

void GroupNormImpl::reset_parameters() {
  if (!options.affine()) return;
  init::ones_(weight);
  init::zeros_(bias);
}

void GroupNormImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::GroupNorm(" << options.num_groups() << ", " << options.num_channels()
         << ", eps=" << options.eps() << ", affine=" << word(options.affine()) << ")";
}

Tensor GroupNormImpl::forward(const Tensor& input) {
  return functional::group_norm(input, functional::GroupNormFuncOptions(options.num_groups())
                                           .weight(weight)
                                           .bias(bias)
                                           .eps(options.eps()));
}

}  // namespace sinter::nn
