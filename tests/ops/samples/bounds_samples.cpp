// Samples of minimum, maximum and clamp.
#include <sinter/ops/pointwise.h>

#include <cmath>
#include <limits>

#include "../elementwise.h"

namespace sinter::testing {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

constexpr std::initializer_list<double> kLeft{-2.25, -1.125, -0.375, 0.25, 0.875, 1.75, 5.5};
constexpr std::initializer_list<double> kRight{1.5, -0.625, 3.25, -1.75, 0.375};

Real least(Real a, Real b) {
  if (std::isnan(a)) return a;
  return std::isnan(b) || b < a ? b : a;
}
Real greatest(Real a, Real b) { return -least(-a, -b); }

using Run2 = std::function<Tensor(const Tensor&, const Tensor&)>;
using Formula2 = Real (*)(Real, Real);

Sample pair(const char* label, Tensor a, Tensor b, const Run2& run, Formula2 reference) {
  return {label,
          {std::move(a), std::move(b)},
          [run](const Tensors& in) -> Tensors { return {run(in[0], in[1])}; },
          elementwise([reference](const std::vector<Real>& x) { return reference(x[0], x[1]); })};
}

OpSamples binary(const char* op, const Run2& run, Formula2 reference) {
  OpSamples out{op, floating_dtypes(), nullptr, nullptr};
  out.samples = [=] {
    const auto sample = [&](const char* label, const Index& a, const Index& b) {
      return pair(label, filled(a, kLeft), filled(b, kRight), run, reference);
    };
    const std::vector<double> edges{0.0, 1, -2, kInf, -kInf, kNan};
    return std::vector<Sample>{
        sample("of one shape", {2, 3}, {2, 3}),
        sample("0-d", {}, {}),
        sample("a column", {2, 3}, {2, 1}),
        sample("outer", {3, 1}, {1, 2}),
        without_gradients(sample("empty", {0, 3}, {3})),
        without_gradients(sample("longer than a tile", {3, 701}, {3, 701})),
        without_gradients(
            pair("special values", filled({6, 1}, edges), list_of(edges), run, reference)),
        without_gradients(pair("integers", list_of({-7, 7, 0}).to(kInt32),
                               list_of({3, -5, 0}).to(kInt64), run, reference))};
  };
  return out;
}

Sample number_clamp(const char* label, const Tensor& x, std::optional<Scalar> min,
                    std::optional<Scalar> max) {
  return {label,
          {x},
          [=](const Tensors& in) -> Tensors { return {clamp(in[0], min, max)}; },
          elementwise1([=](Real a) {
            if (min) a = greatest(a, min->to_double());
            return max ? least(a, max->to_double()) : a;
          })};
}

OpSamples clamp_samples() {
  OpSamples out{"clamp", floating_dtypes(), nullptr, nullptr};
  out.samples = [] {
    const Tensor x = filled({2, 4}, kLeft);
    const Tensor i = list_of({-300, -2, 0, 5, 300}).to(kInt32);
    return std::vector<Sample>{
        number_clamp("both bounds", x, -1, 1.5),
        number_clamp("below", x, 0.5, std::nullopt),
        number_clamp("above", x, std::nullopt, 0.5),
        number_clamp("crossed bounds", x, 2, 1),
        number_clamp("0-d", filled({}, kLeft), -1, 1),
        without_gradients(number_clamp("empty", filled({0}, kLeft), -1, 1)),
        without_gradients(
            number_clamp("special values", list_of({kNan, kInf, -kInf, -0.0}), -1, 1)),
        without_gradients(number_clamp("a NaN for a bound", list_of({1, 2}), kNan, 1)),
        without_gradients(number_clamp("integers", i, -10, 20)),
        without_gradients(number_clamp("integers within floating bounds", i, -1.5, 2.5)),
        without_gradients(
            number_clamp("bounds that the dtype lacks", list_of({0, 7, 255}).to(kUInt8), -5, 1000)),
        without_gradients(number_clamp("longer than a tile", filled({1501}, kLeft), -1, 1))};
  };
  out.errors = [] {
    const Tensor i = list_of({1, 2}).to(kInt32);
    return std::vector<ErrorSample>{
        {"no bounds", [=] { clamp(i, std::nullopt); }, "[clamp] needs min or max; got neither"},
        {"floating bounds of integers in place", [=] { Tensor(i).clamp_(0.5); },
         "[clamp_] the result of type f32 cannot be stored in self of type i32"},
        {"bool", [=] { clamp(i.to(kBool), true); },
         "[clamp] is not implemented for this dtype; got bool"}};
  };
  return out;
}

OpSamples clamp_backward_samples() {
  OpSamples out{"clamp_backward", floating_dtypes(), nullptr, nullptr};
  out.samples = [] {
    return std::vector<Sample>{
        {"both bounds",
         {filled({7}, {0.5, -2}), filled({7}, kLeft)},
         [](const Tensors& in) -> Tensors {
           return {run_op("clamp_backward", in, {{"min", Scalar(-1)}, {"max", Scalar(1.5)}})};
         },
         elementwise_derivative([](Real a) { return least(greatest(a, -1), 1.5L); })},
        without_gradients(
            {"at the bounds",
             {list_of({2, 3, 4}), list_of({-1, 0, 1})},
             [](const Tensors& in) -> Tensors {
               return {run_op("clamp_backward", in, {{"min", Scalar(-1)}, {"max", Scalar(1)}})};
             },
             elementwise([](const std::vector<Real>& x) { return x[0]; })})};
  };
  return out;
}

OpSamples clamp_tensor_samples() {
  OpSamples out{"clamp_tensor", floating_dtypes(), nullptr, nullptr};
  out.samples = [] {
    const auto sample = [](const char* label, const Index& x, const Index& low, const Index& high) {
      return Sample{label,
                    {filled(x, kLeft), filled(low, {-1, 0.5, -3}), filled(high, {1, 2, 0.125})},
                    [](const Tensors& in) -> Tensors { return {clamp(in[0], in[1], in[2])}; },
                    elementwise([](const std::vector<Real>& v) {
                      return least(greatest(v[0], v[1]), v[2]);
                    })};
    };
    return std::vector<Sample>{sample("of one shape", {7}, {7}, {7}), sample("0-d", {}, {}, {}),
                               sample("broadcast", {2, 3}, {3}, {2, 1}),
                               sample("crossed bounds", {7}, {1}, {7}),
                               without_gradients(sample("empty", {0}, {1}, {}))};
  };
  out.in_place = [](Tensors& in) { in[0].clamp_(in[1], in[2]); };
  out.errors = [] {
    return std::vector<ErrorSample>{{"no bounds", [] { clamp(list_of({1}), Tensor()); },
                                     "[clamp] needs min or max; got neither"}};
  };
  return out;
}

}  // namespace

std::vector<OpSamples> bounds_samples() {
  return {binary(
              "minimum", [](const Tensor& a, const Tensor& b) { return minimum(a, b); }, least),
          binary(
              "maximum", [](const Tensor& a, const Tensor& b) { return maximum(a, b); }, greatest),
          binary(
              "clamp_min", [](const Tensor& a, const Tensor& b) { return clamp(a, b); }, greatest),
          binary(
              "clamp_max", [](const Tensor& a, const Tensor& b) { return clamp(a, Tensor(), b); },
              least),
          clamp_samples(),
          clamp_backward_samples(),
          clamp_tensor_samples()};
}

}  // namespace sinter::testing
