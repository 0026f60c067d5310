#include <sinter/ops/dispatch.h>
#include <sinter/ops/reduce.h>
#include <sinter/ops/reduce_attrs.h>
#include <sinter/ops/registry.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "line_reference.h"

namespace sinter::testing {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

using LineFn = double (*)(const Line&);

double sum_of(const Line& v) { return std::accumulate(v.begin(), v.end(), 0.0); }
double product_of(const Line& v) {
  return std::accumulate(v.begin(), v.end(), 1.0, std::multiplies<>());
}
double mean_of(const Line& v) { return sum_of(v) / static_cast<double>(v.size()); }
double greatest(const Line& v) {
  for (const double x : v) {
    if (std::isnan(x)) return x;
  }
  return *std::max_element(v.begin(), v.end());
}
double least(const Line& v) {
  for (const double x : v) {
    if (std::isnan(x)) return x;
  }
  return *std::min_element(v.begin(), v.end());
}
double place_of_greatest(const Line& v) {
  for (std::size_t i = 0; i < v.size(); ++i) {
    if (std::isnan(v[i])) return static_cast<double>(i);
  }
  return static_cast<double>(std::max_element(v.begin(), v.end()) - v.begin());
}
double place_of_least(const Line& v) {
  for (std::size_t i = 0; i < v.size(); ++i) {
    if (std::isnan(v[i])) return static_cast<double>(i);
  }
  return static_cast<double>(std::min_element(v.begin(), v.end()) - v.begin());
}
double any_of(const Line& v) {
  return std::any_of(v.begin(), v.end(), [](double x) { return x != 0; }) ? 1 : 0;
}
double all_of(const Line& v) {
  return std::all_of(v.begin(), v.end(), [](double x) { return x != 0; }) ? 1 : 0;
}
double count_of(const Line& v) {
  return static_cast<double>(std::count_if(v.begin(), v.end(), [](double x) { return x != 0; }));
}
double variance(const Line& v, double correction) {
  const double mean = mean_of(v);
  double total = 0;
  for (const double x : v) total += (x - mean) * (x - mean);
  return total / std::max(0.0, static_cast<double>(v.size()) - correction);
}
double norm_of(const Line& v, double p) {
  double total = 0;
  for (const double x : v) total += std::pow(std::abs(x), p);
  return std::pow(total, 1 / p);
}
double log_sum_exp(const Line& v) {
  double total = 0;
  for (const double x : v) total += std::exp(x);
  return std::log(total);
}

// A reduction as a function of dims, and the samples that all reductions over dims share.
using Reducer = std::function<Tensor(const Tensor&, IntArrayRef, bool)>;

Sample sample(std::string label, const Tensor& x, std::vector<std::int64_t> dims, bool keepdim,
              const Reducer& run, const std::function<double(const Line&)>& fn) {
  return {std::move(label),
          {x},
          [=](const Tensors& in) { return Tensors{run(in[0], dims, keepdim)}; },
          [=](const Tensors& in) { return Tensors{reduced(in[0], dims, keepdim, fn)}; }};
}

std::vector<Sample> over_dims(const Reducer& run, const std::function<double(const Line&)>& fn) {
  std::vector<Sample> out{
      sample("everything", distinct({3, 4}), {}, false, run, fn),
      sample("0-d", distinct({}), {}, false, run, fn),
      sample("0-d, dim -1", distinct({}), {-1}, true, run, fn),
      sample("first dimension", distinct({4, 3}), {0}, false, run, fn),
      sample("last dimension, kept", distinct({3, 5}), {-1}, true, run, fn),
      sample("middle dimension", distinct({2, 3, 4}), {1}, false, run, fn),
      sample("two dimensions apart", distinct({2, 3, 4}), {2, 0}, false, run, fn),
      sample("channels of an image", distinct({2, 3, 2, 2}), {0, -2, -1}, true, run, fn),
      sample("a dimension of size 1", distinct({3, 1, 2}), {1}, false, run, fn),
      sample("columns wider than a vector", distinct({3, 21}), {0}, false, run, fn),
      sample("rows longer than a vector", distinct({2, 45}), {1}, false, run, fn)};
  return out;
}

// No gradients by finite differences: too large, or off the smooth path.
Sample unchecked(Sample s) {
  s.gradcheck = false;
  return s;
}

void add_large(std::vector<Sample>& out, const Reducer& run,
               const std::function<double(const Line&)>& fn) {
  out.push_back(unchecked(sample("many elements", mostly_positive({33000}), {}, false, run, fn)));
  out.push_back(
      unchecked(sample("tall columns", mostly_positive({1800, 37}), {0}, false, run, fn)));
  out.push_back(unchecked(sample("wide rows", mostly_positive({2, 33000}), {1}, true, run, fn)));
  out.push_back(
      unchecked(sample("outer and inner", mostly_positive({20, 20, 30}), {0, 2}, false, run, fn)));
  out.push_back(
      unchecked(sample("many short rows", mostly_positive({300, 5}), {1}, false, run, fn)));
}
void add_empty(std::vector<Sample>& out, const Reducer& run,
               const std::function<double(const Line&)>& fn) {
  out.push_back(unchecked(sample("no elements", distinct({0}), {}, false, run, fn)));
  out.push_back(unchecked(sample("empty lines", distinct({2, 0, 3}), {1}, true, run, fn)));
  out.push_back(unchecked(sample("no lines", distinct({0, 3}), {1}, false, run, fn)));
}

void expect(std::vector<ErrorSample>& out, std::string label, std::function<void()> run,
            std::string message) {
  out.push_back({std::move(label), std::move(run), std::move(message)});
}
std::vector<ErrorSample> dim_errors(const std::string& op, const Reducer& run) {
  std::vector<ErrorSample> out;
  expect(
      out, "dim out of range",
      [=] {
        run(distinct({2, 3}), {2}, false);
      },
      "[" + op + "] dimension out of range");
  expect(
      out, "least dim",
      [=] { run(distinct({2}), {std::numeric_limits<std::int64_t>::min()}, false); },
      "[" + op + "] dimension out of range");
  expect(
      out, "dim twice",
      [=] {
        run(distinct({2, 3}), {1, -1}, false);
      },
      "[" + op + "] a dimension is listed twice; got dims [1, -1] for a tensor of 2 dimensions");
  expect(
      out, "undefined", [=] { run(Tensor(), {}, false); }, "[" + op + "]");
  return out;
}

OpSamples sum_like(const std::string& op, const Reducer& run, LineFn fn, bool integral) {
  OpSamples s;
  s.op = op;
  s.dtypes = integral ? all_dtypes() : floating_dtypes();
  s.samples = [=] {
    std::vector<Sample> out = over_dims(run, fn);
    add_large(out, run, fn);
    add_empty(out, run, fn);
    return out;
  };
  s.errors = [=] { return dim_errors(op, run); };
  return s;
}

OpSamples sum_op() {
  OpSamples s = sum_like(
      "sum", [](const Tensor& x, IntArrayRef dims, bool keep) { return sum(x, dims, keep); },
      sum_of, true);
  const auto common = s.samples;
  s.samples = [common] {
    std::vector<Sample> out = common();
    out.push_back({"in f64",
                   {distinct({5, 3})},
                   [](const Tensors& in) { return Tensors{sum(in[0], {1}, false, kFloat64)}; },
                   [](const Tensors& in) { return Tensors{reduced(in[0], {1}, false, sum_of)}; }});
    return out;
  };
  const auto errors = s.errors;
  s.errors = [errors] {
    std::vector<ErrorSample> out = errors();
    expect(
        out, "sum_to_size",
        [] {
          sum_to_size(distinct({2, 3}), {2});
        },
        "[sum_to_size] sizes must broadcast to those of the tensor; got [2] for [2, 3]");
    expect(
        out, "sum_to_size grows",
        [] {
          sum_to_size(distinct({3}), {2, 3});
        },
        "[sum_to_size] sizes must broadcast");
    return out;
  };
  return s;
}

OpSamples mean_op() {
  OpSamples s = sum_like(
      "mean", [](const Tensor& x, IntArrayRef dims, bool keep) { return mean(x, dims, keep); },
      mean_of, false);
  const auto errors = s.errors;
  s.errors = [errors] {
    std::vector<ErrorSample> out = errors();
    expect(
        out, "integers",
        [] {
          mean(integers({2}, {1, 2}));
        },
        "[mean] needs a floating point input or dtype; got i64");
    return out;
  };
  return s;
}

OpSamples prod_op() {
  OpSamples s;
  s.op = "prod";
  s.dtypes = all_dtypes();
  s.tolerance = 1e-5;
  s.samples = [] {
    const Reducer run = [](const Tensor& x, IntArrayRef dims, bool keep) {
      return dims.empty() ? prod(x) : prod(x, dims[0], keep);
    };
    const auto f = product_of;
    Tensor zeros = doubles({2, 3}, {1.5, 0, 2.5, 0, 3.5, 0});
    std::vector<Sample> out{sample("everything", distinct({2, 2}), {}, false, run, f),
                            sample("0-d", distinct({}), {}, false, run, f),
                            sample("first dimension", distinct({3, 2}), {0}, false, run, f),
                            sample("last, kept", distinct({2, 3}), {-1}, true, run, f),
                            sample("one zero, two zeros", zeros, {1}, false, run, f),
                            sample("zeros everywhere", zeros, {}, false, run, f),
                            sample("middle", distinct({2, 3, 2}), {1}, false, run, f),
                            sample("0-d, dim 0", distinct({}), {0}, false, run, f)};
    add_empty(out, run, f);
    return out;
  };
  s.errors = [] {
    std::vector<ErrorSample> out;
    expect(
        out, "dim out of range", [] { prod(distinct({2}), 1); }, "[prod] dimension out of range");
    expect(
        out, "undefined", [] { prod(Tensor()); }, "[prod]");
    return out;
  };
  return s;
}

// The gradient of prod, which no public function offers.
Tensor prod_backward(const Tensor& grad, const Tensor& x, const Dims& dims) {
  return ops::call(*ops::find_op("prod_backward"), ops::ReduceAttrs{dims}, grad, x);
}
OpSamples prod_backward_op() {
  OpSamples s;
  s.op = "prod_backward";
  s.dtypes = floating_dtypes();
  s.samples = [] {
    const auto reference = [](const Tensors& in, std::int64_t dim) {
      const auto others = [](const Line& v) {
        Line out;
        for (std::size_t i = 0; i < v.size(); ++i) {
          double p = 1;
          for (std::size_t k = 0; k < v.size(); ++k) p *= k == i ? 1 : v[k];
          out.push_back(p);
        }
        return out;
      };
      return Tensors{
          mapped(mapped(in[1], dim, others), in[0], dim, [](const Line& a, const Line& g) {
            Line out;
            for (std::size_t i = 0; i < a.size(); ++i) out.push_back(a[i] * g[i]);
            return out;
          })};
    };
    const auto make = [&](const std::string& label, const Tensor& x, std::int64_t dim) {
      // The gradient has size 1 along dim; the reference wants it repeated.
      Sample one;
      one.label = label;
      std::vector<std::int64_t> sizes = x.sizes().vec();
      if (!sizes.empty()) sizes[static_cast<std::size_t>(dim)] = 1;
      one.inputs = {distinct(sizes, 5), x};
      one.run = [dim](const Tensors& in) { return Tensors{prod_backward(in[0], in[1], {dim})}; };
      one.reference = [=](const Tensors& in) {
        return reference({in[0].expand(in[1].sizes()), in[1]}, dim);
      };
      return one;
    };
    return std::vector<Sample>{
        make("rows", distinct({2, 3}), 1), make("columns", distinct({3, 2}), 0),
        make("zeros", doubles({2, 3}, {1.5, 0, 2.5, 0, 3.5, 0}), 1),
        make("a line", distinct({4}), 0), make("middle", distinct({2, 2, 2}), 1)};
  };
  s.errors = [] {
    std::vector<ErrorSample> out;
    expect(
        out, "gradient of another shape",
        [] {
          prod_backward(distinct({3}), distinct({2, 3}), {1});
        },
        "[prod_backward] the gradient does not fit the input; got [3] for [2, 3]");
    expect(
        out, "gradient of another dtype",
        [] {
          prod_backward(distinct({2}).to(kFloat16), distinct({2, 3}), {1});
        },
        "[prod_backward] the gradient must have the input's dtype f64; got f16");
    expect(
        out, "two of three dimensions",
        [] {
          prod_backward(distinct({2}), distinct({2, 3, 4}), {1, 2});
        },
        "[prod_backward] takes one dimension or all; got [1, 2]");
    expect(
        out, "dims that do not ascend",
        [] {
          prod_backward(distinct({3}), distinct({2, 3}), {-1});
        },
        "[prod_backward] dims must ascend below the number of dimensions; got [-1]");
    return out;
  };
  return s;
}

OpSamples extreme_op(const std::string& op, const Reducer& run, LineFn fn) {
  OpSamples s;
  s.op = op;
  s.dtypes = all_dtypes();
  s.samples = [=] {
    std::vector<Sample> out = over_dims(run, fn);
    add_large(out, run, fn);
    out.push_back(unchecked(sample("no lines", distinct({0, 3}), {1}, false, run, fn)));
    out.push_back(
        unchecked(sample("NaN", doubles({2, 3}, {1, kNan, 2, 3, 4, 5}), {1}, false, run, fn)));
    out.push_back(unchecked(
        sample("NaN in columns", doubles({2, 3}, {1, kNan, 2, 3, 4, 5}), {0}, false, run, fn)));
    out.push_back(
        unchecked(sample("infinities", doubles({2, 2}, {-kInf, 1, kInf, 2}), {1}, false, run, fn)));
    out.push_back(unchecked(
        sample("equal elements", doubles({2, 3}, {1, 1, 0, 2, 2, 2}), {1}, true, run, fn)));
    return out;
  };
  s.errors = [=] {
    std::vector<ErrorSample> out = dim_errors(op, run);
    expect(
        out, "no elements",
        [=] {
          run(distinct({2, 0}), {1}, false);
        },
        "[" + op + "] needs at least one element to reduce; got sizes [2, 0] and dims [1]");
    return out;
  };
  return s;
}

OpSamples bool_op(const std::string& op, const Reducer& run, LineFn fn) {
  OpSamples s;
  s.op = op;
  s.dtypes = all_dtypes();
  s.samples = [=] {
    std::vector<Sample> out = over_dims(run, fn);
    add_large(out, run, fn);
    add_empty(out, run, fn);
    out.push_back(
        sample("NaN is not zero", doubles({2, 2}, {0, kNan, 1, kNan}), {1}, false, run, fn));
    out.push_back(
        sample("some zeros", doubles({3, 3}, {0, 0, 0, 0, 2, 0, 3, 4, 5}), {1}, false, run, fn));
    out.push_back(
        sample("zeros along the first", doubles({2, 3}, {0, 0, 1, 0, 2, 0}), {0}, true, run, fn));
    return out;
  };
  s.errors = [=] { return dim_errors(op, run); };
  return s;
}

OpSamples moment_op(const std::string& op, bool root) {
  const auto finish = [root](double v) { return root ? std::sqrt(v) : v; };
  const auto with = [=](double correction) {
    return std::pair<Reducer, std::function<double(const Line&)>>{
        [=](const Tensor& x, IntArrayRef dims, bool keep) {
          return root ? sinter::std(x, dims, Scalar(correction), keep)
                      : var(x, dims, Scalar(correction), keep);
        },
        [=](const Line& v) { return finish(variance(v, correction)); }};
  };
  OpSamples s;
  s.op = op;
  s.dtypes = floating_dtypes();
  s.samples = [=] {
    const auto [run, fn] = with(1);
    const auto [plain, plain_fn] = with(0);
    const auto [half, half_fn] = with(1.5);
    std::vector<Sample> out{
        sample("everything", distinct({3, 4}), {}, false, run, fn),
        sample("one element", distinct({}), {}, false, plain, plain_fn),
        sample("first dimension", distinct({4, 3}), {0}, false, run, fn),
        sample("last, kept, biased", distinct({3, 5}), {-1}, true, plain, plain_fn),
        sample("two dimensions", distinct({2, 3, 4}), {0, 2}, false, run, fn),
        sample("correction 1.5", distinct({2, 6}), {1}, false, half, half_fn)};
    if (root) out[1] = unchecked(out[1]);
    add_large(out, run, fn);
    add_empty(out, run, fn);
    out.push_back(
        unchecked(sample("one element, unbiased", distinct({2, 1}), {1}, false, run, fn)));
    return out;
  };
  s.errors = [=] {
    std::vector<ErrorSample> out = dim_errors(op, with(1).first);
    expect(
        out, "integers",
        [=] {
          with(1).first(integers({2}, {1, 2}), {}, false);
        },
        "[" + op + "] works on floating point tensors; got i64");
    return out;
  };
  return s;
}

OpSamples norm_op() {
  const auto with = [](double p) {
    return [p](const Tensor& x, IntArrayRef dims, bool keep) { return norm(x, p, dims, keep); };
  };
  OpSamples s;
  s.op = "norm";
  s.dtypes = floating_dtypes();
  s.samples = [=] {
    const auto two = [](const Line& v) { return norm_of(v, 2); };
    const auto magnitudes = [](const Line& v) {
      Line out;
      for (const double x : v) out.push_back(std::abs(x));
      return out;
    };
    std::vector<Sample> out = over_dims(with(2), two);
    add_large(out, with(2), two);
    add_empty(out, with(2), two);
    for (const double p : {1.0, 1.5, 3.0, -2.0}) {
      out.push_back(sample(str("p = ", p), distinct({3, 4}), {1}, false, with(p),
                           [p](const Line& v) { return norm_of(v, p); }));
    }
    out.push_back(
        sample("p = 0", doubles({2, 3}, {0, 1, 2, 0, 0, 3}), {1}, false, with(0), count_of));
    out.back().gradcheck = false;
    out.push_back(sample("p = inf", distinct({3, 4}), {0}, true, with(kInf),
                         [=](const Line& v) { return greatest(magnitudes(v)); }));
    out.push_back(sample("p = -inf", distinct({3, 4}), {0}, true, with(-kInf),
                         [=](const Line& v) { return least(magnitudes(v)); }));
    out.push_back(unchecked(sample("zeros", doubles({3}, {0, 0, 0}), {}, false, with(2), two)));
    return out;
  };
  s.errors = [=] {
    std::vector<ErrorSample> out = dim_errors("norm", with(2));
    expect(
        out, "integers",
        [] {
          norm(integers({2}, {1, 2}));
        },
        "[norm] works on floating point tensors; got i64");
    expect(
        out, "p not a number", [] { norm(distinct({2}), kNan); },
        "[norm] p must be a number; got nan");
    expect(
        out, "no greatest", [] { norm(distinct({0}), kInf); },
        "[norm] of no elements needs a finite p >= 0; got p = inf and sizes [0]");
    return out;
  };
  return s;
}

OpSamples logsumexp_op() {
  const Reducer run = [](const Tensor& x, IntArrayRef dims, bool keep) {
    return logsumexp(x, dims, keep);
  };
  OpSamples s;
  s.op = "logsumexp";
  s.dtypes = floating_dtypes();
  s.samples = [=] {
    std::vector<Sample> out = over_dims(run, log_sum_exp);
    add_large(out, run, log_sum_exp);
    add_empty(out, run, log_sum_exp);
    out.push_back(unchecked(sample("infinities", doubles({3, 2}, {-kInf, -kInf, kInf, 1, -kInf, 2}),
                                   {1}, false, run, log_sum_exp)));
    return out;
  };
  s.errors = [=] { return dim_errors("logsumexp", run); };
  return s;
}

OpSamples arg_op(const std::string& op,
                 Tensor (*run)(const Tensor&, std::optional<std::int64_t>, bool), LineFn fn) {
  const Reducer reducer = [run](const Tensor& x, IntArrayRef dims, bool keep) {
    return run(x, dims.empty() ? std::nullopt : std::optional(dims[0]), keep);
  };
  OpSamples s;
  s.op = op;
  s.dtypes = all_dtypes();
  s.samples = [=] {
    return std::vector<Sample>{
        sample("everything", distinct({3, 4}), {}, false, reducer, fn),
        sample("everything, kept", distinct({3, 4}), {}, true, reducer, fn),
        sample("0-d", distinct({}), {}, false, reducer, fn),
        sample("0-d, dim 0", distinct({}), {0}, false, reducer, fn),
        sample("first dimension", distinct({4, 3}), {0}, false, reducer, fn),
        sample("last, kept", distinct({3, 50}), {-1}, true, reducer, fn),
        sample("middle", distinct({2, 3, 4}), {1}, false, reducer, fn),
        sample("equal elements", doubles({2, 3}, {1, 7, 7, -2, -2, 3}), {1}, false, reducer, fn),
        sample("many elements", distinct({33000}), {}, false, reducer, fn),
        sample("columns", distinct({300, 40}), {0}, false, reducer, fn),
        sample("few rows, many columns", distinct({2, 700}), {0}, false, reducer, fn),
        sample("no lines", distinct({0, 3}), {1}, false, reducer, fn)};
  };
  s.errors = [=] {
    std::vector<ErrorSample> out;
    expect(
        out, "dim out of range", [=] { run(distinct({2}), -2, false); },
        "[" + op + "] dimension out of range");
    expect(
        out, "no elements",
        [=] {
          run(distinct({2, 0}), 1, false);
        },
        "[" + op + "] has no elements to choose from; got sizes [2, 0] and dims [1]");
    expect(
        out, "undefined", [=] { run(Tensor(), {}, false); }, "[" + op + "]");
    return out;
  };
  return s;
}

OpSamples extreme_dim_op(const std::string& op,
                         std::tuple<Tensor, Tensor> (*run)(const Tensor&, std::int64_t, bool),
                         LineFn value, LineFn index) {
  const auto make = [=](const char* label, const Tensor& x, std::int64_t dim, bool keep) {
    return Sample{
        label,
        {x},
        [=](const Tensors& in) {
          auto [values, indices] = run(in[0], dim, keep);
          return Tensors{values, indices};
        },
        [=](const Tensors& in) {
          return Tensors{reduced(in[0], dim, keep, value), reduced(in[0], dim, keep, index)};
        }};
  };
  OpSamples s;
  s.op = op;
  s.dtypes = all_dtypes();
  s.samples = [=] {
    return std::vector<Sample>{
        make("rows", distinct({3, 4}), 1, false),
        make("columns, kept", distinct({4, 3}), 0, true),
        make("0-d", distinct({}), 0, false),
        make("middle", distinct({2, 5, 3}), -2, false),
        make("wide columns", distinct({4, 20}), 0, false),
        unchecked(make("long rows", distinct({2, 33000}), 1, true)),
        unchecked(make("equal elements", doubles({2, 3}, {1, 7, 7, -2, -2, 3}), 1, false)),
        unchecked(make("NaN", doubles({2, 3}, {1, kNan, 3, -kInf, kInf, kNan}), 1, false)),
        unchecked(make("no lines", distinct({0, 3}), 1, false))};
  };
  s.errors = [=] {
    std::vector<ErrorSample> out;
    expect(
        out, "dim out of range", [=] { run(distinct({2}), 1, false); },
        "[" + op + "] dimension out of range");
    expect(
        out, "no elements",
        [=] {
          run(distinct({2, 0}), 1, false);
        },
        "[" + op + "] has no elements to choose from; got sizes [2, 0] and dims [1]");
    return out;
  };
  return s;
}

OpSamples cumsum_op() {
  const auto running = [](const Line& v) {
    Line out(v.size());
    std::partial_sum(v.begin(), v.end(), out.begin());
    return out;
  };
  const auto make = [=](const char* label, const Tensor& x, std::int64_t dim) {
    return Sample{label,
                  {x},
                  [=](const Tensors& in) { return Tensors{cumsum(in[0], dim)}; },
                  [=](const Tensors& in) { return Tensors{mapped(in[0], dim, running)}; }};
  };
  OpSamples s;
  s.op = "cumsum";
  s.dtypes = all_dtypes();
  s.samples = [=] {
    return std::vector<Sample>{make("a line", distinct({7}), 0),
                               make("0-d", distinct({}), -1),
                               make("rows", distinct({3, 4}), 1),
                               make("columns", distinct({3, 4}), 0),
                               make("middle", distinct({2, 3, 2}), -2),
                               unchecked(make("wide columns", distinct({9, 600}), 0)),
                               unchecked(make("long rows", distinct({2, 1500}), 1)),
                               unchecked(make("empty", distinct({2, 0}), 1))};
  };
  s.errors = [] {
    std::vector<ErrorSample> out;
    expect(
        out, "dim out of range", [] { cumsum(distinct({2}), 1); },
        "[cumsum] dimension out of range");
    expect(
        out, "undefined", [] { cumsum(Tensor(), 0); },
        "[cumsum] is called with an undefined tensor");
    return out;
  };
  return s;
}

}  // namespace

std::vector<OpSamples> reduce_samples() {
  const auto over = [](Tensor (*fn)(const Tensor&, IntArrayRef, bool)) { return Reducer(fn); };
  return {sum_op(),
          mean_op(),
          prod_op(),
          prod_backward_op(),
          extreme_op("amax", over(amax), greatest),
          extreme_op("amin", over(amin), least),
          bool_op("any", over(any), any_of),
          bool_op("all", over(all), all_of),
          bool_op(
              "count_nonzero",
              [](const Tensor& x, IntArrayRef dims, bool keep) {
                const Tensor n = count_nonzero(x, dims);
                return keep ? n.reshape(any(x, dims, true).sizes()) : n;
              },
              count_of),
          moment_op("var", false),
          moment_op("std", true),
          norm_op(),
          logsumexp_op(),
          arg_op("argmax", argmax, place_of_greatest),
          arg_op("argmin", argmin, place_of_least),
          extreme_dim_op(
              "max_dim", [](const Tensor& x, std::int64_t d, bool k) { return max(x, d, k); },
              greatest, place_of_greatest),
          extreme_dim_op(
              "min_dim", [](const Tensor& x, std::int64_t d, bool k) { return min(x, d, k); },
              least, place_of_least),
          cumsum_op()};
}

}  // namespace sinter::testing
