#include "code_case.h"

namespace sinter::testing {

namespace {

// What an in-place call makes of a copy.
template <class F>
Tensor written(const Tensor& x, F call) {
  Tensor copy = x.clone();
  call(copy);
  return copy;
}

std::vector<Tensor> integer_calls(const Tensor& n) {
  return {3 % n,
          n % 3,
          n & 3,
          n ^ 3,
          n | 3,
          written(n, [](Tensor& t) { t.bitwise_and_(3); }),
          written(n, [](Tensor& t) { t.bitwise_or_(3); }),
          written(n, [](Tensor& t) { t.bitwise_xor_(3); }),
          written(n, [&](Tensor& t) { t.bitwise_and_(n); }),
          written(n, [&](Tensor& t) { t.bitwise_or_(n); }),
          written(n, [&](Tensor& t) { t.bitwise_xor_(n); })};
}

std::vector<Tensor> comparisons_in_place(const Tensor& x, const Tensor& y) {
  const Tensor flags = x > y;
  return {written(x, [](Tensor& t) { t.eq_(0.5); }),
          written(x, [](Tensor& t) { t.ne_(0.5); }),
          written(x, [](Tensor& t) { t.lt_(0.5); }),
          written(x, [](Tensor& t) { t.le_(0.5); }),
          written(x, [](Tensor& t) { t.gt_(0.5); }),
          written(x, [](Tensor& t) { t.ge_(0.5); }),
          written(x, [&](Tensor& t) { t.eq_(y); }),
          written(x, [&](Tensor& t) { t.ne_(y); }),
          written(x, [&](Tensor& t) { t.lt_(y); }),
          written(x, [&](Tensor& t) { t.le_(y); }),
          written(x, [&](Tensor& t) { t.gt_(y); }),
          written(x, [&](Tensor& t) { t.ge_(y); }),
          written(flags, [&](Tensor& t) { t.logical_and_(flags); }),
          written(flags, [&](Tensor& t) { t.logical_or_(flags); }),
          written(flags, [&](Tensor& t) { t.logical_xor_(flags); })};
}

std::vector<Tensor> arithmetic_in_place(const Tensor& x, const Tensor& y) {
  return {written(x, [](Tensor& t) { t.add_(1, 2); }),
          written(x, [](Tensor& t) { t.sub_(1); }),
          written(x, [](Tensor& t) { t.sub_(1, 2); }),
          written(x, [&](Tensor& t) { t.sub_(y, 2); }),
          written(x, [&](Tensor& t) { t.addcmul_(y, y); }),
          written(x, [&](Tensor& t) { t.addcdiv_(y, y); }),
          written(x, [](Tensor& t) { t.clamp_(0, 1); }),
          written(x, [](Tensor& t) { t.clamp_min_(0); }),
          written(x, [](Tensor& t) { t.clamp_max_(1); }),
          written(x, [](Tensor& t) { t.div_(3); }),
          written(x, [](Tensor& t) { t.floor_divide_(3); }),
          written(x, [](Tensor& t) { t.fmod_(0.5); }),
          written(x, [](Tensor& t) { t.remainder_(0.5); }),
          written(x, [&](Tensor& t) { t.lerp_(y, 0.25); }),
          written(x, [](Tensor& t) { t.pow_(2); }),
          written(x, [](Tensor& t) { sinter::elu_(t); }),
          written(x, [](Tensor& t) { sinter::selu_(t); }),
          written(x, [](Tensor& t) { sinter::hardtanh_(t); }),
          written(x, [](Tensor& t) { sinter::relu6_(t); }),
          written(x, [](Tensor& t) { sinter::leaky_relu_(t); })};
}

std::vector<Tensor> arithmetic(const Tensor& x, const Tensor& y) {
  return {sinter::add(x, 2, 3),
          sinter::sub(x, 2, 3),
          sinter::addcmul(x, y, y),
          sinter::addcdiv(x, y, y),
          sinter::div(x, 0.5, "trunc"),
          sinter::floor_divide(x, 0.5),
          sinter::fmod(x, 0.5),
          sinter::elu(x),
          sinter::elu(x, 0.5),
          sinter::hardtanh(x),
          sinter::leaky_relu(x),
          sinter::softplus(x),
          sinter::hardshrink(x, 0.25),
          sinter::softshrink(x, 0.25),
          sinter::full_like(x, 3),
          sinter::empty_like(x, kFloat64).zero_(),
          sinter::addmm(x, x, y),
          x.sum(kFloat64),
          x.prod(kFloat64),
          x.prod(0, true, kFloat64),
          x.mean({0}, true, kFloat64),
          x.norm(3)};
}

std::vector<Tensor> layers(const Tensor& x, const Tensor& n) {
  const Tensor rows = sinter::arange(4);
  const Tensor line = x.view({1, 4, 4});
  const Tensor weight = x.view({4, 4, 1});
  const Tensor image = x.view({1, 1, 4, 4});
  const Tensor filter = x.slice(0, 0, 2).slice(1, 0, 2).contiguous();
  return {x.index_add(0, rows, x),
          written(x, [&](Tensor& t) { t.index_add_(0, rows, x); }),
          sinter::baddbmm(line, line, line),
          sinter::conv1d(line, weight),
          sinter::conv1d(line, weight, x[0], 2, 3),
          sinter::conv_transpose1d(line, weight, {}, 2, 1),
          sinter::conv_transpose2d(image, filter.view({1, 1, 2, 2}), {}, 2, 1),
          sinter::group_norm(image, 1),
          sinter::layer_norm(x, {4}),
          sinter::nll_loss(x, n[0], x[0])};
}

struct CallsImpl : nn::Module {
  std::vector<Tensor> forward(const Tensor& x, const Tensor& y, const Tensor& n) {
    std::vector<Tensor> out;
    for (const auto& results : {integer_calls(n), comparisons_in_place(x, y),
                                arithmetic_in_place(x, y), arithmetic(x, y), layers(x, n)}) {
      out.insert(out.end(), results.begin(), results.end());
    }
    return out;
  }
};
SINTER_MODULE(Calls);

}  // namespace

std::vector<CodeCase> spelling_code_cases() {
  manual_seed(12);
  const std::vector<Tensor> inputs = {sinter::randn({4, 4}), sinter::randn({4, 4}),
                                      sinter::randint(1, 4, {4, 4}, kInt64)};
  std::vector<CodeCase> out = {module_case("calls", Calls(), {inputs})};
  out.back().gradients = false;
  return out;
}

}  // namespace sinter::testing
