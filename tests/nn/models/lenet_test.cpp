#include "model_case.h"

#include <sinter/nn/models/lenet.h>
#include <sinter/tests/core/error_message.h>

using namespace sinter;
using namespace sinter::nn::models;
using namespace sinter::test;

namespace {

LeNetOptions small() {
  return LeNetOptions().in_channels(2).num_classes(5).channels({3, 4}).hidden_features({10, 8});
}

}  // namespace

TEST_CASE("LeNet computes what it does in PyTorch, with the same gradients") {
  ModelCase("lenet", GENERATE(kFloat32, kFloat64)).run(LeNet(small()));
}

TEST_CASE("LeNet has the parameters of its layers, for images of any size from 4") {
  for (const std::int64_t size : {4, 8, 28, 31, 32}) {
    LeNet net(LeNetOptions().image_size(size).in_channels(3));
    const std::int64_t features = 16 * (size / 4) * (size / 4);
    const std::int64_t convolutions = 3 * 25 * 6 + 2 * 6 + 6 * 25 * 16 + 2 * 16;
    const std::int64_t linear = (features + 1) * 120 + 121 * 84 + 85 * 10;
    CHECK(count_parameters(*net) == convolutions + linear);
    CHECK(net(ones({2, 3, size, size})).sizes() == IntArrayRef({2, 10}));
  }
  CHECK(LeNet()(ones({2, 1, 8, 8})).sizes() == IntArrayRef({2, 10}));
}

TEST_CASE("LeNet learns, and clones") {
  manual_seed(1);
  const Tensor images = randn({8, 1, 8, 8});
  CHECK(learns(LeNet(), images, arange(8) % 3));
  CHECK(clones(LeNet(), images));
}

TEST_CASE("LeNet refuses images that two poolings use up") {
  CHECK(message_of<ValueError>([] { LeNet(LeNetOptions().image_size(3)); }) ==
        "[lenet] image_size must be at least 4; got 3");
  CHECK(message_of<ValueError>([] {
          LeNet(LeNetOptions().image_size(INT64_MAX));
        }).starts_with("[lenet] "));
}
