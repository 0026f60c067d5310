#include <sinter/ops/dispatch.h>
#include <sinter/ops/registry.h>
#include <sinter/ops/softmax.h>
#include <sinter/ops/softmax_attrs.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "line_reference.h"

namespace sinter::testing {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

Line log_softmax_line(const Line& x) {
  if (x.empty()) return {};
  const double top = *std::max_element(x.begin(), x.end());
  double total = 0;
  for (const double v : x) total += std::exp(v - top);
  Line out;
  for (const double v : x) out.push_back(v - top - std::log(total));
  return out;
}
Line softmax_line(const Line& x) {
  Line out = log_softmax_line(x);
  for (double& v : out) v = std::exp(v);
  return out;
}
Line softmax_backward_line(const Line& g, const Line& y) {
  const double dot = std::inner_product(g.begin(), g.end(), y.begin(), 0.0);
  Line out;
  for (std::size_t i = 0; i < g.size(); ++i) out.push_back(y[i] * (g[i] - dot));
  return out;
}
Line log_softmax_backward_line(const Line& g, const Line& y) {
  const double total = std::accumulate(g.begin(), g.end(), 0.0);
  Line out;
  for (std::size_t i = 0; i < g.size(); ++i) out.push_back(g[i] - std::exp(y[i]) * total);
  return out;
}

using Forward = Tensor (*)(const Tensor&, std::int64_t, std::optional<DType>);
using ForwardLine = Line (*)(const Line&);
using BackwardLine = Line (*)(const Line&, const Line&);

Sample forward(const char* label, const Tensor& x, std::int64_t dim, Forward run,
               ForwardLine line) {
  return {label,
          {x},
          [=](const Tensors& in) { return Tensors{run(in[0], dim, std::nullopt)}; },
          [=](const Tensors& in) { return Tensors{mapped(in[0], dim, line)}; }};
}

// A backward op has no public function.
Tensor backward(const char* op, const Tensor& grad, const Tensor& out, std::int64_t dim) {
  return ops::call(*ops::find_op(op), ops::SoftmaxAttrs{dim}, grad, out);
}

std::vector<ErrorSample> forward_errors(const std::string& op, Forward run) {
  return {{"dim out of range",
           [=] {
             run(distinct({2, 3}), 2, {});
           },
           "[" + op + "] dimension out of range"},
          {"integers",
           [=] {
             run(integers({2}, {1, 2}), 0, {});
           },
           "[" + op + "] works on floating point tensors; got i64"},
          {"undefined", [=] { run(Tensor(), 0, {}); },
           "[" + op + "] is called with an undefined tensor"}};
}

OpSamples forward_op(const char* op, Forward run, ForwardLine line) {
  OpSamples s;
  s.op = op;
  s.dtypes = floating_dtypes();
  s.samples = [=] {
    std::vector<Sample> out{forward("rows", distinct({3, 5}), 1, run, line),
                            forward("columns", distinct({4, 3}), 0, run, line),
                            forward("0-d", distinct({}), -1, run, line),
                            forward("a line longer than a vector", distinct({37}), 0, run, line),
                            forward("middle", distinct({2, 3, 4}), 1, run, line),
                            forward("channels of an image", distinct({2, 3, 2, 2}), -3, run, line)};
    for (const Sample& s2 :
         {forward("long rows", distinct({3, 2500}), 1, run, line),
          forward("wide columns", distinct({9, 70}), 0, run, line),
          forward("large numbers", doubles({2, 2}, {6e4, 5.9e4, -6e4, -6e4}), 1, run, line),
          forward("-inf masks", doubles({2, 3}, {1, -kInf, 2, -kInf, -kInf, 3}), 1, run, line),
          forward("nothing but -inf", doubles({2}, {-kInf, -kInf}), 0, run, line),
          forward("empty lines", distinct({2, 0}), 1, run, line),
          forward("no lines", distinct({0, 3}), 1, run, line)}) {
      out.push_back(s2);
      out.back().gradcheck = false;
    }
    out.push_back({"dtype",
                   {integers({2, 3}, {1, 2, 3, 4, 5, 6})},
                   [=](const Tensors& in) { return Tensors{run(in[0], 1, kFloat64)}; },
                   [=](const Tensors& in) { return Tensors{mapped(in[0], 1, line)}; }});
    return out;
  };
  s.errors = [=] { return forward_errors(op, run); };
  return s;
}

OpSamples backward_op(const char* op, BackwardLine line, ForwardLine output) {
  const auto make = [=](const char* label, IntArrayRef sizes, std::int64_t dim) {
    return Sample{label,
                  {distinct(sizes, 3), mapped(distinct(sizes), dim, output)},
                  [=](const Tensors& in) { return Tensors{backward(op, in[0], in[1], dim)}; },
                  [=](const Tensors& in) { return Tensors{mapped(in[0], in[1], dim, line)}; }};
  };
  OpSamples s;
  s.op = op;
  s.dtypes = floating_dtypes();
  s.samples = [=] {
    std::vector<Sample> out{make("rows", {3, 5}, 1),      make("columns", {4, 3}, 0),
                            make("0-d", {}, 0),           make("a line", {37}, 0),
                            make("middle", {2, 3, 4}, 1), make("wide columns", {9, 70}, 0)};
    out.back().gradcheck = false;
    return out;
  };
  s.errors = [=] {
    return std::vector<ErrorSample>{
        {"shapes differ", [=] { backward(op, distinct({3}), distinct({2}), 0); },
         std::string("[") + op +
             "] the gradient must have the shape of the output; got [3] and [2]"},
        {"dtypes differ", [=] { backward(op, distinct({3}), distinct({3}).to(kFloat32), 0); },
         std::string("[") + op + "] tensors must have one dtype; got f64 and f32"},
        {"dim not counted from 0", [=] { backward(op, distinct({3}), distinct({3}), -1); },
         std::string("[") + op + "] dim must lie in [0, 1); got -1"}};
  };
  return s;
}

}  // namespace

std::vector<OpSamples> softmax_samples() {
  return {forward_op("softmax", softmax, softmax_line),
          forward_op("log_softmax", log_softmax, log_softmax_line),
          backward_op("softmax_backward", softmax_backward_line, softmax_line),
          backward_op("log_softmax_backward", log_softmax_backward_line, log_softmax_line)};
}

}  // namespace sinter::testing
