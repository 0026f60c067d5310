// Options of padding.
#pragma once
#include <sinter/nn/arg.h>
#include <sinter/nn/enum.h>

#include <cstdint>
#include <vector>

namespace sinter::nn::functional {

// pad(x, PadFuncOptions({1, 2}).mode(kReflect)): how many elements to put before and after the last
// dimension, then the one before it, and so on. value fills them in mode kConstant.
struct PadFuncOptions {
  using mode_t =
      OneOf<enumtype::kConstant, enumtype::kReflect, enumtype::kReplicate, enumtype::kCircular>;
  PadFuncOptions(std::vector<std::int64_t> pad) : pad_(std::move(pad)) {}  // NOLINT
  SINTER_ARG(std::vector<std::int64_t>, pad);
  SINTER_ARG(mode_t, mode) = kConstant;
  SINTER_ARG(double, value) = 0;
};

}  // namespace sinter::nn::functional
