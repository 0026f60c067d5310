#include "model_case.h"

#include <sinter/nn/layers/conv.h>
#include <sinter/nn/models/mobilenet_v2.h>
#include <sinter/tests/core/error_message.h>

#include <cmath>

using namespace sinter;
using namespace sinter::nn::models;
using namespace sinter::test;

namespace {

// For images of 8 x 8.
MobileNetV2 small() {
  return MobileNetV2(
      MobileNetV2Options(0.25).in_channels(1).num_classes(3).stem_stride(1).dropout(0).stages(
          {{1, 16, 1, 1}, {6, 24, 2, 2}, {6, 32, 1, 2}}));
}

std::int64_t stem_width(const MobileNetV2Options& options) {
  return MobileNetV2(MobileNetV2Options(options).stages({}))
      ->named_parameters()["features.0.0.weight"]
      .size(0);
}

}  // namespace

TEST_CASE("inverted residuals add their input where shapes agree") {
  const auto zeroed = [](const InvertedResidualOptions& options) {
    InvertedResidual block(options);
    for (Tensor parameter : block->parameters()) parameter.detach().zero_();
    return block;
  };
  const Tensor x = rand({2, 4, 5, 6});
  CHECK(zeroed({4, 4})(x).equal(x));
  CHECK(zeroed(InvertedResidualOptions(4, 4).expand_ratio(1))(x).equal(x));
  CHECK(zeroed({4, 8})(x).equal(zeros({2, 8, 5, 6})));
  CHECK(zeroed(InvertedResidualOptions(4, 4).stride(2))(x).equal(zeros({2, 4, 3, 3})));
}

TEST_CASE("the width multiplier rounds to a multiple, up where more than a tenth would be lost") {
  CHECK(stem_width({1.0}) == 32);
  CHECK(stem_width({0.35}) == 16);  // 11.2, of which 8 is less than nine tenths
  CHECK(stem_width({0.75}) == 24);
  CHECK(stem_width({0.01}) == 8);
  CHECK(stem_width(MobileNetV2Options(0.35).round_nearest(1)) == 11);
}

TEST_CASE("MobileNet v2 takes images of other sizes") {
  CHECK(mobilenet_v2(10, 0.35)(rand({2, 3, 64, 48})).sizes() == IntArrayRef({2, 10}));
  CHECK(small()(rand({2, 1, 7, 8})).sizes() == IntArrayRef({2, 3}));
}

TEST_CASE("small MobileNets learn, and clone") {
  manual_seed(1);
  const Tensor images = randn({8, 1, 8, 8});
  CHECK(learns(small(), images, arange(8) % 3));
  CHECK(clones(small(), images));
}

TEST_CASE("MobileNet v2 starts as torchvision's does") {
  manual_seed(1);
  const auto parameters = mobilenet_v2()->named_parameters();
  const auto deviation = [&](const char* name) { return parameters[name].std().item<double>(); };
  CHECK(deviation("features.18.0.weight") == Approx(std::sqrt(2.0 / 1280)).epsilon(0.01));
  CHECK(deviation("features.17.conv.1.0.weight") ==
        Approx(std::sqrt(2.0 / (960 * 9))).epsilon(0.03));
  CHECK(deviation("classifier.1.weight") == Approx(0.01).epsilon(0.01));
  CHECK(parameters["classifier.1.bias"].eq(0).all().item<bool>());
}

TEST_CASE("MobileNet v2 refuses options that make no sense") {
  const auto block = InvertedResidualOptions(4, 4);
  CHECK(message_of<ValueError>([&] {
          InvertedResidual(InvertedResidualOptions(block).stride(3));
        }) == "[inverted_residual] stride must be 1 or 2, and expand_ratio positive; got 3 and 6");
  CHECK(message_of<ValueError>([&] {
          InvertedResidual(InvertedResidualOptions(block).expand_ratio(0));
        }) == "[inverted_residual] stride must be 1 or 2, and expand_ratio positive; got 1 and 0");
  CHECK(message_of<ValueError>([&] {
          InvertedResidual(InvertedResidualOptions(block).expand_ratio(INT64_MAX));
        }).starts_with("[inverted_residual] "));
  CHECK(message_of<ValueError>([] { mobilenet_v2(10, 0); }) ==
        "[mobilenet_v2] width_mult must be positive, and 1000 at most; got 0");
  CHECK(message_of<ValueError>([] { MobileNetV2(MobileNetV2Options().round_nearest(0)); }) ==
        "[mobilenet_v2] round_nearest must be 1 to 1000; got 0");
  CHECK(message_of<ValueError>([] {
          MobileNetV2(MobileNetV2Options().stages({{6, 0, 1, 1}}));
        }) ==
        "[mobilenet_v2] stages need positive channels, at most 2^32, and blocks; got 0 and 1");
}
