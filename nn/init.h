// Initial values of parameters. Each function fills the tensor in place, outside of autograd, and
// returns it. Random numbers come from the default generator.
#pragma once
#include <sinter/core/tensor.h>
#include <sinter/nn/enum.h>

#include <cstdint>
#include <tuple>

namespace sinter::nn::init {

using NonlinearityType =
    OneOf<enumtype::kLinear, enumtype::kConv1D, enumtype::kConv2D, enumtype::kConv3D,
          enumtype::kConvTranspose1D, enumtype::kConvTranspose2D, enumtype::kConvTranspose3D,
          enumtype::kSigmoid, enumtype::kTanh, enumtype::kReLU, enumtype::kLeakyReLU>;
using FanModeType = OneOf<enumtype::kFanIn, enumtype::kFanOut>;

// The factor by which a nonlinearity should scale standard deviations: 1 for linear layers and
// sigmoid, 5/3 for tanh, sqrt(2) for ReLU, sqrt(2 / (1 + param^2)) for leaky ReLU of that slope.
double calculate_gain(NonlinearityType nonlinearity, double param = 0.01);

Tensor constant_(Tensor tensor, Scalar value);
Tensor zeros_(Tensor tensor);
Tensor ones_(Tensor tensor);
// The identity. Throws ValueError `[eye_] ...` unless the tensor has 2 dimensions.
Tensor eye_(Tensor matrix);
// The identity of convolutions: out channel i copies in channel i. Throws ValueError `[dirac_] ...`
// unless the tensor has 3, 4 or 5 dimensions.
Tensor dirac_(Tensor tensor);
Tensor uniform_(Tensor tensor, double low = 0, double high = 1);
Tensor normal_(Tensor tensor, double mean = 0, double std = 1);
// Glorot and Bengio (2010): uniform in +-gain * sqrt(6 / (fan_in + fan_out)), or normal with
// standard deviation gain * sqrt(2 / (fan_in + fan_out)).
Tensor xavier_uniform_(Tensor tensor, double gain = 1.0);
Tensor xavier_normal_(Tensor tensor, double gain = 1.0);
// He et al. (2015): uniform in +-gain * sqrt(3 / fan), or normal with standard deviation
// gain / sqrt(fan), where gain = calculate_gain(nonlinearity, a).
Tensor kaiming_uniform_(Tensor tensor, double a = 0, FanModeType mode = kFanIn,
                        NonlinearityType nonlinearity = kLeakyReLU);
Tensor kaiming_normal_(Tensor tensor, double a = 0, FanModeType mode = kFanIn,
                       NonlinearityType nonlinearity = kLeakyReLU);

// Inputs and outputs of one unit of a weight [out, in, ...]. Throws ValueError `[init] ...` for
// fewer than 2 dimensions.
std::tuple<std::int64_t, std::int64_t> _calculate_fan_in_and_fan_out(const Tensor& tensor);

}  // namespace sinter::nn::init
