#include "line_reference.h"

#include <algorithm>

namespace sinter::testing {

namespace {
std::vector<std::int64_t> shape_of(const Tensor& x) { return x.sizes().vec(); }
std::size_t count(IntArrayRef sizes) {
  std::int64_t n = 1;
  for (const std::int64_t s : sizes) n *= s;
  return static_cast<std::size_t>(n);
}
}  // namespace

Tensor doubles(IntArrayRef sizes, const Line& values) {
  Tensor t = empty_tensor("test", sizes, kFloat64);
  std::copy(values.begin(), values.end(), t.data_ptr<double>());
  return t;
}
Tensor integers(IntArrayRef sizes, const std::vector<std::int64_t>& values) {
  Tensor t = empty_tensor("test", sizes, kInt64);
  std::copy(values.begin(), values.end(), t.data_ptr<std::int64_t>());
  return t;
}
Tensor booleans(IntArrayRef sizes, const std::vector<bool>& values) {
  Tensor t = empty_tensor("test", sizes, kBool);
  std::copy(values.begin(), values.end(), t.data_ptr<bool>());
  return t;
}

Tensor distinct(IntArrayRef sizes, int seed) {
  Tensor t = empty_tensor("test", sizes, kFloat64);
  double* at = t.data_ptr<double>();
  for (std::int64_t i = 0; i < t.numel(); ++i) {
    const std::int64_t step = (i * 37 + seed * 11) % 101;
    at[i] = static_cast<double>(step) * 0.1 - 5.013 + 0.0007 * static_cast<double>(i % 101);
  }
  return t;
}

Tensor mostly_positive(IntArrayRef sizes, int seed) {
  Tensor t = distinct(sizes, seed);
  double* at = t.data_ptr<double>();
  for (std::int64_t i = 0; i < t.numel(); ++i) at[i] += 1;
  return t;
}

void for_positions(IntArrayRef sizes, const std::function<void(const Position&)>& fn) {
  Position p(sizes.size(), 0);
  for (const std::int64_t s : sizes) {
    if (s == 0) return;
  }
  for (bool more = true; more;) {
    fn(p);
    more = false;
    for (std::size_t d = p.size(); d-- > 0 && !more;) {
      more = ++p[d] < sizes[d];
      if (!more) p[d] = 0;
    }
  }
}

std::size_t place(IntArrayRef sizes, const Position& position) {
  std::int64_t at = 0;
  for (std::size_t d = 0; d < sizes.size(); ++d) at = at * sizes[d] + position[d];
  return static_cast<std::size_t>(at);
}

Tensor reduced(const Tensor& x, IntArrayRef dims, bool keepdim,
               const std::function<double(const Line&)>& fn) {
  const auto rank = static_cast<std::int64_t>(x.sizes().size());
  std::vector<bool> gone(x.sizes().size(), dims.empty());
  for (const std::int64_t d : dims) {
    if (rank > 0) gone[static_cast<std::size_t>((d + rank) % rank)] = true;
  }
  std::vector<std::int64_t> ones = shape_of(x);
  std::vector<std::int64_t> out_sizes;
  for (std::size_t d = 0; d < ones.size(); ++d) {
    if (gone[d]) ones[d] = 1;
    if (!gone[d] || keepdim) out_sizes.push_back(ones[d]);
  }
  std::vector<Line> lines(count(ones));
  const Line values = to_doubles(x);
  std::size_t i = 0;
  Position q(ones.size());
  for_positions(x.sizes(), [&](const Position& p) {
    for (std::size_t d = 0; d < p.size(); ++d) q[d] = gone[d] ? 0 : p[d];
    lines[place(ones, q)].push_back(values[i++]);
  });
  Line out;
  for (const Line& line : lines) out.push_back(fn(line));
  return doubles(out_sizes, out);
}

Tensor mapped(const Tensor& x, const Tensor& y, std::int64_t dim,
              const std::function<Line(const Line&, const Line&)>& fn) {
  std::vector<std::int64_t> sizes = shape_of(x);
  const Line xs = to_doubles(x);
  const Line ys = to_doubles(y);
  if (sizes.empty()) return doubles({}, fn(xs, ys));
  const auto d = static_cast<std::size_t>(dim < 0 ? dim + x.dim() : dim);
  std::vector<std::int64_t> ones = sizes;
  ones[d] = 1;
  std::vector<Line> results;
  for_positions(ones, [&](Position p) {
    Line a;
    Line b;
    for (p[d] = 0; p[d] < sizes[d]; ++p[d]) {
      a.push_back(xs[place(sizes, p)]);
      b.push_back(ys[place(sizes, p)]);
    }
    results.push_back(fn(a, b));
  });
  std::vector<std::int64_t> out_sizes = sizes;
  if (!results.empty()) out_sizes[d] = static_cast<std::int64_t>(results[0].size());
  Line out;
  Position q;
  for_positions(out_sizes, [&](const Position& p) {
    q = p;
    q[d] = 0;
    out.push_back(results[place(ones, q)][static_cast<std::size_t>(p[d])]);
  });
  return doubles(out_sizes, out);
}

Tensor mapped(const Tensor& x, std::int64_t dim, const std::function<Line(const Line&)>& fn) {
  return mapped(x, x, dim, [&](const Line& a, const Line&) { return fn(a); });
}

}  // namespace sinter::testing
