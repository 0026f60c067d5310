// Options of losses. reduction says whether the losses of all elements are returned (kNone), their
// mean or their sum.
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/nn/arg.h>
#include <sinter/nn/enum.h>

#include <cstdint>
#include <optional>
#include <type_traits>

namespace sinter::nn {

using LossReduction = OneOf<enumtype::kMean, enumtype::kSum, enumtype::kNone>;

// MSELoss(kSum) or MSELoss(MSELossOptions().reduction(kSum))
struct MSELossOptions {
  using reduction_t = LossReduction;
  MSELossOptions() = default;
  template <class Choice>
  requires std::is_constructible_v<LossReduction, Choice> MSELossOptions(Choice reduction)
      : reduction_(reduction) {}  // NOLINT
  SINTER_ARG(reduction_t, reduction) = kMean;
};
struct L1LossOptions {
  using reduction_t = LossReduction;
  L1LossOptions() = default;
  template <class Choice>
  requires std::is_constructible_v<LossReduction, Choice> L1LossOptions(Choice reduction)
      : reduction_(reduction) {}  // NOLINT
  SINTER_ARG(reduction_t, reduction) = kMean;
};
// beta, 1 unless given, is where the loss turns from quadratic to linear.
struct SmoothL1LossOptions {
  using reduction_t = LossReduction;
  SmoothL1LossOptions() = default;
  template <class Choice>
  requires std::is_constructible_v<LossReduction, Choice> SmoothL1LossOptions(Choice reduction)
      : reduction_(reduction) {}  // NOLINT
  SINTER_ARG(reduction_t, reduction) = kMean;
  SINTER_ARG(std::optional<double>, beta);
};
struct BCELossOptions {
  using reduction_t = LossReduction;
  SINTER_ARG(Tensor, weight);
  SINTER_ARG(reduction_t, reduction) = kMean;
};
struct BCEWithLogitsLossOptions {
  using reduction_t = LossReduction;
  SINTER_ARG(Tensor, weight);
  SINTER_ARG(reduction_t, reduction) = kMean;
  SINTER_ARG(Tensor, pos_weight);
};
// weight has one element per class; targets equal to ignore_index count for nothing.
struct NLLLossOptions {
  using reduction_t = LossReduction;
  SINTER_ARG(Tensor, weight);
  SINTER_ARG(std::int64_t, ignore_index) = -100;
  SINTER_ARG(reduction_t, reduction) = kMean;
};
struct CrossEntropyLossOptions {
  using reduction_t = LossReduction;
  SINTER_ARG(Tensor, weight);
  SINTER_ARG(std::int64_t, ignore_index) = -100;
  SINTER_ARG(reduction_t, reduction) = kMean;
  SINTER_ARG(double, label_smoothing) = 0.0;
};

namespace functional {
using MSELossFuncOptions = MSELossOptions;
using L1LossFuncOptions = L1LossOptions;
using SmoothL1LossFuncOptions = SmoothL1LossOptions;
using BinaryCrossEntropyFuncOptions = BCELossOptions;
using BinaryCrossEntropyWithLogitsFuncOptions = BCEWithLogitsLossOptions;
using NLLLossFuncOptions = NLLLossOptions;
using CrossEntropyFuncOptions = CrossEntropyLossOptions;
}  // namespace functional

}  // namespace sinter::nn
