#include "model_case.h"

#include <sinter/nn/models/shufflenet.h>
#include <sinter/tests/core/error_message.h>

#include <array>

using namespace sinter;
using namespace sinter::nn::models;
using namespace sinter::test;

namespace {

// Parameters counted from the paper's table 1: three convolutions and their norms in each unit.
std::int64_t count_by_table(std::int64_t groups, const std::array<std::int64_t, 3>& widths) {
  constexpr std::array<std::int64_t, 3> units = {4, 8, 4};
  std::int64_t count = 3 * 24 * 9 + 2 * 24;
  std::int64_t in = 24;
  for (std::size_t stage = 0; stage < 3; ++stage) {
    const std::int64_t out = widths[stage];
    const std::int64_t inner = out / 4;
    for (std::int64_t unit = 0; unit < units[stage]; ++unit) {
      const std::int64_t branch = unit == 0 ? out - in : out;
      const std::int64_t first_groups = stage == 0 && unit == 0 ? 1 : groups;
      const std::int64_t before = unit == 0 ? in : out;
      count += before * inner / first_groups + 9 * inner + inner * branch / groups;
      count += 2 * (inner + inner + branch);
    }
    in = out;
  }
  return count + (in + 1) * 1000;
}

Tensor shuffle_by_index(const Tensor& x, std::int64_t groups) {
  const std::int64_t rows = x.size(1) / groups;
  Tensor out = zeros_like(x);
  for (std::int64_t i = 0; i < groups; ++i) {
    for (std::int64_t j = 0; j < rows; ++j) {
      out.select(1, j * groups + i).copy_(x.select(1, i * rows + j));
    }
  }
  return out;
}

}  // namespace

TEST_CASE("ShuffleNets compute what they do in PyTorch, with the same gradients") {
  const DType dtype = GENERATE(kFloat32, kFloat64);
  const auto base = ShuffleNetOptions(2).in_channels(2).num_classes(5);
  ModelCase("shufflenet", dtype)
      .run(ShuffleNet(ShuffleNetOptions(base)
                          .stem_channels(8)
                          .stem_stride(1)
                          .stem_pool(false)
                          .stage_channels({16, 24})
                          .stage_units({2, 1})));
  ModelCase("shufflenet_pool", dtype)
      .run(ShuffleNet(
          ShuffleNetOptions(base).groups(3).stem_channels(6).stage_channels({24}).stage_units(
              {2})));
}

TEST_CASE("ShuffleNet 1x has as many parameters as the paper's table says") {
  CHECK(count_parameters(*ShuffleNet(1)) == count_by_table(1, {144, 288, 576}));
  CHECK(count_parameters(*ShuffleNet(2)) == count_by_table(2, {200, 400, 800}));
  CHECK(count_parameters(*ShuffleNet()) == count_by_table(3, {240, 480, 960}));
  CHECK(count_parameters(*ShuffleNet(4)) == count_by_table(4, {272, 544, 1088}));
  CHECK(count_parameters(*ShuffleNet(8)) == count_by_table(8, {384, 768, 1536}));
  CHECK(count_parameters(*small_shufflenet(1)) == 3'722);
}

TEST_CASE("a scale multiplies all widths of a ShuffleNet") {
  const auto parameters = ShuffleNet(ShuffleNetOptions(3).scale(0.5))->named_parameters();
  CHECK(parameters["conv1.weight"].size(0) == 12);
  CHECK(parameters["stage2.1.conv3.weight"].sizes() == IntArrayRef({120, 10, 1, 1}));
  CHECK(parameters["fc.weight"].sizes() == IntArrayRef({1000, 480}));
}

TEST_CASE("ShuffleNets of every scale and number of groups run, of widths near the exact ones") {
  for (const std::int64_t groups : {1, 2, 3, 4, 8}) {
    const auto full = ShuffleNet(groups)->fc->options.in_features();
    for (const double scale : {0.5, 1.5, 2.0}) {
      INFO(groups << " groups, scale " << scale);
      ShuffleNet net(ShuffleNetOptions(groups).scale(scale).num_classes(10));
      const auto features = static_cast<double>(net->fc->options.in_features());
      CHECK(features == Approx(scale * static_cast<double>(full)).epsilon(0.03));
      CHECK(net(rand({2, 3, 32, 32})).sizes() == IntArrayRef({2, 10}));
    }
  }
  const auto widths = [](const ShuffleNetOptions& options) {
    const auto parameters = ShuffleNet(options)->named_parameters();
    return std::array{parameters["conv1.weight"].size(0),
                      parameters["stage2.1.bn3.weight"].size(0)};
  };
  CHECK(widths(ShuffleNetOptions(4).scale(0.5)) == std::array<std::int64_t, 2>{12, 144});
  CHECK(widths(ShuffleNetOptions(8).scale(0.5)) == std::array<std::int64_t, 2>{16, 192});
}

TEST_CASE("a channel shuffle transposes groups and channels") {
  const Tensor x = randn({2, 12, 3, 4});
  for (const std::int64_t groups : {1, 2, 3, 4, 12}) {
    CHECK(channel_shuffle(x, groups).equal(shuffle_by_index(x, groups)));
    CHECK(channel_shuffle(channel_shuffle(x, groups), 12 / groups).equal(x));
  }
  CHECK(channel_shuffle(zeros({0, 6, 2, 2}), 3).sizes() == IntArrayRef({0, 6, 2, 2}));
}

TEST_CASE("ShuffleNets take images of other sizes") {
  ShuffleNet net(ShuffleNetOptions(3).scale(0.25).num_classes(10));
  CHECK(net(rand({2, 3, 64, 48})).sizes() == IntArrayRef({2, 10}));
  CHECK(small_shufflenet()(rand({2, 3, 32, 32})).sizes() == IntArrayRef({2, 10}));
  CHECK(small_shufflenet(1)(rand({2, 1, 7, 8})).sizes() == IntArrayRef({2, 10}));
}

TEST_CASE("small ShuffleNets learn, and clone") {
  manual_seed(1);
  const Tensor images = randn({8, 1, 8, 8});
  CHECK(learns(small_shufflenet(1, 3), images, arange(8) % 3));
  CHECK(clones(small_shufflenet(1, 3), images));
}

TEST_CASE("ShuffleNets refuse options that make no sense") {
  const auto unit = [](std::int64_t in, std::int64_t out) { return ShuffleUnitOptions(in, out); };
  CHECK(message_of<ValueError>([&] { ShuffleUnit(unit(12, 12).stride(3)); }) ==
        "[shuffle_unit] channels and groups must be positive, and the stride 1 or 2; got 12 "
        "channels, 3 groups and stride 3");
  CHECK(message_of<ValueError>([&] { ShuffleUnit(unit(12, 24)); }) ==
        "[shuffle_unit] stride 1 keeps the number of channels, and stride 2 adds some; got 12 to "
        "24 channels with stride 1");
  CHECK(message_of<ValueError>([&] { ShuffleUnit(unit(24, 32).stride(2)); }) ==
        "[shuffle_unit] 3 groups must divide the channels that are convolved; got 24 in, 32 out");
  CHECK(message_of<ValueError>([] { ShuffleNet(ShuffleNetOptions(5)); }) ==
        "[shufflenet] groups must be 1, 2, 3, 4 or 8 without stage_channels; got 5");
  CHECK(message_of<ValueError>([] { ShuffleNet(ShuffleNetOptions(3).scale(-1)); }) ==
        "[shufflenet] groups and scale must be positive, and scale 1000 at most; got 3 and -1");
  CHECK(message_of<ValueError>([] {
          ShuffleNet(ShuffleNetOptions(0).stage_channels({8, 8, 8}));
        }) ==
        "[shufflenet] groups and scale must be positive, and scale 1000 at most; got 0 and 1");
  CHECK(message_of<ValueError>([] {
          ShuffleNet(ShuffleNetOptions(3).stage_units({4, 0, 4}));
        }) ==
        "[shufflenet] stage_units must have a positive number for each stage; got [4, 0, 4] for "
        "stages of [240, 480, 960] channels");
  CHECK(message_of<ValueError>([] {
          channel_shuffle(ones({1, 5, 2, 2}), 2);
        }) ==
        "[channel_shuffle] groups must divide the channels of [N, C, H, W]; got 2 groups of [1, 5, "
        "2, 2]");
}
