// Batch, layer and group norm.
#pragma once
#include <sinter/nn/cloneable.h>
#include <sinter/nn/module_holder.h>
#include <sinter/nn/options/normalization.h>

namespace sinter::nn {

// What batch norms have in common: weight and bias [num_features], which start as ones and zeros,
// and the buffers running_mean, running_var and num_batches_tracked. In training, forward()
// normalises with the statistics of the batch and moves the running ones toward them.
class BatchNormBase : public Module {
 public:
  explicit BatchNormBase(const BatchNormOptions& options_) : options(options_) {}
  void reset_parameters();
  void reset_running_stats();

  BatchNormOptions options;
  Tensor weight;
  Tensor bias;
  Tensor running_mean;
  Tensor running_var;
  Tensor num_batches_tracked;

 protected:
  void register_all();
  void print(std::ostream& stream, const char* name) const;
  Tensor normalize(const Tensor& input);
};

// For [N, C] and [N, C, L] (Ioffe and Szegedy, 2015). Throws ValueError `[batch_norm1d] ...` for
// other dimensions.
class BatchNorm1dImpl : public Cloneable<BatchNorm1dImpl, BatchNormBase> {
 public:
  explicit BatchNorm1dImpl(const BatchNorm1dOptions& options_);
  void reset() override { register_all(); }
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
};
SINTER_MODULE(BatchNorm1d);

// For [N, C, H, W]. Throws ValueError `[batch_norm2d] ...` for other
// dimensions.
class BatchNorm2dImpl : public Cloneable<BatchNorm2dImpl, BatchNormBase> {
 public:
  explicit BatchNorm2dImpl(const BatchNorm2dOptions& options_);
  void reset() override { register_all(); }
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);
};
SINTER_MODULE(BatchNorm2d);

// Normalises over the last dimensions (Ba et al., 2016); weight and bias have their shape, and
// start as ones and zeros.
class LayerNormImpl : public Cloneable<LayerNormImpl> {
 public:
  LayerNormImpl(std::vector<std::int64_t> normalized_shape)  // NOLINT: as libtorch's
      : LayerNormImpl(LayerNormOptions(std::move(normalized_shape))) {}
  explicit LayerNormImpl(LayerNormOptions options_);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  LayerNormOptions options;
  Tensor weight;
  Tensor bias;
};
SINTER_MODULE(LayerNorm);

// Normalises groups of channels (Wu and He, 2018); weight and bias [num_channels] start as ones and
// zeros.
class GroupNormImpl : public Cloneable<GroupNormImpl> {
 public:
  GroupNormImpl(std::int64_t num_groups, std::int64_t num_channels)
      : GroupNormImpl(GroupNormOptions(num_groups, num_channels)) {}
  explicit GroupNormImpl(const GroupNormOptions& options_);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  GroupNormOptions options;
  Tensor weight;
  Tensor bias;
};
SINTER_MODULE(GroupNorm);

}  // namespace sinter::nn
