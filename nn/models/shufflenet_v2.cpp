#include <sinter/nn/layers/activation.h>
#include <sinter/nn/models/blocks_internal.h>
#include <sinter/nn/models/shufflenet.h>
#include <sinter/nn/models/shufflenet_v2.h>
#include <sinter/ops/pool.h>
#include <sinter/ops/reduce.h>
#include <sinter/ops/shape.h>
#include <sinter/ops/view.h>

#include <algorithm>

namespace sinter::nn::models {

namespace {

using detail::conv1x1;
using detail::depthwise;

const ShuffleUnitV2Options& checked(const ShuffleUnitV2Options& o) {
  SINTER_CHECK_AS(ValueError, o.stride() == 1 || o.stride() == 2,
                  "[shuffle_unit_v2] stride must be 1 or 2; got ", o.stride());
  SINTER_CHECK_AS(
      ValueError,
      o.out_channels() % 2 == 0 && (o.stride() == 2 || o.in_channels() == o.out_channels()),
      "[shuffle_unit_v2] needs an even number of channels out, as many as in with stride 1; got ",
      o.in_channels(), " in, ", o.out_channels(), " out, with stride ", o.stride());
  return o;
}

Sequential downsampling_branch(const ShuffleUnitV2Options& o) {
  if (o.stride() == 1) return nullptr;
  const std::int64_t in = o.in_channels();
  const std::int64_t half = o.out_channels() / 2;
  return Sequential(depthwise(in, o.stride()), BatchNorm2d(in), conv1x1(in, half),
                    BatchNorm2d(half), ReLU());
}

Sequential main_branch(const ShuffleUnitV2Options& o) {
  const std::int64_t half = o.out_channels() / 2;
  const std::int64_t in = o.stride() == 1 ? half : o.in_channels();
  return Sequential(conv1x1(in, half), BatchNorm2d(half), ReLU(), depthwise(half, o.stride()),
                    BatchNorm2d(half), conv1x1(half, half), BatchNorm2d(half), ReLU());
}

ShuffleNetV2Options checked(ShuffleNetV2Options o) {
  const auto& units = o.stage_units();
  SINTER_CHECK_AS(ValueError,
                  !units.empty() && units.size() == o.stage_channels().size() &&
                      std::all_of(units.begin(), units.end(), [](auto n) { return n > 0; }),
                  "[shufflenet_v2] stage_units must have a positive number for each stage; got ",
                  IntArrayRef(units), " for stages of ", IntArrayRef(o.stage_channels()),
                  " channels");
  return o;
}

}  // namespace

ShuffleUnitV2Impl::ShuffleUnitV2Impl(const ShuffleUnitV2Options& options_)
    : options(checked(options_)),
      branch1(downsampling_branch(options)),
      branch2(main_branch(options)) {
  if (branch1) register_module("branch1", branch1);
  register_module("branch2", branch2);
}

Tensor ShuffleUnitV2Impl::forward(const Tensor& x) {
  if (branch1) return channel_shuffle(cat({branch1(x), branch2(x)}, 1), 2);
  const std::vector<Tensor> halves = x.chunk(2, 1);
  return channel_shuffle(cat({halves[0], branch2(halves[1])}, 1), 2);
}

ShuffleNetV2Impl::ShuffleNetV2Impl(ShuffleNetV2Options options_)
    : options(checked(std::move(options_))),
      stem(register_module("conv1", detail::conv_norm<ReLU>(
                                        detail::conv(options.in_channels(), options.stem_channels(),
                                                     {.stride = options.stem_stride()})))),
      last(nullptr),
      fc(nullptr) {
  add_stages();
  last = register_module(
      "conv" + std::to_string(stages.size() + 2),
      detail::conv_norm<ReLU>(conv1x1(options.stage_channels().back(), options.last_channels())));
  fc = register_module("fc", Linear(options.last_channels(), options.num_classes()));
}

void ShuffleNetV2Impl::add_stages() {
  std::int64_t channels = options.stem_channels();
  for (std::size_t s = 0; s < options.stage_units().size(); ++s) {
    const std::int64_t width = options.stage_channels()[s];
    Sequential stage;
    for (std::int64_t i = 0; i < options.stage_units()[s]; ++i) {
      stage->push_back(ShuffleUnitV2(ShuffleUnitV2Options(channels, width).stride(i == 0 ? 2 : 1)));
      channels = width;
    }
    stages.push_back(register_module("stage" + std::to_string(s + 2), stage));
  }
}

Tensor ShuffleNetV2Impl::forward(const Tensor& images) {
  Tensor x = stem(images);
  if (options.stem_pool()) x = max_pool2d(x, 3, 2, 1);
  for (Sequential& stage : stages) x = stage(x);
  return fc(adaptive_avg_pool2d(last(x), 1).flatten(1));
}

// The paper's table 5.
ShuffleNetV2 shufflenet_v2_x0_5(std::int64_t num_classes) {
  return ShuffleNetV2(ShuffleNetV2Options({48, 96, 192}).num_classes(num_classes));
}
ShuffleNetV2 shufflenet_v2_x1_0(std::int64_t num_classes) {
  return ShuffleNetV2(ShuffleNetV2Options({116, 232, 464}).num_classes(num_classes));
}
ShuffleNetV2 shufflenet_v2_x1_5(std::int64_t num_classes) {
  return ShuffleNetV2(ShuffleNetV2Options({176, 352, 704}).num_classes(num_classes));
}
ShuffleNetV2 shufflenet_v2_x2_0(std::int64_t num_classes) {
  return ShuffleNetV2(
      ShuffleNetV2Options({244, 488, 976}).last_channels(2048).num_classes(num_classes));
}

}  // namespace sinter::nn::models
