// Training steps of whole models, with the step or the model compiled, against eager ones: bit for
// bit.
#include <sinter/core/parallel.h>
#include <sinter/graph/compile.h>
#include <sinter/nn/models/models.h>
#include <sinter/sinter.h>

#include <catch2/catch.hpp>
#include <cstring>

using namespace sinter;
namespace F = sinter::nn::functional;

namespace {

constexpr int kSteps = 10;

bool same_bits(const Tensor& a, const Tensor& b) {
  const Tensor x = a.contiguous();
  const Tensor y = b.contiguous();
  return x.sizes() == y.sizes() && x.dtype() == y.dtype() &&
         (x.numel() == 0 || std::memcmp(x.const_data_ptr(), y.const_data_ptr(), x.nbytes()) == 0);
}

enum class Compiled { nothing, model, step };

// What a training run leaves behind.
struct Outcome {
  std::vector<Tensor> losses;
  OrderedDict<std::string, Tensor> state;
  std::vector<Tensor> gradients;
  std::vector<Tensor> optimizer;
  std::uint64_t random = 0;
};

struct Images {
  Tensor x = randn({kSteps, 8, 1, 8, 8});
  Tensor y = randint(10, {kSteps, 8});
  template <class Model>
  static Tensor loss(Model& model, const Tensor& x, const Tensor& y) {
    return F::cross_entropy(model(x), y);
  }
};

struct Tokens {
  Tensor x = randint(17, {kSteps, 4, 12});
  Tensor y = randint(17, {kSteps, 4, 12});
  template <class Model>
  static Tensor loss(Model& model, const Tensor& x, const Tensor& y) {
    return F::cross_entropy(model(x).view({-1, 17}), y.view({-1}));
  }
};

template <class Optimizer>
std::vector<Tensor> state_of(const Optimizer& optimizer) {
  std::vector<Tensor> out;
  for (const Tensor& parameter : optimizer.parameters()) {
    const auto& state = *optimizer.state()[parameter.impl()];
    if constexpr (std::is_same_v<Optimizer, optim::Adam>) {
      const auto& adam = static_cast<const optim::AdamParamState&>(state);
      for (const Tensor& tensor : {adam.step(), adam.exp_avg(), adam.exp_avg_sq()}) {
        out.push_back(tensor.clone());
      }
    } else {
      out.push_back(static_cast<const optim::SGDParamState&>(state).momentum_buffer().clone());
    }
  }
  return out;
}

template <class Data, class Optimizer, class Make, class Options>
Outcome train(Make&& make, const Options& options, Compiled compiled) {
  manual_seed(5);
  auto model = make();
  auto compiled_model = graph::compile(model);
  const Data data;
  Optimizer optimizer(model->parameters(), options);
  const auto eager = [&](const Tensor& x, const Tensor& y) {
    optimizer.zero_grad();
    const Tensor loss =
        compiled == Compiled::model ? Data::loss(compiled_model, x, y) : Data::loss(model, x, y);
    loss.backward();
    optimizer.step();
    return loss;
  };
  auto step = graph::compile_step(eager);
  Outcome out;
  for (int i = 0; i < kSteps; ++i) {
    const Tensor loss =
        compiled == Compiled::step ? step(data.x[i], data.y[i]) : eager(data.x[i], data.y[i]);
    out.losses.push_back(loss.detach().clone());
  }
  if (compiled != Compiled::nothing) {
    const bool whole = compiled == Compiled::step;
    const graph::CompileReport report = whole ? step.report() : compiled_model.report();
    CHECK(report.captures == 1);
    CHECK(report.eager_runs == (whole ? 1 : 0));
    CHECK(report.allocations == 0);
    CHECK(report.memory.arena >= report.memory.lower_bound);
  }
  for (const auto& item : model->state_dict()) out.state.insert(item.key(), item->clone());
  for (const Tensor& p : model->parameters()) out.gradients.push_back(p.grad().clone());
  out.optimizer = state_of(optimizer);
  out.random = default_generator().get_state().offset;
  return out;
}

void compare(const Outcome& eager, const Outcome& compiled) {
  for (int i = 0; i < kSteps; ++i) {
    INFO("loss of step " << i);
    const auto k = static_cast<std::size_t>(i);
    CHECK(same_bits(eager.losses[k], compiled.losses[k]));
  }
  for (const auto& item : eager.state) {
    INFO(item.key());
    CHECK(same_bits(*item, compiled.state[item.key()]));
  }
  REQUIRE(eager.gradients.size() == compiled.gradients.size());
  for (std::size_t i = 0; i < eager.gradients.size(); ++i) {
    INFO("gradient " << i);
    CHECK(same_bits(eager.gradients[i], compiled.gradients[i]));
  }
  REQUIRE(eager.optimizer.size() == compiled.optimizer.size());
  for (std::size_t i = 0; i < eager.optimizer.size(); ++i) {
    INFO("optimizer state " << i);
    CHECK(same_bits(eager.optimizer[i], compiled.optimizer[i]));
  }
  CHECK(eager.random == compiled.random);
}

struct KeepThreads {
  int threads = get_num_threads();
  ~KeepThreads() {
    set_num_threads(threads);
    set_deterministic(false);
  }
};

// Each number of threads against eager at the same number; in deterministic mode against eager at
// one thread.
template <class Data, class Optimizer, class Make, class Options>
void check_all_threads(Make&& make, const Options& options) {
  const KeepThreads keep;
  for (const int threads : {1, 2, 3}) {
    INFO(threads << " threads");
    set_num_threads(threads);
    const Outcome eager = train<Data, Optimizer>(make, options, Compiled::nothing);
    compare(eager, train<Data, Optimizer>(make, options, Compiled::model));
    compare(eager, train<Data, Optimizer>(make, options, Compiled::step));
  }
  set_deterministic(true);
  set_num_threads(1);
  const Outcome reference = train<Data, Optimizer>(make, options, Compiled::nothing);
  for (const int threads : {1, 2, 3}) {
    INFO("deterministic, " << threads << " threads");
    set_num_threads(threads);
    compare(reference, train<Data, Optimizer>(make, options, Compiled::model));
    compare(reference, train<Data, Optimizer>(make, options, Compiled::step));
  }
}

optim::SGDOptions sgd() { return optim::SGDOptions(0.05).momentum(0.9).weight_decay(1e-4); }
optim::AdamOptions adam() { return optim::AdamOptions(1e-3); }

}  // namespace

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
