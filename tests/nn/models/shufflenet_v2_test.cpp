#include "model_case.h"

#include <sinter/nn/models/shufflenet_v2.h>
#include <sinter/tests/core/error_message.h>

using namespace sinter;
using namespace sinter::nn::models;
using namespace sinter::test;

namespace {

// For images of 8 x 8.
ShuffleNetV2 small() {
  return ShuffleNetV2(ShuffleNetV2Options({16, 32})
                          .stage_units({2, 1})
                          .in_channels(1)
                          .num_classes(3)
                          .stem_channels(8)
                          .stem_stride(1)
                          .stem_pool(false)
                          .last_channels(32));
}

}  // namespace

TEST_CASE("units of ShuffleNet v2 leave every second channel as it is") {
  ShuffleUnitV2 unit(ShuffleUnitV2Options(12, 12));
  const Tensor x = rand({2, 12, 5, 4});
  const Tensor y = unit(x);
  CHECK(y.sizes() == x.sizes());
  CHECK(y.slice(1, 0, 12, 2).equal(x.slice(1, 0, 6)));
  ShuffleUnitV2 halving(ShuffleUnitV2Options(5, 12).stride(2));
  CHECK(halving(rand({2, 5, 7, 8})).sizes() == IntArrayRef({2, 12, 4, 4}));
}

TEST_CASE("ShuffleNet v2 takes images of other sizes, and has other stages") {
  CHECK(shufflenet_v2_x0_5(10)(rand({2, 3, 64, 48})).sizes() == IntArrayRef({2, 10}));
  CHECK(small()(rand({2, 1, 7, 8})).sizes() == IntArrayRef({2, 3}));
  CHECK(small()->state_dict().contains("conv4.0.weight"));
}

TEST_CASE("small ShuffleNets v2 learn, and clone") {
  manual_seed(1);
  const Tensor images = randn({8, 1, 8, 8});
  CHECK(learns(small(), images, arange(8) % 3));
  CHECK(clones(small(), images));
}

TEST_CASE("ShuffleNet v2 starts as torchvision's does") {
  manual_seed(1);
  const auto parameters = shufflenet_v2_x1_0()->named_parameters();
  const Tensor last = parameters["conv5.0.weight"];
  CHECK(last.abs().max().item<double>() <= 1 / std::sqrt(464.0));
  CHECK(last.std().item<double>() == Approx(1 / std::sqrt(3 * 464.0)).epsilon(0.01));
  CHECK(parameters["stage2.0.branch1.1.weight"].eq(1).all().item<bool>());
}

TEST_CASE("ShuffleNet v2 refuses options that make no sense") {
  const auto unit = [](std::int64_t in, std::int64_t out) { return ShuffleUnitV2Options(in, out); };
  CHECK(message_of<ValueError>([&] { ShuffleUnitV2(unit(12, 12).stride(3)); }) ==
        "[shuffle_unit_v2] stride must be 1 or 2; got 3");
  CHECK(message_of<ValueError>([&] { ShuffleUnitV2(unit(12, 24)); }) ==
        "[shuffle_unit_v2] needs an even number of channels out, as many as in with stride 1; got "
        "12 in, 24 out, with stride 1");
  CHECK(message_of<ValueError>([&] { ShuffleUnitV2(unit(12, 25).stride(2)); }) ==
        "[shuffle_unit_v2] needs an even number of channels out, as many as in with stride 1; got "
        "12 in, 25 out, with stride 2");
  CHECK(message_of<ValueError>([] {
          ShuffleNetV2(ShuffleNetV2Options().stage_units({4, 0, 4}));
        }) ==
        "[shufflenet_v2] stage_units must have a positive number for each stage; got [4, 0, 4] for "
        "stages of [116, 232, 464] channels");
  CHECK(message_of<ValueError>([] { ShuffleNetV2(ShuffleNetV2Options().stage_channels({})); }) ==
        "[shufflenet_v2] stage_units must have a positive number for each stage; got [4, 8, 4] for "
        "stages of [] channels");
}
