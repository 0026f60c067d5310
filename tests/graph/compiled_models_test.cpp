// Training steps of whole models, with the step or the model compiled, against eager ones: bit for
// bit.
#include <sinter/nn/models/models.h>

#include "training_runs.h"

using namespace sinter;
using namespace sinter::testing;

TEST_CASE("ten compiled steps of LeNet give the bits of eager ones") {
  const auto make = [] { return nn::models::LeNet(nn::models::LeNetOptions()); };
  check_all_threads<Images, optim::SGD>(make, sgd());
  check_all_threads<Images, optim::Adam>(make, adam());
}

TEST_CASE("ten compiled steps of a small ResNet give the bits of eager ones") {
  const auto make = [] { return nn::models::small_resnet(1, 10, {8, 16}, {1, 1}); };
  check_all_threads<Images, optim::SGD>(make, sgd());
  check_all_threads<Images, optim::Adam>(make, adam());
}

TEST_CASE("ten compiled steps of a small ShuffleNet give the bits of eager ones") {
  const auto make = [] { return nn::models::small_shufflenet(1, 10); };
  check_all_threads<Images, optim::SGD>(make, sgd());
  check_all_threads<Images, optim::Adam>(make, adam());
}

TEST_CASE("ten compiled steps of a small ShuffleNet v2 give the bits of eager ones") {
  const auto make = [] {
    return nn::models::ShuffleNetV2(nn::models::ShuffleNetV2Options({16, 32})
                                        .stage_units({2, 2})
                                        .in_channels(1)
                                        .num_classes(10)
                                        .stem_stride(1)
                                        .stem_pool(false)
                                        .last_channels(32));
  };
  check_all_threads<Images, optim::SGD>(make, sgd());
}

TEST_CASE("ten compiled steps of a small MobileNet v2 give the bits of eager ones") {
  const auto make = [] {
    return nn::models::MobileNetV2(
        nn::models::MobileNetV2Options(0.25).in_channels(1).num_classes(10).stem_stride(1).stages(
            {{1, 16, 1, 1}, {6, 24, 2, 2}}));
  };
  check_all_threads<Images, optim::SGD>(make, sgd());
}

TEST_CASE("ten compiled steps of a GPT give the bits of eager ones") {
  const auto make = [] {
    return nn::models::GPT(
        nn::models::GPTOptions(17, 12).layers(2).heads(2).width(16).dropout(0.1));
  };
  check_all_threads<Tokens, optim::SGD>(make, sgd());
  check_all_threads<Tokens, optim::Adam>(make, adam());
}
