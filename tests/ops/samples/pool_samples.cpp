#include <sinter/ops/dispatch.h>
#include <sinter/ops/pool_attrs.h>
#include <sinter/ops/registry.h>

#include <limits>

#include "reference.h"

namespace sinter::testing {

namespace {

std::vector<DType> float_types() { return {kFloat32, kFloat64, kFloat16, kBFloat16}; }

ErrorSample error(const std::string& label, std::function<void()> run, const std::string& message) {
  return {label, std::move(run), message};
}

const ops::OpDef& op_named(const char* name) { return *ops::find_op(name); }

// Distinct numbers, apart enough for finite differences, that every dtype holds.
Tensor distinct_values(IntArrayRef sizes) {
  const Tensor order = sample_values(sizes, 11).flatten().argsort().argsort();
  return ((order.to(kFloat64) - order.numel() / 2) / 8).reshape(sizes);
}

struct Geometry {
  std::vector<std::int64_t> kernel, stride{1, 1}, padding{0, 0}, dilation{1, 1};
  bool ceil_mode = false;
  bool count_include_pad = true;
  std::optional<std::int64_t> divisor = std::nullopt;
};

std::int64_t pooled(const Geometry& g, std::int64_t in, std::size_t d) {
  const double span = static_cast<double>(g.dilation[d] * (g.kernel[d] - 1) + 1);
  const double steps =
      (static_cast<double>(in + 2 * g.padding[d]) - span) / static_cast<double>(g.stride[d]);
  auto count = static_cast<std::int64_t>(g.ceil_mode ? std::ceil(steps) : std::floor(steps)) + 1;
  if (g.ceil_mode && (count - 1) * g.stride[d] >= in + g.padding[d]) --count;
  return count;
}

// 1-d and unbatched input as [N, C, H, W].
Numbers planes(const Tensor& t, std::size_t spatial) {
  Numbers x(t);
  if (x.sizes.size() == spatial + 1) x.sizes.insert(x.sizes.begin(), 1);
  if (spatial == 1) x.sizes.insert(x.sizes.begin() + 2, 1);
  return x;
}

Tensor framed(Numbers y, const Tensor& like, std::size_t spatial) {
  if (spatial == 1) y.sizes.erase(y.sizes.begin() + 2);
  if (like.dim() == static_cast<std::int64_t>(spatial) + 1) y.sizes.erase(y.sizes.begin());
  return y.tensor();
}

// Calls window(n, c, out row, out column) for each output element, which calls tap(row, column).
struct Taps {
  std::vector<std::int64_t> rows, columns;  // within the input
  std::int64_t padded = 0;                  // elements, padding included
};

std::vector<std::int64_t> inside(std::int64_t start, std::int64_t step, std::int64_t count,
                                 std::int64_t size) {
  std::vector<std::int64_t> list;
  for (std::int64_t i = 0; i < count; ++i) {
    const std::int64_t at = start + i * step;
    if (at >= 0 && at < size) list.push_back(at);
  }
  return list;
}

Taps sliding(const Geometry& g, const Numbers& x, std::int64_t oy, std::int64_t ox) {
  const std::int64_t y = oy * g.stride[0] - g.padding[0], z = ox * g.stride[1] - g.padding[1];
  const std::int64_t tall = std::min(y + g.kernel[0], x.size(2) + g.padding[0]) - y;
  const std::int64_t wide = std::min(z + g.kernel[1], x.size(3) + g.padding[1]) - z;
  return {inside(y, g.dilation[0], g.kernel[0], x.size(2)),
          inside(z, g.dilation[1], g.kernel[1], x.size(3)), tall * wide};
}

Taps adaptive(const Numbers& x, std::int64_t rows, std::int64_t columns, std::int64_t oy,
              std::int64_t ox) {
  const auto part = [](std::int64_t i, std::int64_t n, std::int64_t size) {
    const std::int64_t begin = i * size / n, end = ((i + 1) * size + n - 1) / n;
    return inside(begin, 1, end - begin, size);
  };
  Taps t{part(oy, rows, x.size(2)), part(ox, columns, x.size(3))};
  t.padded = static_cast<std::int64_t>(t.rows.size() * t.columns.size());
  return t;
}

using Windows = std::function<Taps(std::int64_t, std::int64_t)>;

template <class F>
void for_outputs(const Numbers& y, F&& fn) {
  for (std::int64_t n = 0; n < y.size(0); ++n) {
    for (std::int64_t c = 0; c < y.size(1); ++c) {
      for (std::int64_t i = 0; i < y.size(2); ++i) {
        for (std::int64_t j = 0; j < y.size(3); ++j) fn(n, c, i, j);
      }
    }
  }
}

// Maxima and their places.
std::pair<Numbers, Numbers> maxima(const Numbers& x, std::int64_t rows, std::int64_t columns,
                                   const Windows& windows) {
  Numbers y({x.size(0), x.size(1), rows, columns}), places(y.sizes);
  for_outputs(y, [&](auto n, auto c, auto i, auto j) {
    const Taps t = windows(i, j);
    double best = -std::numeric_limits<double>::infinity();
    std::int64_t place = t.rows[0] * x.size(3) + t.columns[0];
    for (const auto row : t.rows) {
      for (const auto column : t.columns) {
        const double v = x(n, c, row, column);
        if (!(v > best) && !std::isnan(v)) continue;
        best = v;
        place = row * x.size(3) + column;
      }
    }
    y(n, c, i, j) = best;
    places(n, c, i, j) = static_cast<double>(place);
  });
  return {y, places};
}

double divisor(const Geometry& g, const Taps& t) {
  if (g.divisor) return static_cast<double>(*g.divisor);
  return g.count_include_pad ? static_cast<double>(t.padded)
                             : static_cast<double>(t.rows.size() * t.columns.size());
}

Numbers means(const Numbers& x, const Geometry& g, std::int64_t rows, std::int64_t columns,
              const Windows& windows) {
  Numbers y({x.size(0), x.size(1), rows, columns});
  for_outputs(y, [&](auto n, auto c, auto i, auto j) {
    const Taps t = windows(i, j);
    for (const auto row : t.rows) {
      for (const auto column : t.columns) y(n, c, i, j) += x(n, c, row, column) / divisor(g, t);
    }
  });
  return y;
}

Numbers spread(const Numbers& dy, const Geometry& g, std::int64_t rows, std::int64_t columns,
               const Windows& windows) {
  Numbers dx({dy.size(0), dy.size(1), rows, columns});
  for_outputs(dy, [&](auto n, auto c, auto i, auto j) {
    const Taps t = windows(i, j);
    for (const auto row : t.rows) {
      for (const auto column : t.columns) dx(n, c, row, column) += dy(n, c, i, j) / divisor(g, t);
    }
  });
  return dx;
}

Windows sliding_windows(const Geometry& g, const Numbers& x) {
  return [g, &x](std::int64_t i, std::int64_t j) { return sliding(g, x, i, j); };
}

Dims dims(const std::vector<std::int64_t>& v) { return Dims(IntArrayRef(v)); }

// --- Maximum

Tensors run_max(const Geometry& g, const Tensor& x, std::size_t spatial, bool places) {
  const IntArrayRef k(g.kernel), s(g.stride), p(g.padding), d(g.dilation);
  const std::size_t first = 2 - spatial;
  const auto cut = [&](IntArrayRef v) { return v.slice(first, spatial); };
  if (!places) {
    return {spatial == 1 ? max_pool1d(x, cut(k), cut(s), cut(p), cut(d), g.ceil_mode)
                         : max_pool2d(x, k, s, p, d, g.ceil_mode)};
  }
  const auto [y, at] = spatial == 1
                           ? max_pool1d_with_indices(x, cut(k), cut(s), cut(p), cut(d), g.ceil_mode)
                           : max_pool2d_with_indices(x, k, s, p, d, g.ceil_mode);
  return {y, at};
}

Sample max_sample(const std::string& label, IntArrayRef x, const Geometry& g, bool places,
                  std::size_t spatial = 2, bool gradcheck = true) {
  Sample s;
  s.label = label;
  s.inputs = {distinct_values(x)};
  s.run = [=](const Tensors& in) { return run_max(g, in[0], spatial, places); };
  s.reference = [=](const Tensors& in) {
    const Numbers values = planes(in[0], spatial);
    const auto [y, at] = maxima(values, pooled(g, values.size(2), 0), pooled(g, values.size(3), 1),
                                sliding_windows(g, values));
    if (!places) return Tensors{framed(y, in[0], spatial)};
    return Tensors{framed(y, in[0], spatial), framed(at, in[0], spatial)};
  };
  s.gradcheck = gradcheck;
  return s;
}

std::vector<Sample> max_samples(bool places) {
  std::vector<Sample> s{
      max_sample("2x2", {2, 3, 4, 4}, {{2, 2}, {2, 2}}, places),
      max_sample("overlapping, padded", {1, 2, 5, 6}, {{3, 3}, {2, 1}, {1, 1}}, places),
      max_sample("dilated", {1, 2, 7, 6}, {{2, 3}, {1, 2}, {0, 1}, {3, 2}}, places),
      max_sample("rounded up", {1, 2, 5, 5}, {{2, 2}, {2, 2}, {0, 0}, {1, 1}, true}, places),
      max_sample("rounded up, a window in the padding left out", {1, 1, 4, 4},
                 {{2, 2}, {3, 3}, {1, 1}, {1, 1}, true}, places),
      max_sample("the whole plane", {2, 2, 3, 4}, {{3, 4}}, places),
      max_sample("one element", {1, 1, 1, 1}, {{1, 1}}, places),
      max_sample("no batch", {2, 4, 4}, {{2, 2}, {2, 2}}, places),
      max_sample("an empty batch", {0, 2, 4, 4}, {{2, 2}, {2, 2}}, places),
      max_sample("one dimension", {2, 3, 7}, {{1, 3}, {1, 2}, {0, 1}}, places, 1),
      max_sample("one dimension, no batch", {3, 7}, {{1, 2}, {1, 2}}, places, 1),
      max_sample("many channels", {2, 37, 9, 8}, {{3, 3}, {2, 2}, {1, 1}}, places, 2, false),
  };
  Sample nan = max_sample("NaN is the largest", {1, 2, 4, 4}, {{2, 2}, {2, 2}}, places, 2, false);
  nan.inputs[0].index_put_({0, 1, 2, 3}, std::numeric_limits<double>::quiet_NaN());
  s.push_back(nan);
  Sample lowest = max_sample("nothing but -infinity", {1, 2, 2, 2}, {{2, 2}}, places, 2, false);
  lowest.inputs[0].fill_(-std::numeric_limits<double>::infinity());
  s.push_back(lowest);
  return s;
}

std::vector<ErrorSample> max_errors() {
  const Tensor x = sample_values({1, 2, 4, 4});
  return {
      error(
          "rank", [=] { max_pool2d(x[0][0], 2); },
          "[max_pool2d] input must have 3 or 4 dimensions; got [4, 4]"),
      error(
          "rank in one dimension", [=] { max_pool1d(x, 2); },
          "[max_pool1d] input must have 2 or 3 dimensions; got [1, 2, 4, 4]"),
      error(
          "kernel", [=] { max_pool2d(x, 0); },
          "[max_pool2d] kernel_size must be between 1 and 2147483647; got [0, 0]"),
      error(
          "kernel values",
          [=] {
            max_pool2d(x, {1, 2, 3});
          },
          "[max_pool2d] kernel_size must have 1 or 2 values; got [1, 2, 3]"),
      error(
          "kernel values in one dimension",
          [=] {
            max_pool1d(x[0], {1, 2});
          },
          "[max_pool1d] kernel_size must have 1 value; got [1, 2]"),
      error(
          "stride", [=] { max_pool2d(x, 2, -1); },
          "[max_pool2d] stride must be between 1 and 2147483647; got [-1, -1]"),
      error(
          "padding", [=] { max_pool2d(x, 2, 2, 2); },
          "[max_pool2d] padding must be at most half of the kernel; got padding [2, 2] and kernel "
          "[2, 2]"),
      error(
          "kernel too large", [=] { max_pool2d(x, 5); },
          "[max_pool2d] the kernel must fit into the padded input; got a kernel that spans 5 over "
          "4"),
      error(
          "dilation",
          [=] {
            max_pool2d(sample_values({1, 1, 1, 1}), 2, 1, 2, 3);
          },
          "[max_pool2d] dilation must not be larger than the input; got 3 over 1"),
      error(
          "empty planes",
          [=] {
            max_pool2d(sample_values({1, 2, 0, 4}), 1);
          },
          "[max_pool2d] planes must not be empty; got [1, 2, 0, 4]"),
      error(
          "integers", [=] { max_pool2d(x.to(kInt32), 2); },
          "[max_pool2d] works on floating point tensors; got i32"),
  };
}

OpSamples max_pool_samples() {
  return {"max_pool2d", float_types(), [] { return max_samples(false); }, max_errors};
}

OpSamples max_pool_with_indices_samples() {
  OpSamples op{"max_pool2d_with_indices", float_types(), [] { return max_samples(true); }, {}};
  op.errors = [] {
    return std::vector<ErrorSample>{
        error(
            "kernel",
            [] {
              max_pool2d_with_indices(sample_values({1, 2, 4, 4}), -1);
            },
            "[max_pool2d_with_indices] kernel_size must be between 1 and 2147483647; got [-1, -1]"),
    };
  };
  return op;
}

OpSamples adaptive_max_samples() {
  OpSamples op{"adaptive_max_pool2d", float_types(), {}, {}};
  const auto sample = [](const std::string& label, IntArrayRef x, std::int64_t rows,
                         std::int64_t columns, std::size_t spatial = 2) {
    Sample s;
    s.label = label;
    s.inputs = {distinct_values(x)};
    s.run = [=](const Tensors& in) {
      const auto [y, at] = spatial == 1 ? adaptive_max_pool1d(in[0], columns)
                                        : adaptive_max_pool2d(in[0], {rows, columns});
      return Tensors{y, at};
    };
    s.reference = [=](const Tensors& in) {
      const Numbers values = planes(in[0], spatial);
      const auto [y, at] = maxima(values, rows, columns, [&](std::int64_t i, std::int64_t j) {
        return adaptive(values, rows, columns, i, j);
      });
      return Tensors{framed(y, in[0], spatial), framed(at, in[0], spatial)};
    };
    return s;
  };
  op.samples = [sample] {
    return std::vector<Sample>{
        sample("one element", {2, 3, 4, 5}, 1, 1),   sample("uneven parts", {1, 2, 5, 7}, 3, 2),
        sample("the same size", {1, 2, 3, 3}, 3, 3), sample("larger", {1, 2, 2, 3}, 3, 5),
        sample("one dimension", {2, 3, 7}, 1, 3, 1), sample("an empty batch", {0, 2, 4, 4}, 2, 2),
    };
  };
  op.errors = [] {
    return std::vector<ErrorSample>{
        error(
            "size",
            [] {
              adaptive_max_pool2d(sample_values({1, 2, 4, 4}), -1);
            },
            "[adaptive_max_pool2d] output_size must be between 0 and 2147483647; got [-1, -1]"),
        error(
            "rank",
            [] {
              adaptive_max_pool2d(sample_values({4, 4}), 1);
            },
            "[adaptive_max_pool2d] input must have 3 or 4 dimensions; got [4, 4]"),
        error(
            "rank in one dimension", [] { adaptive_max_pool1d(sample_values({4}), 1); },
            "[adaptive_max_pool1d] input must have 2 or 3 dimensions; got [4]"),
    };
  };
  return op;
}

OpSamples max_backward_samples() {
  OpSamples op{"max_pool2d_backward", float_types(), {}, {}};
  const auto sample = [](const std::string& label, IntArrayRef x, const Geometry& g,
                         bool gradcheck = true) {
    Sample s;
    s.label = label;
    const Tensor values = distinct_values(x);
    const Tensor places = run_max(g, values, 2, true)[1];
    s.inputs = {sample_values(places.sizes(), 5), places};
    const Dims plane{x[2], x[3]};
    s.run = [=](const Tensors& in) {
      return Tensors{
          ops::call(op_named("max_pool2d_backward"), ops::PlaneAttrs{plane}, in[0], in[1])};
    };
    s.reference = [=](const Tensors& in) {
      const Numbers dy(in[0]), at(in[1]);
      Numbers dx({dy.size(0), dy.size(1), plane[0], plane[1]});
      for_outputs(dy, [&](auto n, auto c, auto i, auto j) {
        const auto place = static_cast<std::int64_t>(at(n, c, i, j));
        dx(n, c, place / plane[1], place % plane[1]) += dy(n, c, i, j);
      });
      return Tensors{dx.tensor()};
    };
    s.gradcheck = gradcheck;
    return s;
  };
  op.samples = [sample] {
    return std::vector<Sample>{
        sample("2x2", {2, 3, 4, 4}, {{2, 2}, {2, 2}}),
        sample("overlapping, padded", {1, 2, 5, 6}, {{3, 3}, {1, 2}, {1, 1}}),
        sample("the whole plane", {2, 2, 3, 3}, {{3, 3}}),
        sample("an empty batch", {0, 2, 4, 4}, {{2, 2}, {2, 2}}),
        sample("many channels", {2, 130, 7, 7}, {{3, 3}, {2, 2}, {1, 1}}, false),
    };
  };
  op.errors = [] {
    const auto call = [](const Tensor& dy, const Tensor& places) {
      ops::call(op_named("max_pool2d_backward"), ops::PlaneAttrs{{4, 4}}, dy, places);
    };
    const Tensor dy = sample_values({1, 1, 2, 2});
    return std::vector<ErrorSample>{
        error(
            "dtype of indices", [=] { call(dy, dy); },
            "[max_pool2d_backward] indices must be i64; got f64"),
        error(
            "sizes",
            [=] {
              call(dy, sinter::zeros({1, 1, 2, 3}, kInt64));
            },
            "[max_pool2d_backward] gradient and indices must have the same 4 dimensions; got [1, "
            "1, 2, 2] and [1, 1, 2, 3]"),
        error(
            "an index out of range",
            [=] {
              call(dy, sinter::full({1, 1, 2, 2}, 16, kInt64));
            },
            "[max_pool2d_backward] indices must be places of a plane of 16 elements; got 16"),
    };
  };
  return op;
}

// --- Mean

Tensor run_avg(const Geometry& g, const Tensor& x, std::size_t spatial) {
  if (spatial == 2) {
    return avg_pool2d(x, g.kernel, g.stride, g.padding, g.ceil_mode, g.count_include_pad,
                      g.divisor);
  }
  return avg_pool1d(x, g.kernel[1], g.stride[1], g.padding[1], g.ceil_mode, g.count_include_pad);
}

Sample avg_sample(const std::string& label, IntArrayRef x, const Geometry& g,
                  std::size_t spatial = 2, bool gradcheck = true) {
  Sample s;
  s.label = label;
  s.inputs = {sample_values(x, 1)};
  s.run = [=](const Tensors& in) { return Tensors{run_avg(g, in[0], spatial)}; };
  s.reference = [=](const Tensors& in) {
    const Numbers values = planes(in[0], spatial);
    return Tensors{framed(means(values, g, pooled(g, values.size(2), 0),
                                pooled(g, values.size(3), 1), sliding_windows(g, values)),
                          in[0], spatial)};
  };
  s.gradcheck = gradcheck;
  return s;
}

OpSamples avg_pool_samples() {
  OpSamples op{"avg_pool2d", float_types(), {}, {}};
  op.samples = [] {
    return std::vector<Sample>{
        avg_sample("2x2", {2, 3, 4, 4}, {{2, 2}, {2, 2}}),
        avg_sample("padding counts", {1, 2, 5, 6}, {{3, 3}, {2, 1}, {1, 1}}),
        avg_sample("padding does not count", {1, 2, 5, 6},
                   {{3, 3}, {2, 1}, {1, 1}, {1, 1}, false, false}),
        avg_sample("rounded up", {1, 2, 5, 5}, {{2, 3}, {2, 2}, {1, 1}, {1, 1}, true}),
        avg_sample("rounded up, padding does not count", {1, 2, 5, 5},
                   {{2, 3}, {2, 2}, {1, 1}, {1, 1}, true, false}),
        avg_sample("another divisor", {1, 2, 4, 4},
                   {{2, 2}, {2, 2}, {0, 0}, {1, 1}, false, true, 3}),
        avg_sample("the whole plane", {2, 3, 3, 4}, {{3, 4}}),
        avg_sample("no batch", {2, 4, 4}, {{2, 2}, {2, 2}}),
        avg_sample("an empty batch", {0, 2, 4, 4}, {{2, 2}, {2, 2}}),
        avg_sample("one dimension", {2, 3, 7}, {{1, 3}, {1, 2}, {0, 1}}, 1),
        avg_sample("many channels", {2, 37, 9, 8}, {{3, 3}, {2, 2}, {1, 1}}, 2, false),
    };
  };
  op.errors = [] {
    const Tensor x = sample_values({1, 2, 4, 4});
    return std::vector<ErrorSample>{
        error(
            "divisor", [=] { avg_pool2d(x, 2, 2, 0, false, true, 0); },
            "[avg_pool2d] divisor_override must not be 0; got 0"),
        error(
            "padding", [=] { avg_pool2d(x, 2, 2, -1); },
            "[avg_pool2d] padding must be between 0 and 2147483647; got [-1, -1]"),
        error(
            "rank", [=] { avg_pool1d(x, 2); },
            "[avg_pool1d] input must have 2 or 3 dimensions; got [1, 2, 4, 4]"),
    };
  };
  return op;
}

OpSamples avg_backward_samples() {
  OpSamples op{"avg_pool2d_backward", float_types(), {}, {}};
  const auto sample = [](const std::string& label, IntArrayRef x, const Geometry& g,
                         bool gradcheck = true) {
    Sample s;
    s.label = label;
    const Dims plane{x[2], x[3]};
    s.inputs = {sample_values({x[0], x[1], pooled(g, x[2], 0), pooled(g, x[3], 1)}, 5)};
    s.run = [=](const Tensors& in) {
      const ops::AvgPoolBackwardAttrs attrs{dims(g.kernel), dims(g.stride),      dims(g.padding),
                                            g.ceil_mode,    g.count_include_pad, g.divisor,
                                            plane};
      return Tensors{ops::call(op_named("avg_pool2d_backward"), attrs, in[0])};
    };
    s.reference = [=](const Tensors& in) {
      const Numbers dy(in[0]);
      const Numbers like({1, 1, plane[0], plane[1]});
      return Tensors{spread(dy, g, plane[0], plane[1], sliding_windows(g, like)).tensor()};
    };
    s.gradcheck = gradcheck;
    return s;
  };
  op.samples = [sample] {
    return std::vector<Sample>{
        sample("2x2", {2, 3, 4, 4}, {{2, 2}, {2, 2}}),
        sample("overlapping, padded", {1, 2, 5, 6}, {{3, 3}, {1, 2}, {1, 1}}),
        sample("padding does not count, rounded up", {1, 2, 5, 5},
               {{2, 3}, {2, 2}, {1, 1}, {1, 1}, true, false}),
        sample("another divisor", {1, 2, 4, 4}, {{2, 2}, {2, 2}, {0, 0}, {1, 1}, false, true, -3}),
        sample("the whole plane", {2, 3, 3, 3}, {{3, 3}}),
        sample("many channels", {2, 70, 9, 8}, {{3, 3}, {2, 2}, {1, 1}}, false),
    };
  };
  op.errors = [] {
    return std::vector<ErrorSample>{error(
        "sizes",
        [] {
          const ops::AvgPoolBackwardAttrs attrs{{2, 2}, {2, 2}, {0, 0}, false, true, {}, {4, 4}};
          ops::call(op_named("avg_pool2d_backward"), attrs, sample_values({1, 1, 3, 2}));
        },
        "[avg_pool2d_backward] the gradient must have the output's planes [2, 2]; got [1, 1, 3, "
        "2]")};
  };
  return op;
}

OpSamples adaptive_avg_samples() {
  OpSamples op{"adaptive_avg_pool2d", float_types(), {}, {}};
  const auto sample = [](const std::string& label, IntArrayRef x, std::int64_t rows,
                         std::int64_t columns, std::size_t spatial = 2, bool gradcheck = true) {
    Sample s;
    s.label = label;
    s.inputs = {sample_values(x, 1)};
    s.run = [=](const Tensors& in) {
      return Tensors{spatial == 1 ? adaptive_avg_pool1d(in[0], columns)
                                  : adaptive_avg_pool2d(in[0], {rows, columns})};
    };
    s.reference = [=](const Tensors& in) {
      const Numbers values = planes(in[0], spatial);
      const auto windows = [&](std::int64_t i, std::int64_t j) {
        return adaptive(values, rows, columns, i, j);
      };
      return Tensors{framed(means(values, {}, rows, columns, windows), in[0], spatial)};
    };
    s.gradcheck = gradcheck;
    return s;
  };
  op.samples = [sample] {
    return std::vector<Sample>{
        sample("one element", {2, 3, 4, 5}, 1, 1),
        sample("uneven parts", {1, 2, 5, 7}, 3, 2),
        sample("the same size", {1, 2, 3, 3}, 3, 3),
        sample("larger", {1, 2, 2, 3}, 3, 5),
        sample("one dimension", {2, 3, 7}, 1, 3, 1),
        sample("no batch", {3, 4, 4}, 2, 2),
        sample("an empty batch", {0, 2, 4, 4}, 2, 2),
        sample("nothing", {2, 2, 4, 4}, 0, 2),
        sample("many channels", {2, 67, 7, 7}, 1, 1, 2, false),
    };
  };
  op.errors = [] {
    return std::vector<ErrorSample>{
        error(
            "size",
            [] {
              adaptive_avg_pool2d(sample_values({1, 2, 4, 4}), {1, -2});
            },
            "[adaptive_avg_pool2d] output_size must be between 0 and 2147483647; got [1, -2]"),
        error(
            "rank",
            [] {
              adaptive_avg_pool2d(sample_values({4, 4}), 1);
            },
            "[adaptive_avg_pool2d] input must have 3 or 4 dimensions; got [4, 4]"),
        error(
            "rank in one dimension", [] { adaptive_avg_pool1d(sample_values({4}), 1); },
            "[adaptive_avg_pool1d] input must have 2 or 3 dimensions; got [4]"),
    };
  };
  return op;
}

OpSamples adaptive_avg_backward_samples() {
  OpSamples op{"adaptive_avg_pool2d_backward", float_types(), {}, {}};
  const auto sample = [](const std::string& label, IntArrayRef dy, std::int64_t h, std::int64_t w,
                         bool gradcheck = true) {
    Sample s;
    s.label = label;
    s.inputs = {sample_values(dy, 5)};
    s.run = [=](const Tensors& in) {
      return Tensors{
          ops::call(op_named("adaptive_avg_pool2d_backward"), ops::PlaneAttrs{{h, w}}, in[0])};
    };
    s.reference = [=](const Tensors& in) {
      const Numbers gradient(in[0]), like({1, 1, h, w});
      const auto windows = [&](std::int64_t i, std::int64_t j) {
        return adaptive(like, gradient.size(2), gradient.size(3), i, j);
      };
      return Tensors{spread(gradient, {}, h, w, windows).tensor()};
    };
    s.gradcheck = gradcheck;
    return s;
  };
  op.samples = [sample] {
    return std::vector<Sample>{
        sample("one element", {2, 3, 1, 1}, 4, 5),
        sample("uneven parts", {1, 2, 3, 2}, 5, 7),
        sample("larger", {1, 2, 3, 5}, 2, 3),
        sample("an empty batch", {0, 2, 2, 2}, 4, 4),
        sample("nothing came out", {1, 2, 0, 2}, 4, 4),
        sample("many channels", {2, 70, 2, 2}, 7, 7, false),
    };
  };
  op.errors = [] {
    return std::vector<ErrorSample>{error(
        "rank",
        [] {
          ops::call(op_named("adaptive_avg_pool2d_backward"), ops::PlaneAttrs{{4, 4}},
                    sample_values({1, 2, 3}));
        },
        "[adaptive_avg_pool2d_backward] the gradient must have 4 dimensions; got [1, 2, 3]")};
  };
  return op;
}

}  // namespace

std::vector<OpSamples> pool_samples() {
  return {max_pool_samples(),     max_pool_with_indices_samples(),
          adaptive_max_samples(), max_backward_samples(),
          avg_pool_samples(),     avg_backward_samples(),
          adaptive_avg_samples(), adaptive_avg_backward_samples()};
}

}  // namespace sinter::testing
