#include <sinter/nn/models/blocks_internal.h>
#include <sinter/nn/models/shufflenet.h>
#include <sinter/ops/activation.h>
#include <sinter/ops/arithmetic.h>
#include <sinter/ops/pool.h>
#include <sinter/ops/shape.h>
#include <sinter/ops/view.h>

#include <algorithm>
#include <cmath>

namespace sinter::nn::models {

namespace {

using detail::conv1x1;

ShuffleUnitOptions checked(const ShuffleUnitOptions& o) {
  const std::int64_t in = o.in_channels();
  const std::int64_t out = o.out_channels();
  SINTER_CHECK_AS(
      ValueError, in > 0 && o.groups() > 0 && (o.stride() == 1 || o.stride() == 2),
      "[shuffle_unit] channels and groups must be positive, and the stride 1 or 2; got ", in,
      " channels, ", o.groups(), " groups and stride ", o.stride());
  SINTER_CHECK_AS(ValueError, o.stride() == 1 ? out == in : out > in,
                  "[shuffle_unit] stride 1 keeps the number of channels, and stride 2 adds some; "
                  "got ",
                  in, " to ", out, " channels with stride ", o.stride());
  const auto divides = [&](std::int64_t channels) { return channels % o.groups() == 0; };
  SINTER_CHECK_AS(
      ValueError,
      out % 4 == 0 && divides(out / 4) && divides(out - in) && (!o.group_first() || divides(in)),
      "[shuffle_unit] ", o.groups(), " groups must divide the channels that are convolved; got ",
      in, " in, ", out, " out");
  return o;
}
std::int64_t inner_channels(const ShuffleUnitOptions& o) { return o.out_channels() / 4; }
std::int64_t branch_channels(const ShuffleUnitOptions& o) {
  return o.stride() == 1 ? o.out_channels() : o.out_channels() - o.in_channels();
}

// Table 1 of the paper.
std::vector<std::int64_t> table_widths(std::int64_t groups) {
  switch (groups) {
    case 1:
      return {144, 288, 576};
    case 2:
      return {200, 400, 800};
    case 3:
      return {240, 480, 960};
    case 4:
      return {272, 544, 1088};
    case 8:
      return {384, 768, 1536};
    default:
      fail<ValueError>("[shufflenet] groups must be 1, 2, 3, 4 or 8 without stage_channels; got ",
                       groups);
  }
}

// Another scale than 1 rounds to the nearest multiple of `multiple`.
std::int64_t scaled(std::int64_t channels, std::int64_t multiple, double scale) {
  if (scale == 1.0) return channels;
  const double multiples = static_cast<double>(channels) * scale / static_cast<double>(multiple);
  return checked_mul("shufflenet", multiple, std::max(std::llround(multiples), 1LL));
}

std::int64_t stem_width(const ShuffleNetOptions& o) {
  return scaled(o.stem_channels(), o.groups(), o.scale());
}

std::vector<std::int64_t> stage_widths(const ShuffleNetOptions& o) {
  const std::int64_t multiple = checked_mul("shufflenet", 4, o.groups());
  auto widths = o.stage_channels().empty() ? table_widths(o.groups()) : o.stage_channels();
  for (std::int64_t& width : widths) width = scaled(width, multiple, o.scale());
  return widths;
}

ShuffleNetOptions checked(ShuffleNetOptions o) {
  SINTER_CHECK_AS(ValueError, o.groups() > 0 && o.scale() > 0 && o.scale() <= 1000,
                  "[shufflenet] groups and scale must be positive, and scale 1000 at most; got ",
                  o.groups(), " and ", o.scale());
  const std::vector<std::int64_t> widths = stage_widths(o);
  const auto& units = o.stage_units();
  SINTER_CHECK_AS(ValueError,
                  units.size() == widths.size() &&
                      std::all_of(units.begin(), units.end(), [](auto n) { return n > 0; }),
                  "[shufflenet] stage_units must have a positive number for each stage; got ",
                  IntArrayRef(units), " for stages of ", IntArrayRef(widths), " channels");
  return o;
}

}  // namespace

Tensor channel_shuffle(const Tensor& x, std::int64_t groups) {
  SINTER_CHECK_AS(ValueError, x.dim() == 4 && groups > 0 && x.size(1) % groups == 0,
                  "[channel_shuffle] groups must divide the channels of [N, C, H, W]; got ", groups,
                  " groups of ", x.sizes());
  const Tensor rows = x.view({x.size(0), groups, x.size(1) / groups, x.size(2), x.size(3)});
  return rows.transpose(1, 2).flatten(1, 2);
}

ShuffleUnitImpl::ShuffleUnitImpl(const ShuffleUnitOptions& options_)
    : options(checked(options_)),
      conv1(register_module("conv1", conv1x1(options.in_channels(), inner_channels(options),
                                             options.group_first() ? options.groups() : 1))),
      bn1(register_module("bn1", BatchNorm2d(inner_channels(options)))),
      conv2(register_module("conv2", detail::depthwise(inner_channels(options), options.stride()))),
      bn2(register_module("bn2", BatchNorm2d(inner_channels(options)))),
      conv3(register_module(
          "conv3", conv1x1(inner_channels(options), branch_channels(options), options.groups()))),
      bn3(register_module("bn3", BatchNorm2d(branch_channels(options)))) {}

Tensor ShuffleUnitImpl::forward(const Tensor& x) {
  Tensor branch = relu(bn1(conv1(x)));
  branch = bn2(conv2(channel_shuffle(branch, options.groups())));
  branch = bn3(conv3(branch));
  if (options.stride() == 1) return relu(x + branch);
  return relu(cat({avg_pool2d(x, 3, 2, 1), branch}, 1));
}

ShuffleNetImpl::ShuffleNetImpl(ShuffleNetOptions options_)
    : options(checked(std::move(options_))),
      conv1(register_module("conv1", detail::conv(options.in_channels(), stem_width(options),
                                                  {.stride = options.stem_stride()}))),
      bn1(register_module("bn1", BatchNorm2d(stem_width(options)))),
      fc(nullptr) {
  const std::vector<std::int64_t> widths = stage_widths(options);
  add_stages(widths);
  fc = register_module("fc", Linear(widths.back(), options.num_classes()));
  detail::init_convolutions(*this);
}

void ShuffleNetImpl::add_stages(const std::vector<std::int64_t>& widths) {
  std::int64_t channels = stem_width(options);
  for (std::size_t s = 0; s < widths.size(); ++s) {
    Sequential stage;
    for (std::int64_t i = 0; i < options.stage_units()[s]; ++i) {
      stage->push_back(ShuffleUnit(ShuffleUnitOptions(channels, widths[s])
                                       .groups(options.groups())
                                       .stride(i == 0 ? 2 : 1)
                                       .group_first(s > 0 || i > 0)));
      channels = widths[s];
    }
    stages.push_back(register_module("stage" + std::to_string(s + 2), stage));
  }
}

Tensor ShuffleNetImpl::forward(const Tensor& images) {
  Tensor x = relu(bn1(conv1(images)));
  if (options.stem_pool()) x = max_pool2d(x, 3, 2, 1);
  for (Sequential& stage : stages) x = stage(x);
  return fc(adaptive_avg_pool2d(x, 1).flatten(1));
}

ShuffleNet small_shufflenet(std::int64_t in_channels, std::int64_t num_classes) {
  return ShuffleNet(ShuffleNetOptions(2)
                        .in_channels(in_channels)
                        .num_classes(num_classes)
                        .stem_channels(16)
                        .stem_stride(1)
                        .stem_pool(false)
                        .stage_channels({32, 64})
                        .stage_units({2, 2}));
}

}  // namespace sinter::nn::models
