#include "model_case.h"

#include <sinter/nn/models/mlp.h>
#include <sinter/tests/core/error_message.h>

using namespace sinter;
using namespace sinter::nn::models;
using namespace sinter::test;

TEST_CASE("an MLP takes rows of features, with or without bias") {
  nn::Sequential net = mlp(MLPOptions(6, {8, 3}).bias(false));
  CHECK(count_parameters(*net) == 6 * 8 + 8 * 3);
  CHECK(net(rand({2, 5, 6})).sizes() == IntArrayRef({2, 5, 3}));
  CHECK(mlp(MLPOptions(6, {3}))(rand({6})).sizes() == IntArrayRef({3}));
}

TEST_CASE("an MLP drops in training only") {
  manual_seed(1);
  nn::Sequential net = mlp(MLPOptions(6, {64, 3}).dropout(0.5));
  const Tensor x = rand({4, 6});
  CHECK_FALSE(net(x).equal(net(x)));
  net->eval();
  CHECK(net(x).equal(net(x)));
}

TEST_CASE("an MLP learns, and clones") {
  manual_seed(1);
  const Tensor x = randn({8, 6});
  CHECK(learns(mlp(MLPOptions(6, {32, 3})), x, arange(8) % 3));
  CHECK(clones(mlp(MLPOptions(6, {32, 3})), x));
}

TEST_CASE("an MLP needs a layer") {
  CHECK(message_of<ValueError>([] { mlp(MLPOptions(6, {})); }) ==
        "[mlp] needs the features of a layer; got none");
}
