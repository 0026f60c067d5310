// Training runs of whole models, compiled and eager, to be compared bit for bit.
#pragma once
#include <sinter/core/parallel.h>
#include <sinter/graph/compile.h>
#include <sinter/sinter.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <type_traits>
#include <vector>

namespace sinter::testing {

inline constexpr int kSteps = 10;

inline bool same_bits(const Tensor& a, const Tensor& b) {
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
    return nn::functional::cross_entropy(model(x), y);
  }
};

struct Tokens {
  Tensor x = randint(17, {kSteps, 4, 12});
  Tensor y = randint(17, {kSteps, 4, 12});
  template <class Model>
  static Tensor loss(Model& model, const Tensor& x, const Tensor& y) {
    return nn::functional::cross_entropy(model(x).view({-1, 17}), y.view({-1}));
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

// What happens to a model between the steps, and how often it is captured then.
template <class Model>
struct Between {
  explicit Between(const Model&) {}
  void step() {}
  static constexpr std::size_t kCaptures = 1;
};

template <class Data, class Optimizer, class Make, class Options>
Outcome train(Make&& make, const Options& options, Compiled compiled) {
  manual_seed(5);
  auto model = make();
  using Steps = Between<decltype(model)>;
  Steps between(model);
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
    between.step();
  }
  if (compiled != Compiled::nothing) {
    const bool whole = compiled == Compiled::step;
    const graph::CompileReport report = whole ? step.report() : compiled_model.report();
    CHECK(report.captures == Steps::kCaptures);
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

inline void compare(const Outcome& eager, const Outcome& compiled) {
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
    INFO("compiled step");
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

inline optim::SGDOptions sgd() { return optim::SGDOptions(0.05).momentum(0.9).weight_decay(1e-4); }
inline optim::AdamOptions adam() { return optim::AdamOptions(1e-3); }

}  // namespace sinter::testing
