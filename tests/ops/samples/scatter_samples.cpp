#include <sinter/ops/scatter.h>

#include "line_reference.h"

namespace sinter::testing {

namespace {

enum class Kind { replace, value, add };
constexpr double kValue = 7;

Tensor reference(const Tensors& in, std::int64_t dim, Kind kind) {
  Line out = to_doubles(in[0]);
  const Line at = to_doubles(in[1]);
  const Line from = kind == Kind::value ? Line() : to_doubles(in[2]);
  std::size_t k = 0;
  for_positions(in[1].sizes(), [&](Position p) {
    const double value = kind == Kind::value ? kValue : from[place(in[2].sizes(), p)];
    const auto rank = static_cast<std::int64_t>(p.size());
    if (rank > 0) {
      p[static_cast<std::size_t>((dim + rank) % rank)] = static_cast<std::int64_t>(at[k]);
    }
    ++k;
    double& to = out[place(in[0].sizes(), p)];
    to = kind == Kind::add ? to + value : value;
  });
  return doubles(in[0].sizes(), out);
}

Tensor run(const Tensors& in, std::int64_t dim, Kind kind) {
  if (kind == Kind::value) return scatter(in[0], dim, in[1], kValue);
  return kind == Kind::add ? scatter_add(in[0], dim, in[1], in[2])
                           : scatter(in[0], dim, in[1], in[2]);
}

Sample sample(const char* label, Tensors inputs, std::int64_t dim, Kind kind) {
  if (kind == Kind::value) inputs.resize(2);
  return {label, std::move(inputs), [=](const Tensors& in) { return Tensors{run(in, dim, kind)}; },
          [=](const Tensors& in) { return Tensors{reference(in, dim, kind)}; }};
}

std::vector<Sample> samples(Kind kind) {
  std::vector<Sample> out{
      sample("a line", {distinct({4}), integers({3}, {3, 0, 1}), distinct({3}, 1)}, 0, kind),
      sample("rows", {distinct({2, 4}), integers({2, 3}, {3, 0, 1, 1, 2, 3}), distinct({2, 3}, 1)},
             1, kind),
      sample("columns", {distinct({3, 2}), integers({2, 2}, {2, 0, 1, 1}), distinct({2, 2}, 1)}, 0,
             kind),
      sample("a source larger than the index",
             {distinct({3, 4}), integers({2, 2}, {3, 0, 1, 2}), distinct({3, 4}, 1)}, -1, kind),
      sample("middle",
             {distinct({2, 3, 2}), integers({2, 2, 2}, {2, 0, 1, 1, 0, 2, 1, 0}),
              distinct({2, 2, 2}, 1)},
             1, kind),
      sample("0-d", {distinct({}), integers({}, {0}), distinct({}, 1)}, 0, kind),
      sample("nothing", {distinct({3, 4}), integers({3, 0}, {}), distinct({3, 2}, 1)}, 1, kind)};
  // Which of several writes stays is not for finite differences to say.
  Sample again = sample("the same element several times",
                        {distinct({3}), integers({5}, {1, 1, 0, 1, 1}), distinct({5}, 1)}, 0, kind);
  again.gradcheck = kind != Kind::replace;
  out.push_back(again);
  return out;
}

std::vector<ErrorSample> errors(const std::string& op, Kind kind) {
  const auto call = [=](const Tensor& x, std::int64_t dim, const Tensor& index) {
    run({x, index, distinct(index.sizes(), 1)}, dim, kind);
  };
  const std::string label = kind == Kind::value ? "scatter" : op;
  std::vector<ErrorSample> out{
      {"out of range",
       [=] {
         call(distinct({2, 3}), 1, integers({1, 1}, {3}));
       },
       "[" + label + "] index 3 is out of range for dimension 1 with size 3"},
      {"negative",
       [=] {
         call(distinct({2, 3}), 1, integers({1, 1}, {-1}));
       },
       "[" + label + "] index -1 is out of range for dimension 1 with size 3"},
      {"fewer dimensions",
       [=] {
         call(distinct({2, 3}), 1, integers({1}, {0}));
       },
       "[" + op +
           "] index must have the dimensions of self and be no larger outside dim; got [1] "
           "for [2, 3] and dim 1"},
      {"larger",
       [=] {
         call(distinct({2, 1}), 1, integers({3, 1}, {0, 0, 0}));
       },
       "[" + op +
           "] index must have the dimensions of self and be no larger outside dim; got "
           "[3, 1] for [2, 1] and dim 1"},
      {"dim", [=] { call(distinct({2}), 1, integers({1}, {0})); },
       "[" + label + "] dimension out of range"},
      {"a mask for an index", [=] { call(distinct({2}), 0, booleans({1}, {true})); },
       "[" + label + "] indices must be integers; got bool"}};
  if (kind != Kind::value) {
    out.push_back({"a smaller source",
                   [=] {
                     run({distinct({3}), integers({2}, {0, 1}), distinct({1})}, 0, kind);
                   },
                   "[" + op +
                       "] index must have the dimensions of source and be no larger; got [2] "
                       "for [1]"});
    out.push_back({"a source of another dtype",
                   [=] {
                     run({distinct({3}), integers({1}, {0}), distinct({1}).to(kFloat32)}, 0, kind);
                   },
                   "[" + op + "] tensors must have one dtype; got f64 and f32"});
  }
  return out;
}

// The dim of each sample, told by its shapes.
std::int64_t dim_of(const Tensors& in) {
  const std::int64_t rank = in[0].dim();
  if (rank < 2) return 0;
  return rank == 2 && in[0].size(1) == 2 ? 0 : 1;
}

OpSamples scatter_op(const std::string& op, Kind kind) {
  OpSamples s;
  s.op = op;
  s.dtypes = {kFloat32, kFloat64, kFloat16, kBFloat16, kInt8, kInt16, kInt32, kInt64};
  s.tolerance = 1e-4;
  s.samples = [=] { return samples(kind); };
  s.errors = [=] { return errors(op, kind); };
  s.in_place = [=](Tensors& in) {
    const std::int64_t dim = dim_of(in);
    if (kind == Kind::value) {
      in[0].scatter_(dim, in[1], kValue);
    } else if (kind == Kind::add) {
      in[0].scatter_add_(dim, in[1], in[2]);
    } else {
      in[0].scatter_(dim, in[1], in[2]);
    }
  };
  return s;
}

}  // namespace

std::vector<OpSamples> scatter_samples() {
  return {scatter_op("scatter", Kind::replace), scatter_op("scatter_value", Kind::value),
          scatter_op("scatter_add", Kind::add)};
}

}  // namespace sinter::testing
