#include <sinter/core/error.h>
#include <sinter/ops/copy.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/quantize.h>
#include <sinter/quant/qscheme.h>

#include <algorithm>
#include <cmath>

namespace sinter::quant {

namespace {

constexpr float kLeastScale = 0x1p-23F;

struct Chosen {
  float scale;
  std::int32_t zero_point;
};

Chosen choose(float low, float high, const QScheme& scheme) {
  SINTER_CHECK_AS(ValueError, std::isfinite(low) && std::isfinite(high) && low <= high,
                  "[quant] a range must be finite and not empty; got ", low, " to ", high);
  low = std::min(low, 0.0F);
  high = std::max(high, 0.0F);
  const auto quant_min = static_cast<float>(scheme.quant_min);
  const auto quant_max = static_cast<float>(scheme.quant_max);
  if (scheme.symmetric) return {std::max(std::max(-low, high) / quant_max, kLeastScale), 0};
  const float scale = std::max((high - low) / (quant_max - quant_min), kLeastScale);
  const float zero = quant_min - std::nearbyint(low / scale);
  return {scale, static_cast<std::int32_t>(std::clamp(zero, quant_min, quant_max))};
}

}  // namespace

QParams choose_params(const Tensor& low, const Tensor& high, const QScheme& scheme) {
  SINTER_CHECK_AS(ValueError, low.sizes() == high.sizes(),
                  "[quant] both ends of a range must have the same sizes; got ", low.sizes(),
                  " and ", high.sizes());
  const Tensor lows = low.detach().to(kFloat32).contiguous();
  const Tensor highs = high.detach().to(kFloat32).contiguous();
  QParams out{empty(low.sizes(), kFloat32), empty(low.sizes(), kInt32)};
  for (std::int64_t i = 0; i < lows.numel(); ++i) {
    const Chosen one = choose(lows.data_ptr<float>()[i], highs.data_ptr<float>()[i], scheme);
    out.scale.data_ptr<float>()[i] = one.scale;
    out.zero_point.data_ptr<std::int32_t>()[i] = one.zero_point;
  }
  return out;
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
