// Dropout (Hinton et al., 2012): in training, zeros elements with probability p and scales the
// others by 1 / (1 - p). The constructors throw ValueError `[dropout] ...` for p outside [0, 1].
#pragma once
#include <sinter/nn/cloneable.h>
#include <sinter/nn/module_holder.h>
#include <sinter/nn/options/dropout.h>

namespace sinter::nn {

// Zeros single elements.
class DropoutImpl : public Cloneable<DropoutImpl> {
 public:
  DropoutImpl(double p) : DropoutImpl(DropoutOptions(p)) {}  // NOLINT: as libtorch's
  explicit DropoutImpl(const DropoutOptions& options_ = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(Tensor input);

  DropoutOptions options;
};
SINTER_MODULE(Dropout);

// Zeros whole channels of [N, C, ...].
class Dropout2dImpl : public Cloneable<Dropout2dImpl> {
 public:
  Dropout2dImpl(double p) : Dropout2dImpl(Dropout2dOptions(p)) {}  // NOLINT: as libtorch's
  explicit Dropout2dImpl(const Dropout2dOptions& options_ = {});
  void reset() override;
  void pretty_print(std::ostream& stream) const override;
  Tensor forward(Tensor input);

  Dropout2dOptions options;
};
SINTER_MODULE(Dropout2d);

}  // namespace sinter::nn
