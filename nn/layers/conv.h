// Convolutions.
//
// weight and bias start uniform in +-1 / sqrt(fan in). The constructors throw ValueError `[conv2d]
// ...` when channels or groups are not positive, groups do not divide the channels, or kSame is
// asked for with a stride.
#pragma once
#include <sinter/nn/cloneable.h>
#include <sinter/nn/module_holder.h>
#include <sinter/nn/options/conv.h>

namespace sinter::nn {

// Cross-correlation of [N, in, L] or [in, L] with weight [out, in / groups, K].
class Conv1dImpl : public Cloneable<Conv1dImpl> {
 public:
  Conv1dImpl(std::int64_t in_channels, std::int64_t out_channels, ExpandingArray<1> kernel_size)
      : Conv1dImpl(Conv1dOptions(in_channels, out_channels, kernel_size)) {}
  explicit Conv1dImpl(const Conv1dOptions& options_);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  Conv1dOptions options;
  Tensor weight;
  Tensor bias;
};
SINTER_MODULE(Conv1d);

// Cross-correlation of [N, in, H, W] or [in, H, W] with weight [out, in / groups, KH, KW].
class Conv2dImpl : public Cloneable<Conv2dImpl> {
 public:
  Conv2dImpl(std::int64_t in_channels, std::int64_t out_channels, ExpandingArray<2> kernel_size)
      : Conv2dImpl(Conv2dOptions(in_channels, out_channels, kernel_size)) {}
  explicit Conv2dImpl(const Conv2dOptions& options_);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input);

  Conv2dOptions options;
  Tensor weight;
  Tensor bias;
};
SINTER_MODULE(Conv2d);

// The gradient of Conv2d with respect to its input, as a layer: weight [in, out / groups, KH, KW].
// output_size, if given, chooses among the sizes [H, W] that the stride leaves open.
class ConvTranspose2dImpl : public Cloneable<ConvTranspose2dImpl> {
 public:
  ConvTranspose2dImpl(std::int64_t in_channels, std::int64_t out_channels,
                      ExpandingArray<2> kernel_size)
      : ConvTranspose2dImpl(ConvTranspose2dOptions(in_channels, out_channels, kernel_size)) {}
  explicit ConvTranspose2dImpl(const ConvTranspose2dOptions& options_);
  void reset() override;
  void reset_parameters();
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(const Tensor& input,
                 const std::optional<std::vector<std::int64_t>>& output_size = std::nullopt);

  ConvTranspose2dOptions options;
  Tensor weight;
  Tensor bias;

 protected:
  FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(std::optional<std::vector<std::int64_t>>())})

 private:
  ExpandingArray<2> output_padding(const Tensor& input,
                                   const std::vector<std::int64_t>& output_size) const;
};
SINTER_MODULE(ConvTranspose2d);

}  // namespace sinter::nn
