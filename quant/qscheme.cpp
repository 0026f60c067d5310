#include <sinter/ops/copy.h>
#include <sinter/ops/quantize.h>
#include <sinter/quant/qscheme.h>

#include <utility>

namespace sinter::quant {

QParams choose_params(const Tensor& low, const Tensor& high, const QScheme& scheme) {
  auto [scale, zero_point] = choose_qparams(low.detach().to(kFloat32), high.detach().to(kFloat32),
                                            {scheme.quant_min, scheme.quant_max, scheme.symmetric});
  return {std::move(scale), std::move(zero_point)};
}

Tensor fake_quantize(const Tensor& x, const QParams& params, const QScheme& scheme) {
  if (scheme.axis) {
    return fake_quantize_per_channel_affine(x, params.scale, params.zero_point, *scheme.axis,
                                            scheme.quant_min, scheme.quant_max);
  }
  return fake_quantize_per_tensor_affine(x, params.scale, params.zero_point, scheme.quant_min,
                                         scheme.quant_max);
}

}  // namespace sinter::quant
