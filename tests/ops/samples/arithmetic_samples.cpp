// Samples of arithmetic between tensors, and of powers.
#include <sinter/ops/pointwise.h>

#include <cmath>
#include <limits>

#include "../elementwise.h"

namespace sinter::testing {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

using Formula2 = std::function<Real(Real, Real)>;
using Run2 = std::function<Tensor(const Tensor&, const Tensor&)>;

constexpr std::initializer_list<double> kLeft{-2.25, -1.125, -0.375, 0.25, 0.875, 1.75, 5.5};
constexpr std::initializer_list<double> kRight{1.5, -0.625, 3.25, -1.75, 0.375};

Sample pair(const char* label, Tensor a, Tensor b, const Run2& run, const Formula2& reference) {
  return {label,
          {std::move(a), std::move(b)},
          [run](const Tensors& in) -> Tensors { return {run(in[0], in[1])}; },
          elementwise([reference](const std::vector<Real>& x) { return reference(x[0], x[1]); })};
}

Sample with_number(const char* label, const Tensor& a, std::function<Tensor(const Tensor&)> run,
                   const Formula1& reference) {
  return {label,
          {a},
          [run = std::move(run)](const Tensors& in) -> Tensors { return {run(in[0])}; },
          elementwise1(reference)};
}

// A number and a tensor. The result has a dimension more, so that it is not compared in place.
Sample number_first(const Tensor& b, std::function<Tensor(const Tensor&)> run,
                    const Formula1& reference) {
  return {
      "a number first",
      {b},
      [run = std::move(run)](const Tensors& in) -> Tensors { return {run(in[0]).unsqueeze(0)}; },
      [values = elementwise1(reference)](const Tensors& in) -> Tensors {
        return {values(in)[0].unsqueeze(0)};
      }};
}

// What every binary op is called with.
std::vector<Sample> pairs(const Run2& run, const Formula2& reference) {
  const auto sample = [&](const char* label, const Index& a, const Index& b) {
    return pair(label, filled(a, kLeft), filled(b, kRight), run, reference);
  };
  return {sample("of one shape", {2, 3}, {2, 3}),
          sample("0-d", {}, {}),
          sample("a row", {2, 3}, {3}),
          sample("a column", {2, 3}, {2, 1}),
          sample("outer", {3, 1}, {1, 2}),
          sample("0-d and a vector", {}, {4}),
          sample("more dimensions", {2}, {2, 1, 2}),
          without_gradients(sample("empty", {0, 3}, {3})),
          without_gradients(sample("empty by broadcasting", {2, 0}, {2, 1})),
          without_gradients(sample("images", {2, 3, 2, 3}, {2, 3, 2, 3})),
          without_gradients(sample("an image and its channels", {2, 3, 2, 3}, {3, 1, 1})),
          without_gradients(sample("longer than a tile", {3, 701}, {3, 701})),
          without_gradients(sample("rows longer than a tile", {2, 1501}, {1501})),
          without_gradients(sample("columns", {700, 3}, {700, 1}))};
}

Sample specials(const Run2& run, const Formula2& reference) {
  const std::vector<double> edges{0.0, -0.0, 1, -2, kInf, -kInf, kNan, 0.5};
  const auto n = static_cast<std::int64_t>(edges.size());
  return without_gradients(
      pair("special values", filled({n, 1}, edges), list_of(edges), run, reference));
}

Sample integers(const Run2& run, const Formula2& reference) {
  const Tensor a = list_of({-7, 7, -8, 8, 0, 5}).to(kInt64);
  const Tensor b = list_of({2, -2, -4, 4, 3, 1}).to(kInt32);
  return without_gradients(pair("integers of two widths", a, b, run, reference));
}

Sample many(const Run2& run, const Formula2& reference) {
  return without_gradients(pair("enough for several threads", filled({301, 257}, kLeft),
                                filled({257}, kRight), run, reference));
}

struct BinaryCase {
  const char* op;
  Run2 run;
  Tensor& (*in_place)(Tensor&, const Tensor&);
  Formula2 reference;
};
#define SINTER_CASE(name, formula)                                                   \
  BinaryCase {                                                                       \
#name, [](const Tensor& a, const Tensor& b) { return sinter::name(a, b); },        \
        [](Tensor& a, const Tensor& b) -> Tensor& { return a.name##_(b); },            \
        [](Real a, Real b) -> Real { return formula; } \
  }

// The number of samples that have one: what in-place calls take.
Tensor number() { return filled({}, {1.5}); }

OpSamples of_case(const BinaryCase& c, std::function<std::vector<Sample>()> more) {
  OpSamples out{c.op, floating_dtypes(), nullptr, nullptr};
  out.samples = [c, more = std::move(more)] {
    std::vector<Sample> samples = pairs(c.run, c.reference);
    append(samples, more());
    return samples;
  };
  if (c.in_place != nullptr)
    out.in_place = [c](Tensors& in) { c.in_place(in[0], in.size() == 2 ? in[1] : number()); };
  return out;
}

const Tensor& vector_of_three() {
  static const Tensor x = list_of({-1.5, 0.25, 2});
  return x;
}

OpSamples sum_samples() {
  const BinaryCase c = SINTER_CASE(add, a + b);
  OpSamples out = of_case(c, [c] {
    const Tensor& x = vector_of_three();
    const Run2 scaled = [](const Tensor& a, const Tensor& b) { return add(a, b, -2.5); };
    return std::vector<Sample>{
        specials(c.run, c.reference),
        integers(c.run, c.reference),
        many(c.run, c.reference),
        pair("alpha", filled({3}, kLeft), filled({2, 3}, kRight), scaled,
             [](Real a, Real b) { return a - 2.5L * b; }),
        with_number(
            "a number", x, [](const Tensor& a) { return a + 1.5; },
            [](Real a) { return a + 1.5L; }),
        number_first(
            x, [](const Tensor& a) { return 2 + a; }, [](Real a) { return a + 2; })};
  });
  out.errors = [] {
    const Tensor i = list_of({1, 2, 3}).to(kInt32);
    return std::vector<ErrorSample>{
        {"shapes that do not broadcast",
         [] {
           add(list_of({1, 2}), list_of({1, 2, 3}));
         },
         "[add] shapes do not broadcast; got [2] and [3]"},
        {"an alpha that is not integral", [=] { add(i, i, 0.5); },
         "[add] alpha must be an integer for integral tensors; got 0.5"},
        {"a result of a higher category", [=] { Tensor(i).add_(1.5); },
         "[add_] the result of type f32 cannot be stored in self of type i32"},
        {"a result of another shape",
         [] {
           list_of({1}).add_(list_of({1, 2}));
         },
         "[add_] the result must have the shape of self; got [2] for self of [1]"},
        {"an undefined tensor", [=] { add(i, Tensor()); }, "[add] input 1 is an undefined tensor"}};
  };
  return out;
}

OpSamples difference_samples() {
  const BinaryCase c = SINTER_CASE(sub, a - b);
  OpSamples out = of_case(c, [c] {
    const Tensor& x = vector_of_three();
    const Run2 scaled = [](const Tensor& a, const Tensor& b) { return sub(a, b, 3); };
    const Run2 reversed = [](const Tensor& a, const Tensor& b) { return rsub(a, b, 2); };
    return std::vector<Sample>{
        specials(c.run, c.reference),
        integers(c.run, c.reference),
        pair("alpha", filled({3}, kLeft), filled({2, 3}, kRight), scaled,
             [](Real a, Real b) { return a - 3 * b; }),
        pair("rsub", filled({3}, kLeft), filled({2, 3}, kRight), reversed,
             [](Real a, Real b) { return b - 2 * a; }),
        with_number(
            "a number", x, [](const Tensor& a) { return a - 1.5; },
            [](Real a) { return a - 1.5L; }),
        number_first(
            x, [](const Tensor& a) { return 2 - a; }, [](Real a) { return 2 - a; })};
  });
  out.errors = [] {
    const Tensor b = list_of({1, 0}).to(kBool);
    return std::vector<ErrorSample>{
        {"bool", [=] { sub(b, b); }, "[sub] is not implemented for this dtype; got bool"}};
  };
  return out;
}

OpSamples product_samples() {
  const BinaryCase c = SINTER_CASE(mul, a * b);
  return of_case(c, [c] {
    const Tensor& x = vector_of_three();
    return std::vector<Sample>{
        specials(c.run, c.reference), integers(c.run, c.reference), many(c.run, c.reference),
        with_number(
            "a number", x, [](const Tensor& a) { return a * 1.5; },
            [](Real a) { return a * 1.5L; }),
        number_first(
            x, [](const Tensor& a) { return 2 * a; }, [](Real a) { return 2 * a; })};
  });
}

OpSamples quotient_samples() {
  const BinaryCase c = SINTER_CASE(div, a / b);
  return of_case(c, [c] {
    const Tensor& x = vector_of_three();
    return std::vector<Sample>{
        specials(c.run, c.reference),
        with_number(
            "a number", x, [](const Tensor& a) { return a / 1.5; },
            [](Real a) { return a / 1.5L; }),
        number_first(
            x, [](const Tensor& a) { return 2 / a; }, [](Real a) { return 2 / a; })};
  });
}

std::vector<ErrorSample> division_errors(const char* op, const Run2& run) {
  const Tensor i = list_of({1, 2, 0}).to(kInt32);
  return {{"integers divided by 0", [=] { run(i, i); },
           std::string("[") + op + "] integer division by zero"},
          {"integers divided by what becomes 0",
           [=] {
             run(i.to(kUInt8), list_of({1, 2, 3}).to(kInt32) * 0);
           },
           std::string("[") + op + "] integer division by zero"},
          {"bool", [=] { run(i.to(kBool), i.to(kBool)); },
           std::string("[") + op + "] is not implemented for this dtype; got bool"}};
}

// floor(a / b) as Python defines it: (a - a mod b) / b, an integer.
Real floor_quotient(Real a, Real b) {
  if (b == 0 || std::isinf(a) || std::isnan(a) || std::isnan(b)) {
    return b == 0 ? a / b : kNan;
  }
  if (std::isinf(b)) return a == 0 ? 0 * (a / b) : ((a < 0) == (b < 0) ? 0 : -1);
  return std::floor(a / b);
}
Real floor_remainder(Real a, Real b) {
  const Real r = std::fmod(a, b);
  return r != 0 && (r < 0) != (b < 0) ? r + b : r;
}

OpSamples modulo_samples(const BinaryCase& c) {
  OpSamples out = of_case(c, [c] {
    return std::vector<Sample>{specials(c.run, c.reference), integers(c.run, c.reference),
                               many(c.run, c.reference)};
  });
  out.errors = [c] { return division_errors(c.op, c.run); };
  return out;
}

std::vector<OpSamples> division_samples() {
  const BinaryCase trunc{"div_trunc",
                         [](const Tensor& a, const Tensor& b) { return div(a, b, "trunc"); },
                         nullptr, [](Real a, Real b) { return std::trunc(a / b); }};
  OpSamples truncated = modulo_samples(trunc);
  truncated.errors = [trunc] {
    std::vector<ErrorSample> errors = division_errors(trunc.op, trunc.run);
    const Tensor x = list_of({1, 2});
    errors.push_back({"a word that names no rounding", [=] { div(x, x, "round"); },
                      "[div] rounding_mode must be \"trunc\" or \"floor\"; got \"round\""});
    return errors;
  };
  return {modulo_samples(SINTER_CASE(floor_divide, floor_quotient(a, b))), truncated,
          modulo_samples(SINTER_CASE(remainder, floor_remainder(a, b))),
          modulo_samples(SINTER_CASE(fmod, std::fmod(a, b)))};
}

OpSamples power_samples() {
  OpSamples out{"pow", floating_dtypes(), nullptr, nullptr};
  const Run2 run = [](const Tensor& a, const Tensor& b) { return pow(a, b); };
  const Formula2 reference = [](Real a, Real b) { return std::pow(a, b); };
  const std::vector<double> base{0.25, 1.5, 2.75, 0.625};
  const std::vector<double> exponent{2, -1.5, 0.75, 3, 0.5};
  out.samples = [=] {
    const auto sample = [&](const char* label, const Index& a, const Index& b) {
      return pair(label, filled(a, base), filled(b, exponent), run, reference);
    };
    const std::vector<double> edges{0.0, -0.0, 1, -1, 2, -2, -0.5, 3, kInf, -kInf, kNan};
    const auto n = static_cast<std::int64_t>(edges.size());
    return std::vector<Sample>{
        sample("of one shape", {2, 3}, {2, 3}),
        sample("0-d", {}, {}),
        sample("outer", {3, 1}, {1, 2}),
        without_gradients(sample("empty", {0, 3}, {3})),
        without_gradients(sample("longer than a tile", {3, 701}, {3, 701})),
        without_gradients(
            pair("special values", filled({n, 1}, edges), list_of(edges), run, reference)),
        without_gradients(pair("integers", list_of({2, -3, 1, -1, 5, 0}).to(kInt32),
                               list_of({5, 3, 7, 4, 0, 0}).to(kInt64), run, reference)),
        with_number(
            "a number as base", filled({3}, exponent), [](const Tensor& a) { return pow(2.5, a); },
            [](Real a) { return std::pow(2.5L, a); })};
  };
  out.in_place = [](Tensors& in) {
    if (in.size() == 2) {
      in[0].pow_(in[1]);
    } else {
      in[0].copy_(pow(2.5, in[0]));
    }
  };
  return out;
}

const double kExponents[] = {0, 1, 2, 3, 0.5, -0.5, -1, -2, 2.5, -1.25};

OpSamples number_power_samples() {
  OpSamples out{"pow_scalar", floating_dtypes(), nullptr, nullptr};
  out.samples = [] {
    std::vector<Sample> samples;
    for (const double e : kExponents) {
      samples.push_back(with_number(
          "positive bases", filled({2, 3}, {0.25, 1.5, 2.75, 0.625, 5}),
          [e](const Tensor& a) { return pow(a, e); },
          [e](Real a) { return std::pow(a, static_cast<Real>(e)); }));
    }
    samples.push_back(with_number(
        "negative bases", filled({3}, {-0.25, -1.5, 2}), [](const Tensor& a) { return pow(a, 3); },
        [](Real a) { return a * a * a; }));
    samples.push_back(without_gradients(with_number(
        "integers", list_of({-3, 0, 2, 7}).to(kInt16), [](const Tensor& a) { return pow(a, 4); },
        [](Real a) { return a * a * a * a; })));
    samples.push_back(without_gradients(with_number(
        "empty", filled({0}, {1}), [](const Tensor& a) { return pow(a, 2); },
        [](Real a) { return a; })));
    return samples;
  };
  out.errors = [] {
    const Tensor i = list_of({1, 2}).to(kInt32);
    return std::vector<ErrorSample>{
        {"integers to a negative power", [=] { pow(i, -2); },
         "[pow] integers cannot be raised to a negative power; got exponent -2"},
        {"integers to a negative power in place", [=] { Tensor(i).pow_(-2); },
         "[pow_] integers cannot be raised to a negative power; got exponent -2"},
        {"integers to a floating power in place", [=] { Tensor(i).pow_(0.5); },
         "[pow_] the result of type f32 cannot be stored in self of type i32"}};
  };
  return out;
}

OpSamples number_power_backward_samples() {
  OpSamples out{"pow_scalar_backward", floating_dtypes(), nullptr, nullptr};
  out.samples = [] {
    std::vector<Sample> samples;
    for (const double e : kExponents) {
      samples.push_back(
          {"exponent " + std::to_string(e),
           {filled({2, 3}, {0.5, -1.25, 2}), filled({2, 3}, {0.375, 1.5, 2.75, 0.625, 5})},
           [e](const Tensors& in) -> Tensors {
             return {run_op("pow_scalar_backward", in, {{"exponent", Scalar(e)}})};
           },
           elementwise_derivative([e](Real a) { return std::pow(a, static_cast<Real>(e)); })});
    }
    return samples;
  };
  return out;
}

OpSamples angle_samples() {
  const BinaryCase c{"atan2", [](const Tensor& a, const Tensor& b) { return atan2(a, b); }, nullptr,
                     [](Real y, Real x) { return std::atan2(y, x); }};
  return of_case(c, [c] { return std::vector<Sample>{specials(c.run, c.reference)}; });
}

// Samples of ops of three tensors.
using Run3 = std::function<Tensor(const Tensor&, const Tensor&, const Tensor&)>;
using Formula3 = std::function<Real(Real, Real, Real)>;

std::vector<Sample> triples(const Run3& run, const Formula3& reference) {
  const auto sample = [&](const char* label, const Index& a, const Index& b, const Index& c) {
    return Sample{label,
                  {filled(a, kLeft), filled(b, kRight), filled(c, {0.75, -0.25, 1.25, 0.375})},
                  [run](const Tensors& in) -> Tensors { return {run(in[0], in[1], in[2])}; },
                  elementwise([reference](const std::vector<Real>& x) {
                    return reference(x[0], x[1], x[2]);
                  })};
  };
  return {sample("of one shape", {2, 3}, {2, 3}, {2, 3}), sample("0-d", {}, {}, {}),
          sample("broadcast", {2, 3}, {3}, {2, 1}),
          without_gradients(sample("empty", {0, 3}, {3}, {})),
          without_gradients(sample("longer than a tile", {3, 701}, {3, 701}, {701}))};
}

std::vector<OpSamples> ternary_samples() {
  OpSamples lerps{"lerp", floating_dtypes(), nullptr, nullptr};
  lerps.samples = [] {
    std::vector<Sample> out =
        triples([](const Tensor& a, const Tensor& b, const Tensor& w) { return lerp(a, b, w); },
                [](Real a, Real b, Real w) { return a + w * (b - a); });
    out.push_back(pair(
        "a number as weight", filled({2, 3}, kLeft), filled({3}, kRight),
        [](const Tensor& a, const Tensor& b) { return lerp(a, b, 0.1); },
        [](Real a, Real b) { return a + 0.1L * (b - a); }));
    return out;
  };
  OpSamples products{"addcmul", floating_dtypes(), nullptr, nullptr};
  products.samples = [] {
    return triples(
        [](const Tensor& a, const Tensor& b, const Tensor& c) { return addcmul(a, b, c, 2.5); },
        [](Real a, Real b, Real c) { return a + 2.5L * b * c; });
  };
  products.in_place = [](Tensors& in) { in[0].addcmul_(in[1], in[2], 2.5); };
  OpSamples quotients{"addcdiv", floating_dtypes(), nullptr, nullptr};
  quotients.samples = [] {
    return triples(
        [](const Tensor& a, const Tensor& b, const Tensor& c) { return addcdiv(a, b, c, 1.5); },
        [](Real a, Real b, Real c) { return a + 1.5L * b / c; });
  };
  quotients.in_place = [](Tensors& in) { in[0].addcdiv_(in[1], in[2], 1.5); };
  quotients.errors = [] {
    const Tensor i = list_of({1, 2}).to(kInt32);
    return std::vector<ErrorSample>{{"integers", [=] { addcdiv(i, i, i); },
                                     "[addcdiv] is not implemented for this dtype; got i32"}};
  };
  return {lerps, products, quotients};
}

}  // namespace

std::vector<OpSamples> arithmetic_samples() {
  std::vector<OpSamples> out{sum_samples(),
                             difference_samples(),
                             product_samples(),
                             quotient_samples(),
                             power_samples(),
                             number_power_samples(),
                             number_power_backward_samples(),
                             angle_samples()};
  append(out, division_samples());
  append(out, ternary_samples());
  return out;
}

}  // namespace sinter::testing
