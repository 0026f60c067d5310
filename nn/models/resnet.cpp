#include <sinter/nn/init.h>
#include <sinter/nn/models/blocks_internal.h>
#include <sinter/nn/models/resnet.h>
#include <sinter/ops/activation.h>
#include <sinter/ops/arithmetic.h>
#include <sinter/ops/pool.h>

#include <algorithm>

namespace sinter::nn::models {

namespace {

using detail::conv;
using detail::conv1x1;

Conv2d stem(const ResNetOptions& o) {
  const std::int64_t width = o.widths()[0];
  if (o.small_images()) return conv(o.in_channels(), width);
  return conv(o.in_channels(), width, {.kernel = 7, .stride = 2});
}

// The projection of a block's input onto the shape of its output, or nothing where they agree.
Sequential projection(const ResidualBlockOptions& o, std::int64_t out_channels) {
  if (o.stride() == 1 && o.in_channels() == out_channels) return nullptr;
  const detail::ConvShape shape = {.kernel = 1, .stride = o.stride()};
  return Sequential(conv(o.in_channels(), out_channels, shape), BatchNorm2d(out_channels));
}

std::int64_t expanded(std::int64_t width, std::int64_t expansion) {
  return checked_mul("resnet", width, expansion);
}

// The channels of the 3x3 convolution in a bottleneck.
std::int64_t inner_width(const ResidualBlockOptions& o) {
  const std::int64_t scaled = checked_mul("resnet", o.width(), o.width_per_group()) / 64;
  return checked_mul("resnet", scaled, o.groups());
}

template <class Block>
ResidualBlockOptions block_options(const ResNetOptions& o, std::size_t stage, std::int64_t block) {
  const auto out = [&](std::size_t s) { return expanded(o.widths()[s], Block::Impl::expansion); };
  const bool first = block == 0;
  const std::int64_t before = stage == 0 ? o.widths()[0] : out(stage - 1);
  return ResidualBlockOptions(first ? before : out(stage), o.widths()[stage])
      .stride(first && stage > 0 ? 2 : 1)
      .groups(o.groups())
      .width_per_group(o.width_per_group());
}

ResNetOptions checked(ResNetOptions o) {
  SINTER_CHECK_AS(ValueError, !o.blocks().empty() && o.blocks().size() == o.widths().size(),
                  "[resnet] blocks and widths must have one number for each stage; got ",
                  IntArrayRef(o.blocks()), " and ", IntArrayRef(o.widths()));
  SINTER_CHECK_AS(
      ValueError,
      std::all_of(o.blocks().begin(), o.blocks().end(), [](std::int64_t n) { return n > 0; }),
      "[resnet] every stage needs a block; got ", IntArrayRef(o.blocks()));
  return o;
}

}  // namespace

BasicBlockImpl::BasicBlockImpl(const ResidualBlockOptions& options)
    : conv1(register_module(
          "conv1", conv(options.in_channels(), options.width(), {.stride = options.stride()}))),
      bn1(register_module("bn1", BatchNorm2d(options.width()))),
      conv2(register_module("conv2", conv(options.width(), options.width()))),
      bn2(register_module("bn2", BatchNorm2d(options.width()))),
      downsample(projection(options, options.width())) {
  SINTER_CHECK_AS(ValueError, options.groups() == 1 && options.width_per_group() == 64,
                  "[basic_block] groups must be 1 and width_per_group 64; got ", options.groups(),
                  " and ", options.width_per_group());
  if (downsample) register_module("downsample", downsample);
}

Tensor BasicBlockImpl::forward(const Tensor& x) {
  const Tensor residual = bn2(conv2(relu(bn1(conv1(x)))));
  return relu(residual + (downsample ? downsample(x) : x));
}

BottleneckImpl::BottleneckImpl(const ResidualBlockOptions& options)
    : conv1(register_module("conv1", conv1x1(options.in_channels(), inner_width(options)))),
      bn1(register_module("bn1", BatchNorm2d(inner_width(options)))),
      conv2(
          register_module("conv2", conv(inner_width(options), inner_width(options),
                                        {.stride = options.stride(), .groups = options.groups()}))),
      bn2(register_module("bn2", BatchNorm2d(inner_width(options)))),
      conv3(register_module("conv3",
                            conv1x1(inner_width(options), expanded(options.width(), expansion)))),
      bn3(register_module("bn3", BatchNorm2d(expanded(options.width(), expansion)))),
      downsample(projection(options, expanded(options.width(), expansion))) {
  if (downsample) register_module("downsample", downsample);
}

Tensor BottleneckImpl::forward(const Tensor& x) {
  Tensor residual = relu(bn1(conv1(x)));
  residual = relu(bn2(conv2(residual)));
  residual = bn3(conv3(residual));
  return relu(residual + (downsample ? downsample(x) : x));
}

ResNetImpl::ResNetImpl(ResNetOptions options_)
    : options(checked(std::move(options_))),
      conv1(register_module("conv1", stem(options))),
      bn1(register_module("bn1", BatchNorm2d(options.widths()[0]))),
      fc(nullptr) {
  const bool basic = options.block() == ResNetBlock::basic;
  if (basic) {
    add_stages<BasicBlock>();
  } else {
    add_stages<Bottleneck>();
  }
  const std::int64_t expansion = basic ? BasicBlockImpl::expansion : BottleneckImpl::expansion;
  fc = register_module("fc",
                       Linear(expanded(options.widths().back(), expansion), options.num_classes()));
  reset_parameters();
}

template <class Block>
void ResNetImpl::add_stages() {
  for (std::size_t stage = 0; stage < options.blocks().size(); ++stage) {
    Sequential layer;
    for (std::int64_t i = 0; i < options.blocks()[stage]; ++i) {
      layer->push_back(Block(block_options<Block>(options, stage, i)));
    }
    layers.push_back(register_module("layer" + std::to_string(stage + 1), layer));
  }
}

void ResNetImpl::reset_parameters() {
  detail::init_convolutions(*this);
  if (!options.zero_init_residual()) return;
  for (const auto& module : modules(false)) {
    if (auto* block = module->as<BasicBlock>()) init::zeros_(block->bn2->weight);
    if (auto* block = module->as<Bottleneck>()) init::zeros_(block->bn3->weight);
  }
}

Tensor ResNetImpl::forward(const Tensor& images) {
  Tensor x = relu(bn1(conv1(images)));
  if (!options.small_images()) x = max_pool2d(x, 3, 2, 1);
  for (Sequential& layer : layers) x = layer(x);
  return fc(adaptive_avg_pool2d(x, 1).flatten(1));
}

ResNet resnet18(std::int64_t num_classes) {
  return ResNet(ResNetOptions(ResNetBlock::basic, {2, 2, 2, 2}).num_classes(num_classes));
}
ResNet resnet34(std::int64_t num_classes) {
  return ResNet(ResNetOptions(ResNetBlock::basic, {3, 4, 6, 3}).num_classes(num_classes));
}
ResNet resnet50(std::int64_t num_classes) {
  return ResNet(ResNetOptions(ResNetBlock::bottleneck, {3, 4, 6, 3}).num_classes(num_classes));
}
ResNet resnet101(std::int64_t num_classes) {
  return ResNet(ResNetOptions(ResNetBlock::bottleneck, {3, 4, 23, 3}).num_classes(num_classes));
}
ResNet resnet152(std::int64_t num_classes) {
  return ResNet(ResNetOptions(ResNetBlock::bottleneck, {3, 8, 36, 3}).num_classes(num_classes));
}
ResNet small_resnet(std::int64_t in_channels, std::int64_t num_classes,
                    std::vector<std::int64_t> widths, std::vector<std::int64_t> blocks) {
  return ResNet(ResNetOptions(ResNetBlock::basic, std::move(blocks))
                    .widths(std::move(widths))
                    .in_channels(in_channels)
                    .num_classes(num_classes)
                    .small_images(true));
}

}  // namespace sinter::nn::models
