// Samples of comparisons, logic, bits and where.
#include <sinter/ops/pointwise.h>

#include <cmath>
#include <limits>

#include "../elementwise.h"

namespace sinter::testing {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

using Run2 = Tensor (*)(const Tensor&, const Tensor&);
using Formula2 = bool (*)(Real, Real);

Sample pair(const char* label, const Tensor& a, const Tensor& b, Run2 run, Formula2 reference) {
  return without_gradients({label,
                            {a, b},
                            [run](const Tensors& in) -> Tensors { return {run(in[0], in[1])}; },
                            elementwise([reference](const std::vector<Real>& x) {
                              return reference(x[0], x[1]) ? 1 : 0;
                            })});
}

std::vector<Sample> pairs(Run2 run, Formula2 reference) {
  const std::vector<double> left{-2, -1, 0, 0.5, 1, 2};
  const std::vector<double> right{1, -1, 0, 0.5, 2};
  const std::vector<double> edges{0.0, -0.0, 1, kInf, -kInf, kNan};
  const auto sample = [&](const char* label, const Index& a, const Index& b) {
    return pair(label, filled(a, left), filled(b, right), run, reference);
  };
  return {sample("of one shape", {3, 7}, {3, 7}),
          sample("0-d", {}, {}),
          sample("a column", {2, 3}, {2, 1}),
          sample("outer", {5, 1}, {1, 9}),
          sample("empty", {0, 3}, {3}),
          sample("images", {2, 3, 2, 3}, {2, 3, 2, 3}),
          sample("longer than a tile", {3, 701}, {701}),
          sample("enough for several threads", {301, 257}, {301, 257}),
          pair("special values", filled({6, 1}, edges), list_of(edges), run, reference),
          pair("integers of two widths", list_of({-7, 3, 0, 5}).to(kInt64),
               list_of({3, 3, 0, -5}).to(kInt16), run, reference),
          pair("bytes", list_of({0, 200, 255}).to(kUInt8), list_of({200, 200, 0}).to(kUInt8), run,
               reference),
          pair("bools", list_of({0, 0, 1, 1}).to(kBool), list_of({0, 1, 0, 1}).to(kBool), run,
               reference)};
}

OpSamples comparison(const char* op, Run2 run, Formula2 reference) {
  return {op, floating_dtypes(), [=] { return pairs(run, reference); }, nullptr};
}

Sample with_number(const char* label, const Tensor& a, std::function<Tensor(const Tensor&)> run,
                   Formula1 reference) {
  return without_gradients(
      {label,
       {a},
       [run = std::move(run)](const Tensors& in) -> Tensors { return {run(in[0])}; },
       elementwise1(std::move(reference))});
}

std::vector<OpSamples> comparisons() {
  std::vector<OpSamples> out;
#define SINTER_CASE(name, sign)                                                                   \
  out.push_back(comparison(                                                                       \
      #name, [](const Tensor& a, const Tensor& b) { return a sign b; },                           \
      [](Real a, Real b) { return a sign b; }));                                                  \
  out.back().samples = [base = out.back().samples] {                                              \
    std::vector<Sample> samples = base();                                                         \
    samples.push_back(with_number(                                                                \
        "a number", list_of({-1, 0.5, 2}), [](const Tensor& a) { return a sign 0.5; },            \
        [](Real a) { return a sign 0.5L ? 1 : 0; }));                                             \
    samples.push_back(with_number(                                                                \
        "a number first, of integers", list_of({-1, 0, 2}).to(kInt32),                            \
        [](const Tensor& a) { return 0.5 sign a; }, [](Real a) { return 0.5L sign a ? 1 : 0; })); \
    return samples;                                                                               \
  }
  SINTER_CASE(eq, ==);
  SINTER_CASE(ne, !=);
  SINTER_CASE(lt, <);
  SINTER_CASE(le, <=);
  SINTER_CASE(gt, >);
  SINTER_CASE(ge, >=);
#undef SINTER_CASE
  out.push_back(comparison(
      "logical_and", [](const Tensor& a, const Tensor& b) { return logical_and(a, b); },
      [](Real a, Real b) { return a != 0 && b != 0; }));
  out.push_back(comparison(
      "logical_or", [](const Tensor& a, const Tensor& b) { return logical_or(a, b); },
      [](Real a, Real b) { return a != 0 || b != 0; }));
  out.push_back(comparison(
      "logical_xor", [](const Tensor& a, const Tensor& b) { return logical_xor(a, b); },
      [](Real a, Real b) { return (a != 0) != (b != 0); }));
  return out;
}

OpSamples predicate(const char* op, Tensor (*run)(const Tensor&), bool (*reference)(Real)) {
  const std::vector<double> elements{0.0, -0.0, 1, -2, kInf, -kInf, kNan, 0.5, 1e-3};
  const Formula1 formula = [reference](Real x) { return reference(x) ? 1 : 0; };
  OpSamples out{op, floating_dtypes(), nullptr, nullptr};
  out.samples = [=] {
    return std::vector<Sample>{
        with_number("every kind", list_of(elements), run, formula),
        with_number("0-d", filled({}, elements), run, formula),
        with_number("empty", filled({0, 2}, elements), run, formula),
        with_number("an image", filled({2, 3, 2, 2}, elements), run, formula),
        with_number("longer than a tile", filled({1501}, elements), run, formula),
        with_number("integers", list_of({-1, 0, 1}).to(kInt64), run, formula),
        with_number("bools", list_of({0, 1}).to(kBool), run, formula)};
  };
  return out;
}

using Bits2 = std::int64_t (*)(std::int64_t, std::int64_t);

OpSamples bitwise(const char* op, Run2 run, Bits2 reference) {
  const auto sample = [=](const char* label, const Tensor& a, const Tensor& b) {
    return without_gradients(
        {label,
         {a, b},
         [run](const Tensors& in) -> Tensors { return {run(in[0], in[1])}; },
         elementwise([reference](const std::vector<Real>& x) {
           return static_cast<Real>(
               reference(static_cast<std::int64_t>(x[0]), static_cast<std::int64_t>(x[1])));
         })});
  };
  OpSamples out{op, {kInt64}, nullptr, nullptr};
  out.samples = [=] {
    const Tensor a = filled({3, 5}, {-7, 12, 255, 0, -1});
    const Tensor b = filled({3, 5}, {6, 10, -3});
    return std::vector<Sample>{
        sample("i64", a.to(kInt64), b.to(kInt64)),
        sample("i8 and i32", a.to(kInt8), b.to(kInt32)),
        sample("u8", filled({4}, {1, 200, 255, 0}).to(kUInt8), list_of({7}).to(kUInt8)),
        sample("bool", list_of({0, 0, 1, 1}).to(kBool), list_of({0, 1, 0, 1}).to(kBool)),
        sample("0-d", filled({}, {5}).to(kInt64), filled({}, {3}).to(kInt64)),
        sample("empty", filled({0}, {5}).to(kInt64), filled({}, {3}).to(kInt64)),
        sample("longer than a tile", filled({1501}, {5, 9, -2}).to(kInt16),
               filled({1501}, {3, -4}).to(kInt16))};
  };
  out.errors = [=] {
    return std::vector<ErrorSample>{
        {"floating", [=] { run(list_of({1}), list_of({1})); },
         std::string("[") + op + "] is not implemented for this dtype; got f64"}};
  };
  return out;
}

OpSamples bitwise_not_samples() {
  OpSamples out{"bitwise_not", {kInt64}, nullptr, nullptr};
  const auto run = [](const Tensor& x) { return ~x; };
  out.samples = [=] {
    const Formula1 flipped = [](Real x) { return -x - 1; };
    return std::vector<Sample>{
        with_number("i64", list_of({-7, 0, 12}).to(kInt64), run, flipped),
        with_number("i8", list_of({-128, 127, 12}).to(kInt8), run, flipped),
        with_number("u8", list_of({0, 1, 255}).to(kUInt8), run, [](Real x) { return 255 - x; }),
        with_number("bool", list_of({0, 1}).to(kBool), run, [](Real x) { return 1 - x; }),
        with_number("empty", filled({0}, {1}).to(kInt32), run, flipped)};
  };
  return out;
}

Sample choice(const char* label, const Index& condition, const Index& a, const Index& b) {
  return {label,
          {filled(condition, {1, 0, 0, 1, 1}).to(kBool), filled(a, {1, -2, 3.5, 0.25}),
           filled(b, {-1, 0.5, 7})},
          [](const Tensors& in) -> Tensors { return {where(in[0], in[1], in[2])}; },
          elementwise([](const std::vector<Real>& x) { return x[0] != 0 ? x[1] : x[2]; })};
}

OpSamples where_samples() {
  OpSamples out{"where", floating_dtypes(), nullptr, nullptr};
  out.samples = [] {
    const Runner chosen =
        elementwise([](const std::vector<Real>& x) { return x[0] != 0 ? x[1] : x[2]; });
    const Tensor condition = list_of({1, 0, 1}).to(kBool);
    return std::vector<Sample>{
        choice("of one shape", {2, 3}, {2, 3}, {2, 3}),
        choice("0-d", {}, {}, {}),
        choice("broadcast", {3}, {2, 1}, {2, 3}),
        choice("a condition of more dimensions", {2, 3}, {}, {3}),
        without_gradients(choice("empty", {0, 3}, {3}, {})),
        without_gradients(choice("images", {2, 3, 2, 2}, {2, 3, 2, 2}, {2, 3, 2, 2})),
        without_gradients(choice("longer than a tile", {3, 701}, {3, 701}, {701})),
        {"a number",
         {condition, list_of({1, 2, 3})},
         [](const Tensors& in) -> Tensors { return {where(in[0], in[1], -1.5)}; },
         elementwise([](const std::vector<Real>& x) { return x[0] != 0 ? x[1] : -1.5L; })},
        {"a number first",
         {condition, list_of({1, 2, 3})},
         [](const Tensors& in) -> Tensors { return {where(in[0], 4, in[1])}; },
         elementwise([](const std::vector<Real>& x) { return x[0] != 0 ? 4 : x[1]; })},
        without_gradients({"two numbers",
                           {condition},
                           [](const Tensors& in) -> Tensors { return {where(in[0], 4, 0.5)}; },
                           elementwise1([](Real x) { return x != 0 ? 4 : 0.5L; })}),
        without_gradients(
            {"integers and bools",
             {condition, list_of({1, 2, 3}).to(kInt32), list_of({1, 0, 1}).to(kBool)},
             [](const Tensors& in) -> Tensors { return {where(in[0], in[1], in[2])}; },
             chosen}),
        without_gradients(
            {"NaN where it is not chosen",
             {condition, list_of({1, kNan, 3}), list_of({kNan, 2, kInf})},
             [](const Tensors& in) -> Tensors { return {where(in[0], in[1], in[2])}; },
             chosen})};
  };
  out.errors = [] {
    const Tensor x = list_of({1, 2});
    return std::vector<ErrorSample>{{"a condition that is not bool", [=] { where(x, x, x); },
                                     "[where] the condition must be a bool tensor; got f64"},
                                    {"shapes that do not broadcast",
                                     [=] {
                                       where(x > 0, list_of({1, 2, 3}), x);
                                     },
                                     "[where] shapes do not broadcast; got [2] and [3]"}};
  };
  return out;
}

}  // namespace

std::vector<OpSamples> comparison_samples() {
  std::vector<OpSamples> out = comparisons();
  append(out, {predicate("logical_not", logical_not, [](Real x) { return x == 0; }),
               predicate("isnan", isnan, [](Real x) { return std::isnan(x); }),
               predicate("isinf", isinf, [](Real x) { return std::isinf(x); }),
               predicate("isfinite", isfinite, [](Real x) { return std::isfinite(x); }),
               bitwise(
                   "bitwise_and", [](const Tensor& a, const Tensor& b) { return a & b; },
                   [](std::int64_t a, std::int64_t b) { return a & b; }),
               bitwise(
                   "bitwise_or", [](const Tensor& a, const Tensor& b) { return a | b; },
                   [](std::int64_t a, std::int64_t b) { return a | b; }),
               bitwise(
                   "bitwise_xor", [](const Tensor& a, const Tensor& b) { return a ^ b; },
                   [](std::int64_t a, std::int64_t b) { return a ^ b; }),
               bitwise_not_samples(), where_samples()});
  return out;
}

}  // namespace sinter::testing
