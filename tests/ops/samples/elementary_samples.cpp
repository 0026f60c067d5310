// Samples of elementary functions of one tensor.
#include <sinter/ops/pointwise.h>

#include <cmath>
#include <limits>

#include "../elementwise.h"

namespace sinter::testing {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

constexpr std::initializer_list<double> kAnywhere{-2.25, -1.125, -0.375, 0.25, 0.875, 1.75};
constexpr std::initializer_list<double> kPositive{0.125, 0.375, 0.875, 1.25, 2.5, 3.75};
constexpr std::initializer_list<double> kUnit{-0.875, -0.5625, -0.25, 0.125, 0.4375, 0.75};
constexpr std::initializer_list<double> kAboveOne{1.125, 1.5, 2.25, 3, 4.5, 7};
constexpr std::initializer_list<double> kAboveMinusOne{-0.75, -0.375, -0.125, 0.25, 1.5, 4};
constexpr std::initializer_list<double> kEdges{0.0,  -0.0, 1.0,  -1.0, kInf, -kInf,
                                               kNan, 0.5,  -0.5, 6.0,  -6.0};
constexpr std::initializer_list<double> kHalves{0.5,   1.5,  2.5,   -0.5, -1.5, -2.5, 3.25,
                                                -3.75, kInf, -kInf, kNan, 0.0,  -0.0, 1000};

#define SINTER_CASE(name, formula, smooth)                                                 \
  UnaryCase {                                                                              \
#name, [](const Tensor& x) { return sinter::name(x); },                                  \
        [](Tensor& x) -> Tensor& { return x.name##_(); }, [](Real x) -> Real { return formula; }, \
        smooth, kEdges, #name "_backward" \
  }

UnaryCase from_output(UnaryCase c) {
  c.from_output = true;
  return c;
}
// Gradients that are zero: there is no backward op, and steps are kept away from.
UnaryCase step(UnaryCase c) {
  c.backward = nullptr;
  c.special = kHalves;
  return c;
}

std::vector<UnaryCase> powers_and_exponentials() {
  return {SINTER_CASE(abs, std::abs(x), kAnywhere),
          from_output(SINTER_CASE(sqrt, std::sqrt(x), kPositive)),
          from_output(SINTER_CASE(rsqrt, 1 / std::sqrt(x), kPositive)),
          from_output(SINTER_CASE(reciprocal, 1 / x, kPositive)),
          SINTER_CASE(square, x * x, kAnywhere),
          from_output(SINTER_CASE(exp, std::exp(x), kAnywhere)),
          from_output(SINTER_CASE(exp2, std::exp2(x), kAnywhere)),
          from_output(SINTER_CASE(expm1, std::expm1(x), kAnywhere)),
          SINTER_CASE(log, std::log(x), kPositive),
          SINTER_CASE(log2, std::log2(x), kPositive),
          SINTER_CASE(log10, std::log10(x), kPositive),
          SINTER_CASE(log1p, std::log1p(x), kAboveMinusOne)};
}

std::vector<UnaryCase> circular_and_hyperbolic() {
  return {SINTER_CASE(sin, std::sin(x), kAnywhere),
          SINTER_CASE(cos, std::cos(x), kAnywhere),
          from_output(SINTER_CASE(tan, std::tan(x), kUnit)),
          SINTER_CASE(asin, std::asin(x), kUnit),
          SINTER_CASE(acos, std::acos(x), kUnit),
          SINTER_CASE(atan, std::atan(x), kAnywhere),
          SINTER_CASE(sinh, std::sinh(x), kAnywhere),
          SINTER_CASE(cosh, std::cosh(x), kAnywhere),
          from_output(SINTER_CASE(tanh, std::tanh(x), kAnywhere)),
          SINTER_CASE(asinh, std::asinh(x), kAnywhere),
          SINTER_CASE(acosh, std::acosh(x), kAboveOne),
          SINTER_CASE(atanh, std::atanh(x), kUnit),
          SINTER_CASE(erf, std::erf(x), kAnywhere),
          SINTER_CASE(erfc, std::erfc(x), kAnywhere)};
}

Real sign_of(Real x) { return x > 0 ? 1 : (x < 0 ? -1 : 0); }

std::vector<UnaryCase> steps() {
  UnaryCase negation = step(SINTER_CASE(neg, -x, kAnywhere));
  UnaryCase sign = step(SINTER_CASE(sign, sign_of(x), kAnywhere));
  return {negation,
          sign,
          step(SINTER_CASE(floor, std::floor(x), kAnywhere)),
          step(SINTER_CASE(ceil, std::ceil(x), kAnywhere)),
          step(SINTER_CASE(round, std::nearbyint(x), kAnywhere)),
          step(SINTER_CASE(trunc, std::trunc(x), kAnywhere)),
          step(SINTER_CASE(frac, x - std::trunc(x), kAnywhere))};
}
#undef SINTER_CASE

Sample of_integers(const char* label, Tensor (*fn)(const Tensor&), const Formula1& reference) {
  const Tensor x = list_of({-7, -1, 0, 1, 3, 90}).to(kInt32);
  return without_gradients({label,
                            {x},
                            [fn](const Tensors& in) -> Tensors { return {fn(in[0])}; },
                            elementwise1(reference)});
}

// Samples of integers, where they mean something else than of floating dtypes.
void add_integers(std::vector<OpSamples>& all, const char* op, Tensor (*fn)(const Tensor&),
                  const Formula1& reference) {
  for (OpSamples& samples : all) {
    if (samples.op != op) continue;
    samples.samples = [base = samples.samples, fn, reference] {
      std::vector<Sample> out = base();
      out.push_back(of_integers("integers", fn, reference));
      return out;
    };
  }
}

}  // namespace

std::vector<OpSamples> elementary_samples() {
  std::vector<OpSamples> out;
  for (const auto& cases : {powers_and_exponentials(), circular_and_hyperbolic(), steps()}) {
    for (const UnaryCase& c : cases) add_unary(out, c);
  }
  add_integers(out, "abs", abs, [](Real x) { return std::abs(x); });
  add_integers(out, "neg", neg, [](Real x) { return -x; });
  add_integers(out, "sign", sign, sign_of);
  add_integers(out, "square", square, [](Real x) { return x * x; });
  add_integers(out, "floor", floor, [](Real x) { return x; });
  add_integers(out, "round", round, [](Real x) { return x; });
  return out;
}

}  // namespace sinter::testing
