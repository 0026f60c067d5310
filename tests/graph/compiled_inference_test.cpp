// Every model in evaluation mode, captured and compiled, against the eager module: bit for bit.
#include <sinter/graph/compile.h>
#include <sinter/nn/models/models.h>
#include <sinter/sinter.h>

#include <catch2/catch.hpp>
#include <cstring>

using namespace sinter;
using namespace sinter::nn::models;

namespace {

bool same_bits(const Tensor& a, const Tensor& b) {
  const Tensor x = a.contiguous();
  const Tensor y = b.contiguous();
  return x.sizes() == y.sizes() && x.dtype() == y.dtype() &&
         std::memcmp(x.const_data_ptr(), y.const_data_ptr(), x.nbytes()) == 0;
}

// So that no buffer is what it starts as.
template <class M>
void vary_statistics(nn::ModuleHolder<M>& model) {
  for (const auto& item : model->named_buffers()) {
    Tensor buffer = *item;
    if (item.key().ends_with("running_mean")) buffer.normal_(0, 0.1);
    if (item.key().ends_with("running_var")) buffer.uniform_(0.5, 1.5);
  }
}

template <class M>
void check_inference(nn::ModuleHolder<M> model, const Tensor& input) {
  const NoGradGuard no_grad;
  vary_statistics(model);
  model->eval();
  const Tensor eager = model(input);
  CHECK(same_bits(graph::trace(model, {input})(input), eager));
  auto compiled = graph::compile(model);
  for (int run = 0; run < 2; ++run) CHECK(same_bits(compiled(input), eager));
  CHECK(compiled.report().captures == 1);
  CHECK(compiled.report().eager_runs == 0);
  CHECK(compiled.report().allocations == 0);
}

Tensor images() { return randn({2, 3, 32, 32}); }

}  // namespace

TEST_CASE("captured and compiled ResNets give the bits of eager ones") {
  manual_seed(1);
  check_inference(resnet18(10), images());
  check_inference(resnet50(10), images());
}

TEST_CASE("captured and compiled ShuffleNets give the bits of eager ones") {
  manual_seed(1);
  check_inference(ShuffleNet(ShuffleNetOptions(3).num_classes(10)), images());
  check_inference(ShuffleNet(ShuffleNetOptions(8).scale(0.5).num_classes(10)), images());
  check_inference(shufflenet_v2_x0_5(10), images());
  check_inference(shufflenet_v2_x1_0(10), images());
}

TEST_CASE("captured and compiled MobileNets give the bits of eager ones") {
  manual_seed(1);
  check_inference(mobilenet_v2(10), images());
  check_inference(mobilenet_v2(10, 0.35), images());
}

TEST_CASE("a captured and compiled MLP gives the bits of the eager one") {
  manual_seed(1);
  check_inference(mlp(MLPOptions(784, {512, 512, 10})), randn({2, 784}));
}

TEST_CASE("a captured and compiled GPT of six layers gives the bits of the eager one") {
  manual_seed(1);
  check_inference(GPT(GPTOptions(65, 256).layers(6).heads(8).width(256)), randint(65, {2, 64}));
}
