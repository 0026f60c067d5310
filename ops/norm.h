// Normalisation layers.
//
// Floating dtypes; f16 and bf16 are computed in f32 (their weights may be f32 too) and rounded
// once. Statistics are summed in blocks fixed by shape whose totals are added in f64: accurate for
// a mean far from zero, and bitwise the same at any number of threads. All are differentiable
// twice. All throw ValueError for sizes that do not fit, NotImplementedError for integers,
// TypeError for parameters of another dtype.
#pragma once
#include <sinter/core/tensor.h>

#include <optional>

namespace sinter {

// Batch normalization (Ioffe and Szegedy, 2015): y = (x - mean) / sqrt(var + eps) * weight + bias
// per channel, x of [N, C, ...]; the other four tensors have C elements and may be undefined.
//
// training: mean and (biased) variance are those of the batch. The running statistics, where given,
// are updated in place: running = (1 - momentum) * running + momentum * batch, with the unbiased
// variance. Throws ValueError for one value per channel. Not training: the running statistics are
// used; without them, those of the batch. channels_last input gives channels_last output.
Tensor batch_norm(const Tensor& input, const Tensor& weight, const Tensor& bias,
                  const Tensor& running_mean, const Tensor& running_var, bool training,
                  double momentum = 0.1, double eps = 1e-5);
// Instance normalization (Ulyanov et al., 2016): the same over the spatial dimensions of each item
// alone. Running statistics are averaged over the batch; with use_input_stats false they are used.
Tensor instance_norm(const Tensor& input, const Tensor& weight = {}, const Tensor& bias = {},
                     const Tensor& running_mean = {}, const Tensor& running_var = {},
                     bool use_input_stats = true, double momentum = 0.1, double eps = 1e-5);
// Layer normalization (Ba et al., 2016) over the last dimensions, whose sizes are normalized_shape;
// weight and bias have that shape.
Tensor layer_norm(const Tensor& input, IntArrayRef normalized_shape, const Tensor& weight = {},
                  const Tensor& bias = {}, double eps = 1e-5);
// Group normalization (Wu and He, 2018): statistics of each item over num_groups groups of
// channels; weight and bias have one element per channel.
Tensor group_norm(const Tensor& input, std::int64_t num_groups, const Tensor& weight = {},
                  const Tensor& bias = {}, double eps = 1e-5);
// Root mean square normalization (Zhang and Sennrich, 2019): x / sqrt(mean(x^2) + eps) * weight
// over the last dimensions. eps is the dtype's machine epsilon unless given.
Tensor rms_norm(const Tensor& input, IntArrayRef normalized_shape, const Tensor& weight = {},
                std::optional<double> eps = std::nullopt);

}  // namespace sinter
