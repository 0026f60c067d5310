#include <sinter/ops/dispatch.h>
#include <sinter/ops/loss.h>
#include <sinter/ops/loss_attrs.h>
#include <sinter/ops/registry.h>

#include <cmath>

#include "line_reference.h"

namespace sinter::testing {

namespace {

constexpr std::int64_t kIgnored = -100;

// The sum of losses, of weights, and each loss, of log-probabilities [n, classes, inner].
struct Losses {
  Line each;
  double total = 0;
  double weight = 0;
};
struct Shape {
  std::size_t classes;
  std::size_t inner = 1;
};
Shape shape_of(IntArrayRef sizes) {
  Shape s{static_cast<std::size_t>(sizes[sizes.size() == 1 ? 0 : 1])};
  for (std::size_t d = 2; d < sizes.size(); ++d) s.inner *= static_cast<std::size_t>(sizes[d]);
  return s;
}
std::size_t place_of(const Shape& s, std::size_t i, double target) {
  return (i / s.inner * s.classes + static_cast<std::size_t>(target)) * s.inner + i % s.inner;
}

Losses losses(const Tensor& x, const Tensor& target, const Tensor& weight, double ignored) {
  const Shape s = shape_of(x.sizes());
  const Line values = to_doubles(x);
  const Line classes = to_doubles(target);
  const Line w = weight.defined() ? to_doubles(weight) : Line(s.classes, 1.0);
  Losses out;
  for (std::size_t i = 0; i < classes.size(); ++i) {
    const bool counts = classes[i] != ignored;
    const double own = counts ? w[static_cast<std::size_t>(classes[i])] : 0;
    out.each.push_back(counts ? -own * values[place_of(s, i, classes[i])] : 0);
    out.total += out.each.back();
    out.weight += own;
  }
  return out;
}

Tensor reduced_losses(const Losses& l, const Tensor& target, Reduction reduction) {
  if (reduction == Reduction::none) return doubles(target.sizes(), l.each);
  return doubles({}, {reduction == Reduction::sum ? l.total : l.total / l.weight});
}

Sample nll_sample(const char* label, const Tensors& inputs, Reduction reduction,
                  std::int64_t ignored = kIgnored) {
  return {label, inputs,
          [=](const Tensors& in) {
            // Weights get no gradient.
            const Tensor weight = in[2].defined() ? in[2].detach() : in[2];
            return Tensors{nll_loss(in[0], in[1], weight, reduction, ignored)};
          },
          [=](const Tensors& in) {
            const Losses l = losses(in[0], in[1], in[2], static_cast<double>(ignored));
            return Tensors{reduced_losses(l, in[1], reduction)};
          }};
}

Sample unchecked(Sample s) {
  s.gradcheck = false;
  return s;
}

OpSamples nll_loss_op() {
  OpSamples s;
  s.op = "nll_loss";
  s.dtypes = floating_dtypes();
  s.samples = [] {
    const Tensor none;
    const Tensor batch = integers({4}, {2, 0, 1, 2});
    return std::vector<Sample>{
        nll_sample("mean", {distinct({4, 3}), batch, none}, Reduction::mean),
        nll_sample("sum", {distinct({4, 3}), batch, none}, Reduction::sum),
        nll_sample("each", {distinct({4, 3}), batch, none}, Reduction::none),
        nll_sample("one distribution", {distinct({3}), integers({}, {1}), none}, Reduction::mean),
        nll_sample("one distribution, no reduction", {distinct({3}), integers({}, {1}), none},
                   Reduction::none),
        nll_sample("an image", {distinct({2, 3, 2}), integers({2, 2}, {0, 1, 2, 2}), none},
                   Reduction::mean),
        nll_sample("an ignored class", {distinct({4, 3}), batch, none}, Reduction::mean, 2),
        nll_sample("ignored by default", {distinct({3, 2}), integers({3}, {0, kIgnored, 1}), none},
                   Reduction::none),
        unchecked(nll_sample("weights", {distinct({4, 3}), batch, mostly_positive({3}, 1)},
                             Reduction::mean)),
        unchecked(nll_sample("weights of each", {distinct({4, 3}), batch, mostly_positive({3}, 1)},
                             Reduction::none, 0)),
        unchecked(nll_sample("everything ignored",
                             {distinct({2, 3}), integers({2}, {kIgnored, kIgnored}), none},
                             Reduction::mean)),
        unchecked(
            nll_sample("no batch", {distinct({0, 3}), integers({0}, {}), none}, Reduction::mean)),
        unchecked(nll_sample(
            "a long batch",
            {distinct({9000, 2}), integers({9000}, std::vector<std::int64_t>(9000, 1)), none},
            Reduction::sum))};
  };
  s.tolerance = 1e-4;
  s.errors = [] {
    const Tensor x = distinct({2, 3});
    const Tensor t = integers({2}, {0, 1});
    return std::vector<ErrorSample>{
        {"a class too large",
         [=] {
           nll_loss(x, integers({2}, {0, 3}));
         },
         "[nll_loss] a target must be a class in [0, 3); got 3"},
        {"a negative class",
         [=] {
           nll_loss(x, integers({2}, {0, -1}));
         },
         "[nll_loss] a target must be a class in [0, 3); got -1"},
        {"another batch",
         [=] {
           nll_loss(x, integers({3}, {0, 1, 2}));
         },
         "[nll_loss] the target must have the shape of the input without its classes; got [3] for "
         "[2, 3]"},
        {"0-d", [] { nll_loss(distinct({}), integers({}, {0})); },
         "[nll_loss] the input must be [C] or [N, C, ...]; got a 0-d tensor"},
        {"too few weights", [=] { nll_loss(x, t, distinct({2})); },
         "[nll_loss] weight must have one element per class; got [2] for 3 classes"},
        {"weights of another dtype", [=] { nll_loss(x, t, distinct({3}).to(kFloat32)); },
         "[nll_loss] tensors must have one dtype; got f64 and f32"},
        {"integers",
         [=] {
           nll_loss(integers({2}, {1, 2}), integers({}, {0}));
         },
         "[nll_loss] works on floating point tensors; got i64"},
        {"targets of floats", [=] { nll_loss(x, distinct({2})); },
         "[nll_loss] indices must be integers; got f64"},
        {"an unknown reduction", [=] { nll_loss(x, t, {}, static_cast<Reduction>(7)); },
         "[nll_loss] the reduction must be none, mean or sum; got 7"},
        {"undefined", [=] { nll_loss(Tensor(), t); },
         "[nll_loss] is called with an undefined tensor"}};
  };
  return s;
}

// The gradient of nll_loss, which no public function offers.
Tensor nll_loss_backward(const Tensors& in, IntArrayRef sizes, Reduction reduction) {
  return ops::call(*ops::find_op("nll_loss_backward"),
                   ops::NllLossBackwardAttrs{sizes, reduction, kIgnored}, in[0], in[1], in[2],
                   in[3].detach().to(kFloat64));
}

OpSamples nll_loss_backward_op() {
  const auto make = [](const char* label, const Tensors& inputs, std::vector<std::int64_t> sizes,
                       Reduction reduction) {
    return Sample{
        label, inputs,
        [=](const Tensors& in) { return Tensors{nll_loss_backward(in, sizes, reduction)}; },
        [=](const Tensors& in) {
          const Shape s = shape_of(sizes);
          Line out = Array(sizes).values;
          const Line g = to_doubles(in[0]);
          const Line classes = to_doubles(in[1]);
          const double divisor = reduction == Reduction::mean ? to_doubles(in[3])[0] : 1;
          for (std::size_t i = 0; i < classes.size(); ++i) {
            if (classes[i] == static_cast<double>(kIgnored)) continue;
            const double w =
                in[2].defined() ? to_doubles(in[2])[static_cast<std::size_t>(classes[i])] : 1;
            out[place_of(s, i, classes[i])] = -w / divisor * g[g.size() == 1 ? 0 : i];
          }
          return Tensors{doubles(sizes, out)};
        },
        false};
  };
  OpSamples s;
  s.op = "nll_loss_backward";
  s.dtypes = floating_dtypes();
  s.samples = [=] {
    const Tensor batch = integers({4}, {2, 0, kIgnored, 2});
    const Tensor none;
    const Tensor three = doubles({}, {3});
    Tensor grad = distinct({});
    std::vector<Sample> out{
        make("mean", {grad, batch, none, three}, {4, 3}, Reduction::mean),
        make("sum", {grad, batch, none, three}, {4, 3}, Reduction::sum),
        make("each", {distinct({4}), batch, none, three}, {4, 3}, Reduction::none),
        make("weights", {grad, batch, mostly_positive({3}, 1), three}, {4, 3}, Reduction::mean),
        make("an image", {distinct({2, 2}), integers({2, 2}, {0, 1, 2, 2}), none, three}, {2, 3, 2},
             Reduction::none)};
    out[1].gradcheck = out[2].gradcheck = out[4].gradcheck = true;
    return out;
  };
  s.errors = [] {
    const Tensor t = integers({2}, {0, 1});
    const auto call = [](const Tensors& in, std::int64_t classes) {
      nll_loss_backward(in, {2, classes}, Reduction::mean);
    };
    return std::vector<ErrorSample>{
        {"gradient of another shape",
         [=] {
           call({distinct({2}), t, {}, distinct({})}, 3);
         },
         "[nll_loss_backward] the gradient must have the shape of the loss; got [2]"},
        {"two sums of weights",
         [=] {
           call({distinct({}), t, {}, distinct({2})}, 3);
         },
         "[nll_loss_backward] the sum of weights must be one f64; got [2] of f64"},
        {"a class too large",
         [=] {
           call({distinct({}), t, {}, distinct({})}, 1);
         },
         "[nll_loss_backward] a target must be a class in [0, 1); got 1"}};
  };
  return s;
}

double bce(double x, double t) {
  const double yes = std::max(std::log(x), -100.0);
  const double no = std::max(std::log1p(-x), -100.0);
  return -(t * yes + (1 - t) * no);
}

OpSamples binary_cross_entropy_op() {
  const auto make = [](const char* label, const Tensor& x, const Tensor& t, Reduction reduction) {
    return Sample{label,
                  {x, t},
                  [=](const Tensors& in) {
                    return Tensors{binary_cross_entropy(in[0], in[1], {}, reduction)};
                  },
                  [=](const Tensors& in) {
                    const Line a = to_doubles(in[0]);
                    const Line b = to_doubles(in[1]);
                    Line each;
                    double total = 0;
                    for (std::size_t i = 0; i < a.size(); ++i) {
                      each.push_back(bce(a[i], b[i]));
                      total += each.back();
                    }
                    if (reduction == Reduction::none) return Tensors{doubles(in[0].sizes(), each)};
                    if (reduction == Reduction::mean) total /= static_cast<double>(a.size());
                    return Tensors{doubles({}, {total})};
                  }};
  };
  OpSamples s;
  s.op = "binary_cross_entropy";
  s.dtypes = floating_dtypes();
  s.tolerance = 1e-4;
  s.samples = [=] {
    const Tensor x = doubles({2, 2}, {0.1, 0.45, 0.8, 0.95});
    const Tensor t = doubles({2, 2}, {0, 1, 0.75, 0.25});
    std::vector<Sample> out{
        make("each", x, t, Reduction::none),
        make("mean", x, t, Reduction::mean),
        make("sum", x, t, Reduction::sum),
        make("0-d", doubles({}, {0.3}), doubles({}, {1}), Reduction::none),
        make("certainty", doubles({4}, {0, 1, 0, 1}), doubles({4}, {0, 1, 1, 0}), Reduction::none),
        make("nothing", distinct({0}), distinct({0}), Reduction::sum)};
    out[4].gradcheck = out[5].gradcheck = false;
    return out;
  };
  s.errors = [] {
    return std::vector<ErrorSample>{
        {"not a probability", [] { binary_cross_entropy(doubles({1}, {1.5}), doubles({1}, {1})); },
         "[binary_cross_entropy] probabilities must lie in [0, 1]; got 1.5"},
        {"another shape",
         [] {
           binary_cross_entropy(doubles({1}, {0.5}), doubles({2}, {1, 1}));
         },
         "[binary_cross_entropy] the target must have the shape of the input; got [2] for [1]"},
        {"integers", [] { binary_cross_entropy(integers({1}, {1}), integers({1}, {1})); },
         "[binary_cross_entropy] works on floating point tensors; got i64"}};
  };
  return s;
}

}  // namespace

std::vector<OpSamples> loss_samples() {
  return {nll_loss_op(), nll_loss_backward_op(), binary_cross_entropy_op()};
}

}  // namespace sinter::testing
