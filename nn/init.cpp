#include <sinter/autograd/grad_mode.h>
#include <sinter/nn/init.h>

#include <algorithm>
#include <cmath>

namespace sinter::nn::init {

double calculate_gain(NonlinearityType nonlinearity, double param) {
  if (nonlinearity.is(kTanh)) return 5.0 / 3.0;
  if (nonlinearity.is(kReLU)) return std::sqrt(2.0);
  if (nonlinearity.is(kLeakyReLU)) return std::sqrt(2.0 / (1 + param * param));
  return 1;
}

Tensor constant_(Tensor tensor, Scalar value) {
  const NoGradGuard no_grad;
  return tensor.fill_(value);
}

Tensor zeros_(Tensor tensor) { return constant_(std::move(tensor), 0); }
Tensor ones_(Tensor tensor) { return constant_(std::move(tensor), 1); }

Tensor eye_(Tensor matrix) {
  SINTER_CHECK_AS(ValueError, matrix.dim() == 2, "[eye_] needs a matrix; got ", matrix.sizes());
  const NoGradGuard no_grad;
  matrix.zero_();
  matrix.diagonal().fill_(1);
  return matrix;
}

Tensor dirac_(Tensor tensor) {
  const std::int64_t dims = tensor.dim();
  SINTER_CHECK_AS(ValueError, dims >= 3 && dims <= 5, "[dirac_] needs 3, 4 or 5 dimensions; got ",
                  tensor.sizes());
  const NoGradGuard no_grad;
  tensor.zero_();
  // The diagonal of channels at the middle of the kernel.
  Tensor middle = tensor;
  for (std::int64_t d = dims - 1; d >= 2; --d) middle = middle.select(d, tensor.size(d) / 2);
  middle.diagonal().fill_(1);
  return tensor;
}

Tensor uniform_(Tensor tensor, double low, double high) {
  const NoGradGuard no_grad;
  return tensor.uniform_(low, high);
}

Tensor normal_(Tensor tensor, double mean, double std) {
  const NoGradGuard no_grad;
  return tensor.normal_(mean, std);
}

std::tuple<std::int64_t, std::int64_t> _calculate_fan_in_and_fan_out(const Tensor& tensor) {
  SINTER_CHECK_AS(ValueError, tensor.dim() >= 2,
                  "[init] fan in and fan out need at least 2 dimensions; got ", tensor.sizes());
  std::int64_t positions = 1;
  for (std::int64_t d = 2; d < tensor.dim(); ++d) positions *= tensor.size(d);
  return {tensor.size(1) * positions, tensor.size(0) * positions};
}

namespace {

double xavier_std(const Tensor& tensor, double gain) {
  const auto [fan_in, fan_out] = _calculate_fan_in_and_fan_out(tensor);
  return gain * std::sqrt(2.0 / static_cast<double>(std::max<std::int64_t>(fan_in + fan_out, 1)));
}

double kaiming_std(const Tensor& tensor, double a, FanModeType mode,
                   NonlinearityType nonlinearity) {
  const auto [fan_in, fan_out] = _calculate_fan_in_and_fan_out(tensor);
  const std::int64_t fan = std::max<std::int64_t>(mode.is(kFanIn) ? fan_in : fan_out, 1);
  return calculate_gain(nonlinearity, a) / std::sqrt(static_cast<double>(fan));
}

Tensor uniform_of_std(Tensor tensor, double std) {
  const double bound = std::sqrt(3.0) * std;
  return uniform_(std::move(tensor), -bound, bound);
}

}  // namespace

Tensor xavier_uniform_(Tensor tensor, double gain) {
  return uniform_of_std(tensor, xavier_std(tensor, gain));
}
Tensor xavier_normal_(Tensor tensor, double gain) {
  return normal_(tensor, 0, xavier_std(tensor, gain));
}
Tensor kaiming_uniform_(Tensor tensor, double a, FanModeType mode, NonlinearityType nonlinearity) {
  return uniform_of_std(tensor, kaiming_std(tensor, a, mode, nonlinearity));
}
Tensor kaiming_normal_(Tensor tensor, double a, FanModeType mode, NonlinearityType nonlinearity) {
  return normal_(tensor, 0, kaiming_std(tensor, a, mode, nonlinearity));
}

}  // namespace sinter::nn::init
