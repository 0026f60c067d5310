// Options of activations. inplace overwrites the input.
#pragma once
#include <sinter/core/dtype.h>
#include <sinter/nn/arg.h>

#include <cstdint>
#include <optional>
#include <string>

namespace sinter::nn {

struct ReLUOptions {
  ReLUOptions(bool inplace = false) : inplace_(inplace) {}  // NOLINT
  SINTER_ARG(bool, inplace);
};
struct ReLU6Options {
  ReLU6Options(bool inplace = false) : inplace_(inplace) {}  // NOLINT
  SINTER_ARG(bool, inplace);
};
struct LeakyReLUOptions {
  SINTER_ARG(double, negative_slope) = 1e-2;
  SINTER_ARG(bool, inplace) = false;
};
struct ELUOptions {
  SINTER_ARG(double, alpha) = 1.0;
  SINTER_ARG(bool, inplace) = false;
};
struct SELUOptions {
  SELUOptions(bool inplace = false) : inplace_(inplace) {}  // NOLINT
  SINTER_ARG(bool, inplace);
};
// approximate: "none" (the error function) or "tanh".
struct GELUOptions {
  SINTER_ARG(std::string, approximate) = "none";
};
struct SoftplusOptions {
  SINTER_ARG(double, beta) = 1.0;
  SINTER_ARG(double, threshold) = 20.0;
};
struct HardtanhOptions {
  SINTER_ARG(double, min_val) = -1.0;
  SINTER_ARG(double, max_val) = 1.0;
  SINTER_ARG(bool, inplace) = false;
};
struct HardsigmoidOptions {
  HardsigmoidOptions(bool inplace = false) : inplace_(inplace) {}  // NOLINT
  SINTER_ARG(bool, inplace);
};
struct HardswishOptions {
  HardswishOptions(bool inplace = false) : inplace_(inplace) {}  // NOLINT
  SINTER_ARG(bool, inplace);
};
struct SoftmaxOptions {
  SoftmaxOptions(std::int64_t dim) : dim_(dim) {}  // NOLINT
  SINTER_ARG(std::int64_t, dim);
};
struct LogSoftmaxOptions {
  LogSoftmaxOptions(std::int64_t dim) : dim_(dim) {}  // NOLINT
  SINTER_ARG(std::int64_t, dim);
};

namespace functional {
using ReLUFuncOptions = ReLUOptions;
using ReLU6FuncOptions = ReLU6Options;
using LeakyReLUFuncOptions = LeakyReLUOptions;
using ELUFuncOptions = ELUOptions;
using SELUFuncOptions = SELUOptions;
using GELUFuncOptions = GELUOptions;
using SoftplusFuncOptions = SoftplusOptions;
using HardtanhFuncOptions = HardtanhOptions;
using HardsigmoidFuncOptions = HardsigmoidOptions;
using HardswishFuncOptions = HardswishOptions;

// With a dtype, the input is converted first.
struct SoftmaxFuncOptions {
  SoftmaxFuncOptions(std::int64_t dim) : dim_(dim) {}  // NOLINT
  SINTER_ARG(std::int64_t, dim);
  SINTER_ARG(std::optional<DType>, dtype);
};
struct LogSoftmaxFuncOptions {
  LogSoftmaxFuncOptions(std::int64_t dim) : dim_(dim) {}  // NOLINT
  SINTER_ARG(std::int64_t, dim);
  SINTER_ARG(std::optional<DType>, dtype);
};
}  // namespace functional

}  // namespace sinter::nn
