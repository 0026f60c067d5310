#include "model_case.h"

#include <sinter/nn/models/resnet.h>
#include <sinter/tests/core/error_message.h>

using namespace sinter;
using namespace sinter::nn::models;
using namespace sinter::test;

TEST_CASE("residual nets compute what they do in PyTorch, with the same gradients") {
  const DType dtype = GENERATE(kFloat32, kFloat64);
  ModelCase("resnet_basic", dtype).run(small_resnet(2, 5, {4, 6}, {2, 1}));
  ModelCase("resnet_bottleneck", dtype)
      .run(ResNet(ResNetOptions(ResNetBlock::bottleneck, {1, 1})
                      .widths({3, 4})
                      .in_channels(2)
                      .num_classes(5)
                      .groups(2)
                      .width_per_group(32)));
}

TEST_CASE("residual nets start as torchvision's do") {
  manual_seed(1);
  ResNet net = resnet18(10);
  const auto parameters = net->named_parameters();
  const auto deviation = [&](const char* name) { return parameters[name].std().item<double>(); };
  CHECK(deviation("conv1.weight") == Approx(std::sqrt(2.0 / (64 * 49))).epsilon(0.03));
  CHECK(deviation("layer2.0.downsample.0.weight") == Approx(std::sqrt(2.0 / 128)).epsilon(0.03));
  CHECK(deviation("layer4.1.conv2.weight") == Approx(std::sqrt(2.0 / (512 * 9))).epsilon(0.01));
  CHECK(parameters["layer1.0.bn2.weight"].eq(1).all().item<bool>());
  CHECK(parameters["fc.weight"].abs().max().item<double>() <= 1 / std::sqrt(512.0));
}

TEST_CASE("blocks that start as the identity pass their input on") {
  const ResNetBlock block = GENERATE(ResNetBlock::basic, ResNetBlock::bottleneck);
  const auto net =
      ResNet(ResNetOptions(block, {2}).widths({8}).zero_init_residual(true).small_images(true));
  nn::Sequential layer = net->layers[0];
  const std::int64_t channels = block == ResNetBlock::basic ? 8 : 32;
  const Tensor x = rand({2, channels, 4, 4});
  CHECK(nn::Sequential(layer->ptr(1)->as<BasicBlock>() != nullptr
                           ? nn::AnyModule(layer->ptr<BasicBlockImpl>(1))
                           : nn::AnyModule(layer->ptr<BottleneckImpl>(1)))(x)
            .equal(x));
}

TEST_CASE("residual nets take images of other sizes") {
  CHECK(resnet18(10)(rand({2, 3, 64, 48})).sizes() == IntArrayRef({2, 10}));
  CHECK(small_resnet()(rand({2, 3, 32, 32})).sizes() == IntArrayRef({2, 10}));
  CHECK(small_resnet(1)(rand({2, 1, 9, 8})).sizes() == IntArrayRef({2, 10}));
}

TEST_CASE("small residual nets learn, and clone") {
  manual_seed(1);
  const Tensor images = randn({8, 1, 8, 8});
  CHECK(learns(small_resnet(1, 3, {8, 16}, {1, 1}), images, arange(8) % 3));
  CHECK(clones(small_resnet(1, 3, {8, 16}, {1, 1}), images));
}

TEST_CASE("residual nets refuse options that make no sense") {
  CHECK(message_of<ValueError>([] {
          small_resnet(1, 3, {8}, {1, 1});
        }) == "[resnet] blocks and widths must have one number for each stage; got [1, 1] and [8]");
  CHECK(message_of<ValueError>([] { small_resnet(1, 3, {}, {}); }) ==
        "[resnet] blocks and widths must have one number for each stage; got [] and []");
  CHECK(message_of<ValueError>([] {
          small_resnet(1, 3, {8, 8}, {1, 0});
        }) == "[resnet] every stage needs a block; got [1, 0]");
  CHECK(message_of<ValueError>([] { BasicBlock(ResidualBlockOptions(8, 8).groups(2)); }) ==
        "[basic_block] groups must be 1 and width_per_group 64; got 2 and 64");
  CHECK(message_of<ValueError>([] {
          Bottleneck(ResidualBlockOptions(8, INT64_MAX));
        }).starts_with("[resnet] "));
}
