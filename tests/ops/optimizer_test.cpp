// The updates themselves; their values against PyTorch's are in tests/nn/optimizer_test.cpp.
#include <sinter/core/parallel.h>
#include <sinter/core/tensor_factory.h>
#include <sinter/ops/optimizer.h>
#include <sinter/tests/core/error_message.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstring>
#include <limits>

using namespace sinter;
using sinter::test::message_of;

namespace {

template <class T>
Tensor waves(IntArrayRef sizes, double phase) {
  Tensor t = empty_tensor("test", sizes, dtype_of<T>);
  for (std::int64_t i = 0; i < t.numel(); ++i) {
    const double value = std::sin(phase + static_cast<double>(i));
    if constexpr (std::is_same_v<T, BFloat16>) {
      t.data_ptr<T>()[i] = T(static_cast<float>(value));
    } else {
      t.data_ptr<T>()[i] = static_cast<T>(value);
    }
  }
  return t;
}
template <class T>
Tensor zeros(IntArrayRef sizes) {
  Tensor t = empty_tensor("test", sizes, dtype_of<T>);
  std::fill_n(t.data_ptr<T>(), t.numel(), T(0));
  return t;
}
template <class T>
Tensor number(T value) {
  Tensor t = empty_tensor("test", {}, dtype_of<T>);
  *t.data_ptr<T>() = value;
  return t;
}
struct State {
  Tensor exp_avg;
  Tensor exp_avg_sq;
  Tensor max_exp_avg_sq;
  Tensor step;
  operator AdamMoments() const { return {exp_avg, exp_avg_sq, max_exp_avg_sq, step}; }
};
template <class T>
State moments(IntArrayRef sizes, bool amsgrad = false) {
  return {zeros<T>(sizes), zeros<T>(sizes), amsgrad ? zeros<T>(sizes) : Tensor(),
          number<std::int64_t>(0)};
}
bool same_bytes(const Tensor& a, const Tensor& b) {
  return a.nbytes() == 0 || std::memcmp(a.data_ptr(), b.data_ptr(), a.nbytes()) == 0;
}

// Adam with plain loops in double.
void reference_adam(std::vector<double>& p, const std::vector<double>& grad, std::vector<double>& m,
                    std::vector<double>& v, double t, double lr, const AdamStep& o) {
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double g = grad[i] + (o.decoupled ? 0 : o.weight_decay * p[i]);
    if (o.decoupled) p[i] *= 1 - lr * o.weight_decay;
    m[i] = o.beta1 * m[i] + (1 - o.beta1) * g;
    v[i] = o.beta2 * v[i] + (1 - o.beta2) * g * g;
    const double root = std::sqrt(v[i] / (1 - std::pow(o.beta2, t)));
    p[i] -= lr * m[i] / (1 - std::pow(o.beta1, t)) / (root + o.eps);
  }
}

}  // namespace

TEST_CASE("Adam follows the formula for every length of vector") {
  const auto n = static_cast<std::int64_t>(GENERATE(0, 1, 3, 7, 8, 9, 33));
  AdamStep options;
  options.weight_decay = 0.1;
  options.decoupled = GENERATE(false, true);
  Tensor param = waves<float>({n}, 0);
  std::vector<double> p(param.data_ptr<float>(), param.data_ptr<float>() + n);
  std::vector<double> m(p.size());
  std::vector<double> v(p.size());
  State state = moments<float>({n});
  for (int t = 1; t <= 3; ++t) {
    const Tensor grad = waves<float>({n}, t);
    const std::vector<double> g(grad.data_ptr<float>(), grad.data_ptr<float>() + n);
    adam_update_(param, grad, state, number(0.01), options);
    reference_adam(p, g, m, v, t, 0.01, options);
  }
  CHECK(*state.step.data_ptr<std::int64_t>() == 3);
  for (std::size_t i = 0; i < p.size(); ++i) {
    CHECK(param.data_ptr<float>()[i] == Approx(p[i]).epsilon(1e-5).margin(1e-6));
  }
}

TEST_CASE("an update has the same bits with any number of threads") {
  const int threads = get_num_threads();
  const auto run = [&](int count) {
    set_num_threads(count);
    Tensor param = waves<float>({100003}, 0);
    State state = moments<float>({100003}, true);
    for (int t = 0; t < 3; ++t) {
      adam_update_(param, waves<float>({100003}, t), state, number(0.01), {});
    }
    Tensor momentum = zeros<float>({100003});
    sgd_update_(param, waves<float>({100003}, 5), momentum, number(0.01), {.momentum = 0.9});
    return param;
  };
  const Tensor one = run(1);
  CHECK(same_bytes(one, run(2)));
  CHECK(same_bytes(one, run(3)));
  set_num_threads(threads);
}

TEST_CASE("an update copes with parameters and gradients that lie differently") {
  const auto transposed = [](const Tensor& t) {
    TensorMeta meta;
    meta.set_strided({t.size(1), t.size(0)}, {1, t.size(1)}, 0);
    return make_view(t.storage(), meta);
  };
  const auto every_other = [](const Tensor& t) {
    TensorMeta meta;
    meta.set_strided({t.size(0), t.size(1) / 2}, {t.size(1), 2}, 0);
    return make_view(t.storage(), meta);
  };
  const auto at = [](const Tensor& t, std::int64_t i, std::int64_t j) {
    return t.accessor<float, 2>()[i][j];
  };
  const Tensor grad = waves<float>({3, 4}, 1);
  Tensor plain = waves<float>({3, 4}, 0);
  Tensor none;
  // The same parameter and gradient in other layouts.
  Tensor column_major = transposed(zeros<float>({4, 3}));
  Tensor strided = every_other(zeros<float>({3, 8}));
  const Tensor column_major_grad = transposed(zeros<float>({4, 3}));
  for (std::int64_t i = 0; i < 3; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) {
      column_major.accessor<float, 2>()[i][j] = at(plain, i, j);
      strided.accessor<float, 2>()[i][j] = at(plain, i, j);
      column_major_grad.accessor<float, 2>()[i][j] = at(grad, i, j);
    }
  }
  sgd_update_(plain, grad, none, number(0.1), {});
  sgd_update_(column_major, grad, none, number(0.1), {});
  sgd_update_(strided, column_major_grad, none, number(0.1), {});
  for (std::int64_t i = 0; i < 3; ++i) {
    for (std::int64_t j = 0; j < 4; ++j) {
      CHECK(at(column_major, i, j) == at(plain, i, j));
      CHECK(at(strided, i, j) == at(plain, i, j));
    }
  }
}

TEST_CASE("half types are updated in float and rounded once") {
  Tensor param = waves<BFloat16>({700}, 0);
  const Tensor before = waves<BFloat16>({700}, 0);
  const Tensor grad = waves<BFloat16>({700}, 2);
  Tensor none;
  sgd_update_(param, grad, none, number(0.1), {.weight_decay = 0.5});
  for (int i = 0; i < 700; ++i) {
    const auto p = static_cast<float>(before.data_ptr<BFloat16>()[i]);
    const float g = static_cast<float>(grad.data_ptr<BFloat16>()[i]) + 0.5F * p;
    const auto want = static_cast<BFloat16>(p - 0.1F * g);
    CHECK(static_cast<float>(param.data_ptr<BFloat16>()[i]) == static_cast<float>(want));
  }
}

TEST_CASE("an update raises the versions of what it writes") {
  Tensor param = waves<double>({3}, 0);
  State state = moments<double>({3});
  const Tensor grad = waves<double>({3}, 0);
  adam_update_(param, grad, state, number(0.1), {});
  CHECK(param._version() == 1);
  CHECK(state.exp_avg_sq._version() == 1);
  CHECK(state.step._version() == 1);
  CHECK(grad._version() == 0);
}

TEST_CASE("an update refuses what does not fit together") {
  Tensor param = waves<float>({3}, 0);
  Tensor none;
  const auto sgd = [&](const Tensor& grad, Tensor& buffer, const Tensor& lr, double momentum = 0) {
    return message_of([&] { sgd_update_(param, grad, buffer, lr, {.momentum = momentum}); });
  };
  CHECK(sgd(waves<float>({4}, 0), none, number(0.1)) ==
        "[sgd_update] gradient and state must have the parameter's shape [3]; got [4]");
  CHECK(sgd(waves<double>({3}, 0), none, number(0.1)) ==
        "[sgd_update] gradient and state must have the parameter's dtype f32; got f64");
  CHECK(sgd(none, none, number(0.1)) == "[sgd_update] input 1 is an undefined tensor");
  CHECK(sgd(waves<float>({3}, 0), none, number(0.1), 0.9) ==
        "[sgd_update] momentum needs a buffer; got an undefined tensor");
  CHECK(sgd(waves<float>({3}, 0), none, number(0.1F)) ==
        "[sgd_update] the learning rate must be a 0-d CPU tensor of dtype f64; got f32 [] on cpu");
  CHECK(sgd(param, none, number(0.1)) ==
        "[sgd_update] writes input 0, which must not share memory with another; got such an input "
        "1; clone() it first");
  Tensor integers = zeros<std::int64_t>({3});
  CHECK(message_of([&] { sgd_update_(integers, integers, none, number(0.1), {}); }) ==
        "[sgd_update] writes input 0, which must not share memory with another; got such an input "
        "1; clone() it first");
  CHECK(message_of([&] {
          sgd_update_(integers, zeros<std::int64_t>({3}), none, number(0.1), {});
        }) == "[sgd_update] the parameter must be floating point; got i64");
  State state = moments<float>({3});
  state.step = number(0.0);
  CHECK(message_of([&] { adam_update_(param, zeros<float>({3}), state, number(0.1), {}); }) ==
        "[adam_update] the step must be a 0-d CPU tensor of dtype i64; got f64 [] on cpu");
}

TEST_CASE("Adam refuses a step that counts no updates, and changes nothing") {
  for (const std::int64_t step : {std::numeric_limits<std::int64_t>::max(), std::int64_t{-1}}) {
    Tensor param = waves<float>({3}, 0);
    const Tensor before = param.clone();
    State state = moments<float>({3});
    state.step = number(step);
    CHECK(message_of<ValueError>([&] {
            adam_update_(param, waves<float>({3}, 1), state, number(0.1), {});
          }) == str("[adam_update] the step must be the number of updates so far, at least 0 and "
                    "less than 2^63 - 1; got ",
                    step));
    CHECK(same_bytes(param, before));
    CHECK(same_bytes(state.exp_avg, zeros<float>({3})));
    CHECK(state.step.item<std::int64_t>() == step);
  }
}
