// Options of dropout.
#pragma once
#include <sinter/nn/arg.h>

namespace sinter::nn {

// Dropout(0.1) or Dropout(DropoutOptions(0.1).inplace(true)); p is the probability of zero.
struct DropoutOptions {
  DropoutOptions(double p = 0.5) : p_(p) {}  // NOLINT
  SINTER_ARG(double, p);
  SINTER_ARG(bool, inplace) = false;
};
using Dropout2dOptions = DropoutOptions;

namespace functional {
struct DropoutFuncOptions {
  SINTER_ARG(double, p) = 0.5;
  SINTER_ARG(bool, training) = true;
  SINTER_ARG(bool, inplace) = false;
};
using Dropout2dFuncOptions = DropoutFuncOptions;
}  // namespace functional

}  // namespace sinter::nn
