#include <sinter/autograd/grad_mode.h>
#include <sinter/ops/optimizer.h>

#include <cmath>

#include "../op_sample.h"

namespace sinter::testing {

namespace {

// Elements of size 0.5 to 2: squares of small ones would vanish in f16.
Tensor waves(IntArrayRef sizes, double phase) {
  Tensor t = empty(sizes, kFloat64);
  for (std::int64_t i = 0; i < t.numel(); ++i) {
    const double x = std::sin(phase + 1.7 * static_cast<double>(i));
    t.data_ptr<double>()[i] = x + (x < 0 ? -0.5 : 0.5);
  }
  return t;
}

// Without those that a call did not have.
Tensors defined(const Tensors& tensors) {
  Tensors out;
  for (const Tensor& t : tensors) {
    if (t.defined()) out.push_back(t);
  }
  return out;
}

Tensor number(double value) { return scalar_tensor(value, kFloat64); }

// --- sgd_update: inputs are parameter, gradient, momentum buffer.

constexpr double kLr = 0.1;

Tensors run_sgd(const Tensors& in, const SgdStep& step) {
  const NoGradGuard no_grad;
  Tensor param = in[0].clone();
  Tensor buffer = in[2].defined() ? in[2].clone() : Tensor();
  sgd_update_(param, in[1], buffer, number(kLr), step);
  return defined({param, buffer});
}

Tensors reference_sgd(const Tensors& in, const SgdStep& step) {
  const Tensor param = in[0].contiguous().clone();
  const Tensor grad = in[1].contiguous();
  const Tensor buffer = in[2].defined() ? in[2].contiguous().clone() : Tensor();
  for (std::int64_t i = 0; i < param.numel(); ++i) {
    double& p = param.data_ptr<double>()[i];
    double g = grad.data_ptr<double>()[i] + step.weight_decay * p;
    if (step.momentum != 0) {
      double& b = buffer.data_ptr<double>()[i];
      b = step.first ? g : step.momentum * b + (1 - step.dampening) * g;
      g = step.nesterov ? g + step.momentum * b : b;
    }
    p -= kLr * g;
  }
  return defined({param, buffer});
}

Sample sgd_sample(const char* label, Tensors inputs, const SgdStep& step) {
  return {.label = label,
          .inputs = std::move(inputs),
          .run = [=](const Tensors& in) { return run_sgd(in, step); },
          .reference = [=](const Tensors& in) { return reference_sgd(in, step); },
          .gradcheck = false};
}

std::vector<Sample> sgd_samples() {
  const auto inputs = [](IntArrayRef sizes) {
    return Tensors{waves(sizes, 0), waves(sizes, 1), waves(sizes, 2)};
  };
  const Tensors none = {waves({5}, 0), waves({5}, 1), Tensor()};
  return {
      sgd_sample("plain", none, {}),
      sgd_sample("weight decay", none, {.weight_decay = 0.3}),
      sgd_sample("momentum", inputs({2, 3, 4, 5}), {.momentum = 0.9}),
      sgd_sample("dampening", inputs({37}), {.momentum = 0.9, .dampening = 0.4}),
      sgd_sample("first", inputs({3, 3}), {.momentum = 0.9, .dampening = 0.4, .first = true}),
      sgd_sample("nesterov", inputs({17}),
                 {.momentum = 0.5, .weight_decay = 0.1, .nesterov = true}),
      sgd_sample("0-d", inputs({}), {.momentum = 0.9}),
      sgd_sample("empty", inputs({0, 3}), {.momentum = 0.9}),
  };
}

std::vector<ErrorSample> sgd_errors() {
  const auto call = [](Tensor param, const Tensor& grad, Tensor buffer, const Tensor& lr) {
    return [=]() mutable { sgd_update_(param, grad, buffer, lr, {.momentum = 0.9}); };
  };
  const Tensor x = ones({3});
  return {
      {"shapes", call(x, ones({4}), ones({3}), number(1)),
       "gradient and state must have the parameter's shape [3]; got [4]"},
      {"dtypes", call(x, ones({3}), ones({3}, kFloat64), number(1)),
       "gradient and state must have the parameter's dtype f32; got f64"},
      {"no buffer", call(x, ones({3}), Tensor(), number(1)),
       "momentum needs a buffer; got an undefined tensor"},
      {"integers", call(ones({3}, kInt64), ones({3}, kInt64), ones({3}, kInt64), number(1)),
       "the parameter must be floating point; got i64"},
      {"learning rate", call(x, ones({3}), ones({3}), ones({})),
       "the learning rate must be a 0-d CPU tensor of dtype f64; got f32 [] on cpu"},
      {"overlap", call(x, x, ones({3}), number(1)),
       "writes input 0, which must not share memory with another; got such an input 1"},
  };
}

// --- adam_update: inputs are parameter, gradient, the moments, and the largest second moment.

Tensors run_adam(const Tensors& in, const AdamStep& step, std::int64_t taken) {
  const NoGradGuard no_grad;
  Tensor param = in[0].clone();
  const Tensor exp_avg = in[2].clone();
  const Tensor exp_avg_sq = in[3].clone();
  const Tensor largest = in[4].defined() ? in[4].clone() : Tensor();
  adam_update_(param, in[1], {exp_avg, exp_avg_sq, largest, scalar_tensor(taken, kInt64)},
               number(kLr), step);
  return defined({param, exp_avg, exp_avg_sq, largest});
}

Tensors reference_adam(const Tensors& in, const AdamStep& o, std::int64_t taken) {
  Tensors out;
  for (const std::size_t k : {0, 2, 3, 4}) {
    out.push_back(in[k].defined() ? in[k].contiguous().clone() : Tensor());
  }
  const Tensor grad = in[1].contiguous();
  const auto t = static_cast<double>(taken + 1);
  for (std::int64_t i = 0; i < grad.numel(); ++i) {
    double& p = out[0].data_ptr<double>()[i];
    double& m = out[1].data_ptr<double>()[i];
    double& v = out[2].data_ptr<double>()[i];
    const double g = grad.data_ptr<double>()[i] + (o.decoupled ? 0 : o.weight_decay * p);
    if (o.decoupled) p *= 1 - kLr * o.weight_decay;
    m = o.beta1 * m + (1 - o.beta1) * g;
    v = o.beta2 * v + (1 - o.beta2) * g * g;
    double second = v;
    if (out[3].defined()) {
      double& largest = out[3].data_ptr<double>()[i];
      second = largest = std::max(largest, v);
    }
    const double root = std::sqrt(second / (1 - std::pow(o.beta2, t)));
    p -= kLr * m / (1 - std::pow(o.beta1, t)) / (root + o.eps);
  }
  return defined(out);
}

Sample adam_sample(const char* label, IntArrayRef sizes, bool amsgrad, const AdamStep& step,
                   std::int64_t taken = 0) {
  return {.label = label,
          .inputs = {waves(sizes, 0), waves(sizes, 1), waves(sizes, 2), waves(sizes, 3).square(),
                     amsgrad ? waves(sizes, 4).square() : Tensor()},
          .run = [=](const Tensors& in) { return run_adam(in, step, taken); },
          .reference = [=](const Tensors& in) { return reference_adam(in, step, taken); },
          .gradcheck = false};
}

std::vector<Sample> adam_samples() {
  return {
      adam_sample("first step", {3, 7}, false, {}),
      adam_sample("later step", {2, 3, 4, 5}, false, {}, 40),
      adam_sample("weight decay", {19}, false, {.beta1 = 0.5, .weight_decay = 0.2}),
      adam_sample("decoupled", {19}, false, {.weight_decay = 0.2, .decoupled = true}),
      adam_sample("AMSGrad", {33}, true, {.eps = 1e-3}, 3),
      adam_sample("0-d", {}, false, {}),
      adam_sample("empty", {0}, true, {}),
  };
}

std::vector<ErrorSample> adam_errors() {
  const auto call = [](const Tensor& exp_avg, const Tensor& step, const Tensor& lr) {
    return [=] {
      Tensor param = ones({3});
      adam_update_(param, ones({3}), {exp_avg, ones({3}), Tensor(), step}, lr, {});
    };
  };
  const Tensor zero = scalar_tensor(0, kInt64);
  return {
      {"shapes", call(ones({4}), zero, number(1)),
       "gradient and state must have the parameter's shape [3]; got [4]"},
      {"step", call(ones({3}), number(1), number(1)),
       "the step must be a 0-d CPU tensor of dtype i64; got f64 [] on cpu"},
      {"learning rate", call(ones({3}), zero, ones({1}, kFloat64)),
       "the learning rate must be a 0-d CPU tensor of dtype f64; got f64 [1] on cpu"},
      {"no moments", call(Tensor(), zero, number(1)), "input 2 is an undefined tensor"},
  };
}

}  // namespace

std::vector<OpSamples> optimizer_samples() {
  const std::vector<DType> dtypes = {kFloat32, kFloat64, kFloat16, kBFloat16};
  return {{.op = "sgd_update", .dtypes = dtypes, .samples = sgd_samples, .errors = sgd_errors},
          {.op = "adam_update", .dtypes = dtypes, .samples = adam_samples, .errors = adam_errors}};
}

}  // namespace sinter::testing
