#include <sinter/nn/init.h>
#include <sinter/nn/layers/activation.h>
#include <sinter/nn/layers/dropout.h>
#include <sinter/nn/layers/linear.h>
#include <sinter/nn/models/blocks_internal.h>
#include <sinter/nn/models/mobilenet_v2.h>
#include <sinter/ops/arithmetic.h>
#include <sinter/ops/pool.h>

#include <algorithm>

namespace sinter::nn::models {

namespace {

constexpr std::int64_t kStemChannels = 32;
constexpr std::int64_t kLastChannels = 1280;
constexpr std::int64_t kMostChannels = std::int64_t{1} << 32;

const InvertedResidualOptions& checked(const InvertedResidualOptions& o) {
  SINTER_CHECK_AS(ValueError, (o.stride() == 1 || o.stride() == 2) && o.expand_ratio() > 0,
                  "[inverted_residual] stride must be 1 or 2, and expand_ratio positive; got ",
                  o.stride(), " and ", o.expand_ratio());
  return o;
}

MobileNetV2Options checked(MobileNetV2Options o) {
  SINTER_CHECK_AS(ValueError, o.width_mult() > 0 && o.width_mult() <= 1000,
                  "[mobilenet_v2] width_mult must be positive, and 1000 at most; got ",
                  o.width_mult());
  SINTER_CHECK_AS(ValueError, o.round_nearest() >= 1 && o.round_nearest() <= 1000,
                  "[mobilenet_v2] round_nearest must be 1 to 1000; got ", o.round_nearest());
  for (const InvertedResidualStage& stage : o.stages()) {
    SINTER_CHECK_AS(ValueError,
                    stage.blocks > 0 && stage.channels > 0 && stage.channels <= kMostChannels,
                    "[mobilenet_v2] stages need positive channels, at most 2^32, and blocks; got ",
                    stage.channels, " and ", stage.blocks);
  }
  return o;
}

std::int64_t scaled(std::int64_t channels, double factor, std::int64_t multiple) {
  const double exact = static_cast<double>(channels) * factor;
  const auto nearest = static_cast<std::int64_t>(exact + static_cast<double>(multiple) / 2);
  const std::int64_t rounded = std::max(multiple, nearest / multiple * multiple);
  return static_cast<double>(rounded) < 0.9 * exact ? rounded + multiple : rounded;
}
std::int64_t scaled(std::int64_t channels, const MobileNetV2Options& o) {
  return scaled(channels, o.width_mult(), o.round_nearest());
}

std::int64_t last_channels(const MobileNetV2Options& o) {
  return scaled(kLastChannels, std::max(1.0, o.width_mult()), o.round_nearest());
}

Sequential convolutions(const InvertedResidualOptions& o) {
  const std::int64_t inner = checked_mul("inverted_residual", o.in_channels(), o.expand_ratio());
  Sequential out;
  if (o.expand_ratio() != 1) {
    out->push_back(detail::conv_norm<ReLU6>(detail::conv1x1(o.in_channels(), inner)));
  }
  out->push_back(detail::conv_norm<ReLU6>(detail::depthwise(inner, o.stride())));
  out->push_back(detail::conv1x1(inner, o.out_channels()));
  out->push_back(BatchNorm2d(o.out_channels()));
  return out;
}

Sequential feature_layers(const MobileNetV2Options& o) {
  std::int64_t channels = scaled(kStemChannels, o);
  Sequential out;
  out->push_back(detail::conv_norm<ReLU6>(
      detail::conv(o.in_channels(), channels, {.stride = o.stem_stride()})));
  for (const InvertedResidualStage& stage : o.stages()) {
    const std::int64_t width = scaled(stage.channels, o);
    for (std::int64_t i = 0; i < stage.blocks; ++i) {
      out->push_back(InvertedResidual(InvertedResidualOptions(channels, width)
                                          .stride(i == 0 ? stage.stride : 1)
                                          .expand_ratio(stage.expand_ratio)));
      channels = width;
    }
  }
  out->push_back(detail::conv_norm<ReLU6>(detail::conv1x1(channels, last_channels(o))));
  return out;
}

}  // namespace

InvertedResidualImpl::InvertedResidualImpl(const InvertedResidualOptions& options_)
    : options(checked(options_)), conv(register_module("conv", convolutions(options))) {}

Tensor InvertedResidualImpl::forward(const Tensor& x) {
  const bool adds = options.stride() == 1 && options.in_channels() == options.out_channels();
  return adds ? x + conv(x) : conv(x);
}

MobileNetV2Impl::MobileNetV2Impl(MobileNetV2Options options_)
    : options(checked(std::move(options_))),
      features(register_module("features", feature_layers(options))),
      classifier(register_module(
          "classifier", Sequential(Dropout(options.dropout()),
                                   Linear(last_channels(options), options.num_classes())))) {
  reset_parameters();
}

void MobileNetV2Impl::reset_parameters() {
  detail::init_convolutions(*this);
  auto& linear = classifier->at<LinearImpl>(1);
  init::normal_(linear.weight, 0, 0.01);
  init::zeros_(linear.bias);
}

Tensor MobileNetV2Impl::forward(const Tensor& images) {
  return classifier(adaptive_avg_pool2d(features(images), 1).flatten(1));
}

MobileNetV2 mobilenet_v2(std::int64_t num_classes, double width_mult) {
  return MobileNetV2(MobileNetV2Options(width_mult).num_classes(num_classes));
}

}  // namespace sinter::nn::models
