#include <sinter/ops/sort.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "line_reference.h"

namespace sinter::testing {

namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// The indices that sort a line: NaN greatest, equal elements in their order.
std::vector<std::size_t> order_of(const Line& x, bool descending) {
  const auto less = [](double a, double b) { return std::isnan(b) ? !std::isnan(a) : a < b; };
  std::vector<std::size_t> order(x.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t i, std::size_t k) {
    return descending ? less(x[k], x[i]) : less(x[i], x[k]);
  });
  return order;
}
Line values_of(const Line& x, const std::vector<std::size_t>& order, std::size_t count) {
  Line out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(x[order[i]]);
  return out;
}
Line indices_of(const std::vector<std::size_t>& order, std::size_t count) {
  return {order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count)};
}

Sample sort_sample(const char* label, const Tensor& x, std::int64_t dim, bool descending) {
  return {
      label,
      {x},
      [=](const Tensors& in) {
        auto [values, indices] = sort(in[0], dim, descending);
        return Tensors{values, indices};
      },
      [=](const Tensors& in) {
        return Tensors{
            mapped(in[0], dim,
                   [=](const Line& v) { return values_of(v, order_of(v, descending), v.size()); }),
            mapped(in[0], dim,
                   [=](const Line& v) { return indices_of(order_of(v, descending), v.size()); })};
      }};
}

Sample topk_sample(const char* label, const Tensor& x, std::int64_t k, std::int64_t dim,
                   bool largest) {
  const auto count = static_cast<std::size_t>(k);
  return {label,
          {x},
          [=](const Tensors& in) {
            auto [values, indices] = topk(in[0], k, dim, largest);
            return Tensors{values, indices};
          },
          [=](const Tensors& in) {
            return Tensors{
                mapped(in[0], dim,
                       [=](const Line& v) { return values_of(v, order_of(v, largest), count); }),
                mapped(in[0], dim,
                       [=](const Line& v) { return indices_of(order_of(v, largest), count); })};
          }};
}

Sample unchecked(Sample s) {
  s.gradcheck = false;
  return s;
}

OpSamples sort_op() {
  OpSamples s;
  s.op = "sort";
  s.dtypes = all_dtypes();
  s.samples = [] {
    return std::vector<Sample>{
        sort_sample("a line", distinct({7}), 0, false),
        sort_sample("0-d", distinct({}), -1, false),
        sort_sample("columns", distinct({4, 3}), 0, false),
        sort_sample("rows, descending", distinct({3, 5}), 1, true),
        sort_sample("middle", distinct({2, 4, 2}), 1, true),
        unchecked(sort_sample("NaN, zeros and infinities",
                              doubles({7}, {kNan, 0.0, -kInf, -0.0, kInf, kNan, -1}), 0, false)),
        unchecked(sort_sample("the same, descending",
                              doubles({7}, {kNan, 0.0, -kInf, -0.0, kInf, kNan, -1}), 0, true)),
        unchecked(
            sort_sample("equal elements", doubles({2, 4}, {1, 0, 1, 0, 2, 2, 1, 1}), 1, true)),
        unchecked(sort_sample("long lines", distinct({2, 700}), 1, false)),
        unchecked(sort_sample("long columns, descending", distinct({300, 2}), 0, true)),
        unchecked(sort_sample("empty", distinct({2, 0}), 1, false))};
  };
  s.errors = [] {
    return std::vector<ErrorSample>{
        {"dim out of range", [] { sort(distinct({2}), 1); }, "[sort] dimension out of range"},
        {"undefined", [] { sort(Tensor()); }, "[sort] is called with an undefined tensor"}};
  };
  return s;
}

OpSamples topk_op() {
  OpSamples s;
  s.op = "topk";
  s.dtypes = all_dtypes();
  s.samples = [] {
    return std::vector<Sample>{
        topk_sample("a line", distinct({7}), 3, 0, true),
        topk_sample("smallest of columns", distinct({4, 3}), 2, 0, false),
        topk_sample("rows", distinct({3, 20}), 2, -1, true),
        topk_sample("0-d", distinct({}), 1, 0, true),
        topk_sample("everything", distinct({2, 3}), 3, 1, true),
        topk_sample("nothing", distinct({2, 3}), 0, 1, true),
        unchecked(topk_sample("equal elements", doubles({6}, {1, 2, 2, 2, 0, 2}), 2, 0, true)),
        unchecked(topk_sample("NaN", doubles({4}, {1, kNan, 3, kInf}), 2, 0, true)),
        unchecked(topk_sample("half of a long line", distinct({2, 600}), 300, 1, false)),
        unchecked(topk_sample("no lines", distinct({0, 3}), 3, 1, true))};
  };
  s.errors = [] {
    return std::vector<ErrorSample>{
        {"too many",
         [] {
           topk(distinct({2, 3}), 4);
         },
         "[topk] k must lie between 0 and the size of the dimension; got 4 for 3"},
        {"negative",
         [] {
           topk(distinct({2, 3}), -1);
         },
         "[topk] k must lie between 0 and the size of the dimension; got -1 for 3"},
        {"none of a 0-d tensor", [] { topk(distinct({}), 0); },
         "[topk] of a 0-d tensor takes k = 1; got 0"},
        {"dim out of range", [] { topk(distinct({2}), 1, 1); }, "[topk] dimension out of range"}};
  };
  return s;
}

}  // namespace

std::vector<OpSamples> sort_samples() { return {sort_op(), topk_op()}; }

}  // namespace sinter::testing
