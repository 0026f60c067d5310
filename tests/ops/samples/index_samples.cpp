#include <sinter/ops/dispatch.h>
#include <sinter/ops/index.h>
#include <sinter/ops/index_attrs.h>
#include <sinter/ops/registry.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "line_reference.h"

namespace sinter::testing {

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr auto kMin = std::numeric_limits<std::int64_t>::min();

// Which element of x each element of x[indices...] is, by NumPy's rules, for index tensors that
// broadcast to `shape` and the dimensions they index.
struct Picks {
  std::vector<std::int64_t> sizes;
  std::vector<std::size_t> places;
};
// indices[d] is undefined where dimension d is taken whole.
Picks picks(IntArrayRef sizes, const Tensors& indices, const std::vector<std::int64_t>& shape) {
  std::vector<std::int64_t> whole_before;
  std::vector<std::int64_t> whole_after;
  std::vector<std::size_t> indexed;
  for (std::size_t d = 0; d < indices.size(); ++d) {
    if (indices[d].defined()) indexed.push_back(d);
  }
  const bool adjacent = indexed.back() - indexed.front() + 1 == indexed.size();
  std::vector<std::size_t> order;  // dimension of x behind each dimension of the result
  const auto at_front = [&](std::size_t d) { return adjacent && d < indexed.front(); };
  Picks out;
  std::vector<std::size_t> front;
  std::vector<std::size_t> back;
  for (std::size_t d = 0; d < sizes.size(); ++d) {
    if (std::find(indexed.begin(), indexed.end(), d) != indexed.end()) continue;
    (at_front(d) ? front : back).push_back(d);
  }
  for (const std::size_t d : front) out.sizes.push_back(sizes[d]);
  out.sizes.insert(out.sizes.end(), shape.begin(), shape.end());
  for (const std::size_t d : back) out.sizes.push_back(sizes[d]);
  for_positions(out.sizes, [&](const Position& p) {
    Position from(sizes.size());
    for (std::size_t k = 0; k < front.size(); ++k) from[front[k]] = p[k];
    for (std::size_t k = 0; k < back.size(); ++k) {
      from[back[k]] = p[front.size() + shape.size() + k];
    }
    for (const std::size_t d : indexed) {
      const std::vector<std::int64_t> own = indices[d].sizes().vec();
      Position q(own.size());
      for (std::size_t k = 0; k < own.size(); ++k) {
        q[k] = own[k] == 1 ? 0 : p[front.size() + shape.size() - own.size() + k];
      }
      const auto i = static_cast<std::int64_t>(to_doubles(indices[d])[place(own, q)]);
      from[d] = i < 0 ? i + sizes[d] : i;
    }
    out.places.push_back(place(sizes, from));
  });
  return out;
}

Tensors without_front(const Tensors& in, std::size_t n) {
  return {in.begin() + static_cast<std::ptrdiff_t>(n), in.end()};
}

Sample index_sample(const char* label, const Tensor& x, const Tensors& indices,
                    const std::vector<std::int64_t>& shape) {
  Tensors inputs{x};
  inputs.insert(inputs.end(), indices.begin(), indices.end());
  return {label, inputs,
          [](const Tensors& in) { return Tensors{index(in[0], without_front(in, 1))}; },
          [=](const Tensors& in) {
            const Picks from = picks(in[0].sizes(), without_front(in, 1), shape);
            const Line values = to_doubles(in[0]);
            Line out;
            for (const std::size_t k : from.places) out.push_back(values[k]);
            return Tensors{doubles(from.sizes, out)};
          }};
}

OpSamples index_op() {
  OpSamples s;
  s.op = "index";
  s.dtypes = all_dtypes();
  s.samples = [] {
    const Tensor line = integers({3}, {2, 0, -1});
    const Tensor none;
    std::vector<Sample> out{
        index_sample("rows", distinct({4, 3}), {line}, {3}),
        index_sample("columns", distinct({2, 4}), {none, line}, {3}),
        index_sample("points", distinct({4, 3}), {line, integers({3}, {1, -3, 1})}, {3}),
        index_sample("indices that broadcast", distinct({4, 3}),
                     {integers({2, 1}, {3, 1}), integers({2}, {0, 2})}, {2, 2}),
        index_sample("neighbours in the middle", distinct({2, 4, 3, 2}),
                     {none, line, integers({3}, {0, 1, 1})}, {3}),
        index_sample("apart: the result comes first", distinct({4, 2, 3}),
                     {line, none, integers({3}, {0, 1, 1})}, {3}),
        index_sample("the same row many times", distinct({3, 2}), {integers({5}, {1, 1, 0, 1, 1})},
                     {5}),
        index_sample("an index of two dimensions", distinct({4, 2}),
                     {integers({2, 2}, {3, 0, 1, 1})}, {2, 2}),
        index_sample("0-d index", distinct({4, 2}), {integers({}, {2})}, {}),
        index_sample("no indices in the list", distinct({4, 2}), {integers({0}, {})}, {0}),
        index_sample("nothing to index", distinct({3, 0}), {line}, {3}),
        index_sample("i32 indices", distinct({4, 2}), {integers({2}, {1, -1}).to(kInt32)}, {2})};
    out[9].gradcheck = out[10].gradcheck = false;
    return out;
  };
  s.errors = [] {
    const Tensor x = distinct({2, 3});
    return std::vector<ErrorSample>{
        {"too large",
         [=] {
           index(x, {Tensor(), integers({2}, {0, 3})});
         },
         "[index] index 3 is out of range for dimension 1 with size 3"},
        {"too small", [=] { index(x, {integers({1}, {-3})}); },
         "[index] index -3 is out of range for dimension 0 with size 2"},
        {"least", [=] { index(x, {integers({1}, {kMin})}); },
         "[index] index -9223372036854775808 is out of range for dimension 0 with size 2"},
        {"into nothing", [] { index(distinct({0}), {integers({1}, {0})}); },
         "[index] index 0 is out of range for dimension 0 with size 0"},
        {"too many", [=] { index(x, Tensors(3, integers({1}, {0}))); },
         "[index] too many indices; got 3 for a tensor of 2 dimensions"},
        {"do not broadcast",
         [=] {
           index(x, {integers({2}, {0, 1}), integers({3}, {0, 1, 2})});
         },
         "[index] shapes do not broadcast; got [2] and [3]"},
        {"floats", [=] { index(x, {distinct({2})}); }, "[index] indices must be integers; got f64"},
        {"a mask that does not fit",
         [=] {
           index(x, {booleans({3}, {true, false, true})});
         },
         "[index] a mask must have the sizes of the dimensions it indexes; got [3] at dimension 0 "
         "of [2, 3]"},
        {"undefined", [] { index(Tensor(), {integers({1}, {0})}); },
         "[index] is called with an undefined tensor"},
        {"no index tensor",
         [=] {
           ops::call_list(*ops::find_op("index"), ops::NoAttrs{}, Tensors{x, Tensor()});
         },
         "[index] needs at least one index tensor; got none for a tensor of sizes [2, 3]"},
        {"i32 below the public function",
         [=] {
           ops::call_list(*ops::find_op("index"), ops::NoAttrs{},
                          Tensors{x, integers({1}, {0}).to(kInt32)});
         },
         "[index] indices must be of dtype i64; got i32"}};
  };
  return s;
}

Sample put_sample(const char* label, const Tensor& x, const Tensor& values, const Tensors& indices,
                  const std::vector<std::int64_t>& shape, bool accumulate) {
  Tensors inputs{x, values};
  inputs.insert(inputs.end(), indices.begin(), indices.end());
  return {label, inputs,
          [=](const Tensors& in) {
            return Tensors{index_put(in[0], without_front(in, 2), in[1], accumulate)};
          },
          [=](const Tensors& in) {
            const Picks to = picks(in[0].sizes(), without_front(in, 2), shape);
            const Line from = to_doubles(in[1].expand(to.sizes).contiguous());
            Line out = to_doubles(in[0]);
            for (std::size_t k = 0; k < to.places.size(); ++k) {
              double& at = out[to.places[k]];
              at = accumulate ? at + from[k] : from[k];
            }
            return Tensors{doubles(in[0].sizes(), out)};
          }};
}

OpSamples index_put_op() {
  OpSamples s;
  s.op = "index_put";
  s.dtypes = {kFloat32, kFloat64, kFloat16, kBFloat16, kInt64, kInt32};
  s.samples = [] {
    const Tensor line = integers({3}, {2, 0, -1});
    const Tensor again = integers({5}, {1, 1, 0, 1, 1});
    const Tensor none;
    std::vector<Sample> out{
        put_sample("rows", distinct({4, 3}), distinct({3, 3}, 1), {line}, {3}, false),
        put_sample("one value", distinct({4, 3}), distinct({}, 1), {line}, {3}, false),
        put_sample("a row for all", distinct({4, 3}), distinct({3}, 1), {line}, {3}, false),
        put_sample("columns", distinct({2, 4}), distinct({2, 3}, 1), {none, line}, {3}, false),
        put_sample("added, each several times", distinct({3, 2}), distinct({5, 2}, 1), {again}, {5},
                   true),
        put_sample("points, added", distinct({4, 3}), distinct({3}, 1),
                   {line, integers({3}, {1, 1, 1})}, {3}, true),
        put_sample("apart", distinct({4, 2, 3}), distinct({3, 2}, 1),
                   {line, none, integers({3}, {0, 1, 1})}, {3}, false),
        put_sample("nowhere", distinct({4, 2}), distinct({2}, 1), {integers({0}, {})}, {0}, false),
        put_sample("the last of several stays", distinct({3, 2}), distinct({4, 2}, 1),
                   {integers({4}, {1, 1, 0, 1})}, {4}, false),
        put_sample("many, added", distinct({50, 20}), distinct({3000, 20}, 1),
                   {mapped(distinct({3000}), 0,
                           [](const Line& v) {
                             Line k;
                             for (std::size_t i = 0; i < v.size(); ++i) {
                               k.push_back(static_cast<double>(i * i % 50));
                             }
                             return k;
                           })
                        .to(kInt64)},
                   {3000}, true)};
    for (std::size_t k = 7; k < out.size(); ++k) out[k].gradcheck = false;
    return out;
  };
  s.in_place = [](Tensors& in) {
    const bool again = in[1].dim() > 0 && in[1].size(0) >= 5;
    const bool points = in.size() == 4 && in[0].dim() == 2 && in[2].defined();
    index_put_(in[0], without_front(in, 2), in[1], again || points);
  };
  s.tolerance = 1e-4;
  s.errors = [] {
    const Tensor x = distinct({2, 3});
    const Tensor first = integers({1}, {0});
    return std::vector<ErrorSample>{
        {"values do not fit", [=] { index_put(x, {first}, distinct({2})); },
         "[index_put] values do not broadcast to the indexed elements; got [2] for [1, 3]"},
        {"another dtype", [=] { index_put(x, {first}, distinct({3}).to(kFloat32)); },
         "[index_put] tensors must have one dtype; got f64 and f32"},
        {"out of range", [=] { index_put(x, {integers({1}, {2})}, distinct({3})); },
         "[index_put] index 2 is out of range for dimension 0 with size 2"},
        {"nothing but self",
         [=] { ops::call_list(*ops::find_op("index_put"), ops::IndexPutAttrs{}, Tensors{x}); },
         "[index_put] takes self, values and indices; got 1 tensors"}};
  };
  return s;
}

// --- One dimension.

Sample select_sample(const char* label, const Tensor& x, std::int64_t dim, const Tensor& index) {
  return {label,
          {x, index},
          [=](const Tensors& in) { return Tensors{index_select(in[0], dim, in[1])}; },
          [=](const Tensors& in) {
            const Line at = to_doubles(in[1]);
            return Tensors{mapped(in[0], dim, [&](const Line& v) {
              Line out;
              for (const double i : at) {
                out.push_back(
                    v[static_cast<std::size_t>(i < 0 ? i + static_cast<double>(v.size()) : i)]);
              }
              return out;
            })};
          }};
}

OpSamples index_select_op() {
  OpSamples s;
  s.op = "index_select";
  s.dtypes = all_dtypes();
  s.samples = [] {
    std::vector<Sample> out{
        select_sample("rows", distinct({4, 3}), 0, integers({3}, {3, 0, 3})),
        select_sample("columns", distinct({2, 4}), -1, integers({2}, {1, -1})),
        select_sample("middle", distinct({2, 3, 2}), 1, integers({4}, {2, 1, 0, 2})),
        select_sample("0-d index", distinct({4, 2}), 0, integers({}, {1})),
        select_sample("0-d tensor", distinct({}), 0, integers({1}, {0})),
        select_sample("nothing", distinct({4, 2}), 0, integers({0}, {})),
        select_sample("wide rows", distinct({5, 300}), 0, integers({3}, {4, 4, 0}))};
    out[5].gradcheck = out[6].gradcheck = false;
    return out;
  };
  s.errors = [] {
    return std::vector<ErrorSample>{
        {"out of range",
         [] {
           index_select(distinct({2, 3}), 1, integers({1}, {3}));
         },
         "[index_select] index 3 is out of range for dimension 1 with size 3"},
        {"two dimensions",
         [] {
           index_select(distinct({2, 3}), 1, integers({1, 1}, {0}));
         },
         "[index_select] the index must have at most one dimension; got [1, 1]"},
        {"two of a 0-d tensor",
         [] {
           index_select(distinct({}), 0, integers({2}, {0, 0}));
         },
         "[index_select] a 0-d tensor takes one index; got 2"},
        {"dim", [] { index_select(distinct({2}), 1, integers({1}, {0})); },
         "[index_select] dimension out of range"},
        {"floats", [] { index_select(distinct({2}), 0, distinct({1})); },
         "[index_select] indices must be integers; got f64"}};
  };
  return s;
}

Sample add_sample(const char* label, const Tensor& x, std::int64_t dim, const Tensor& index,
                  const Tensor& source, double alpha) {
  return {label,
          {x, index, source},
          [=](const Tensors& in) { return Tensors{index_add(in[0], dim, in[1], in[2], alpha)}; },
          [=](const Tensors& in) {
            const Line at = to_doubles(in[1]);
            const Line from = to_doubles(in[2]);
            const auto sizes = in[2].sizes().vec();
            Line out = to_doubles(in[0]);
            for_positions(in[2].sizes(), [&](Position p) {
              const double value = from[place(sizes, p)];
              if (!p.empty()) {
                std::int64_t& k = p[static_cast<std::size_t>(dim)];
                k = static_cast<std::int64_t>(at[static_cast<std::size_t>(k)]);
              }
              out[place(in[0].sizes(), p)] += alpha * value;
            });
            return Tensors{doubles(in[0].sizes(), out)};
          }};
}

OpSamples index_add_op() {
  OpSamples s;
  s.op = "index_add";
  s.dtypes = {kFloat32, kFloat64, kFloat16, kBFloat16, kInt64, kInt16};
  s.tolerance = 1e-4;
  s.samples = [] {
    std::vector<Sample> out{
        add_sample("rows", distinct({4, 3}), 0, integers({3}, {3, 0, 3}), distinct({3, 3}, 1), 1),
        add_sample("columns, alpha", distinct({2, 4}), 1, integers({2}, {1, 3}),
                   distinct({2, 2}, 1), 2),
        add_sample("middle", distinct({2, 3, 2}), 1, integers({4}, {2, 1, 0, 2}),
                   distinct({2, 4, 2}, 1), -1),
        add_sample("0-d", distinct({}), 0, integers({1}, {0}), distinct({}, 1), 1),
        add_sample("nothing", distinct({4, 2}), 0, integers({0}, {}), distinct({0, 2}, 1), 1)};
    out[4].gradcheck = false;
    return out;
  };
  s.in_place = [](Tensors& in) {
    const std::int64_t dim = in[0].dim() == 2 && in[0].size(0) == 2 ? 1 : in[0].dim() == 3 ? 1 : 0;
    const double alpha = in[0].dim() == 3 ? -1 : dim == 1 ? 2 : 1;
    in[0].index_add_(dim, in[1], in[2], alpha);
  };
  s.errors = [] {
    const Tensor x = distinct({2, 3});
    const Tensor i = integers({1}, {0});
    return std::vector<ErrorSample>{
        {"source of another shape",
         [=] {
           index_add(x, 0, i, distinct({2, 3}));
         },
         "[index_add] source must have the shape of self, with one slice per index; got [2, 3] for "
         "self of [2, 3] and 1 indices"},
        {"source of another dtype",
         [=] {
           index_add(x, 0, i, distinct({1, 3}).to(kFloat32));
         },
         "[index_add] tensors must have one dtype; got f64 and f32"},
        {"out of range",
         [=] {
           index_add(x, 0, integers({1}, {5}), distinct({1, 3}));
         },
         "[index_add] index 5 is out of range for dimension 0 with size 2"},
        {"dim",
         [=] {
           index_add(x, 2, i, distinct({1, 3}));
         },
         "[index_add] dimension out of range"}};
  };
  return s;
}

Sample fill_sample(const char* label, const Tensor& x, const Tensor& mask, double value) {
  return {label,
          {x, mask},
          [=](const Tensors& in) { return Tensors{masked_fill(in[0], in[1], value)}; },
          [=](const Tensors& in) {
            const Dims sizes = broadcast_shapes("test", in[0].sizes(), in[1].sizes());
            Line out = to_doubles(in[0].expand(sizes).contiguous());
            const Line flags = to_doubles(in[1].expand(sizes).contiguous());
            for (std::size_t k = 0; k < out.size(); ++k) out[k] = flags[k] != 0 ? value : out[k];
            return Tensors{doubles(sizes, out)};
          }};
}

OpSamples masked_fill_op() {
  OpSamples s;
  s.op = "masked_fill";
  s.dtypes = {kFloat32, kFloat64, kFloat16, kBFloat16, kInt8, kInt16, kInt32, kInt64, kUInt8};
  s.samples = [] {
    return std::vector<Sample>{
        fill_sample("same shape", distinct({2, 2}), booleans({2, 2}, {true, false, false, true}),
                    7),
        fill_sample("a row for all", distinct({3, 2}), booleans({2}, {true, false}), 7),
        fill_sample("a column for all", distinct({2, 3}), booleans({2, 1}, {true, false}), 7),
        fill_sample("0-d", distinct({}), booleans({}, {true}), 7),
        fill_sample("both broadcast", distinct({2, 1}), booleans({3}, {true, false, true}), 7),
        fill_sample("nothing", distinct({0, 2}), booleans({2}, {true, false}), 7)};
  };
  s.in_place = [](Tensors& in) { in[0].masked_fill_(in[1], 7); };
  s.errors = [] {
    const Tensor x = distinct({2, 3});
    return std::vector<ErrorSample>{
        {"a mask of integers",
         [=] {
           masked_fill(x, integers({3}, {0, 1, 1}), 0);
         },
         "[masked_fill] the mask must be bool; got i64"},
        {"does not broadcast",
         [=] {
           masked_fill(x, booleans({2}, {true, false}), 0);
         },
         "[masked_fill] shapes do not broadcast; got [2, 3] and [2]"},
        {"in place, self would grow",
         [] {
           Tensor one = distinct({1});
           one.masked_fill_(booleans({2}, {true, false}), 0);
         },
         "[masked_fill_] the result must have the shape of self; got [2] for self of [1]"},
        {"a value with dimensions",
         [=] {
           masked_fill(x, booleans({3}, {true, true, true}), distinct({1}));
         },
         "[masked_fill] a value that is a tensor must be 0-d; got [1]"}};
  };
  return s;
}

OpSamples nonzero_op() {
  const auto make = [](const char* label, const Tensor& x) {
    return Sample{label,
                  {x},
                  [](const Tensors& in) { return Tensors{nonzero(in[0])}; },
                  [](const Tensors& in) {
                    const Line v = to_doubles(in[0]);
                    Line out;
                    std::int64_t rows = 0;
                    for_positions(in[0].sizes(), [&](const Position& p) {
                      if (v[place(in[0].sizes(), p)] == 0) return;
                      ++rows;
                      out.insert(out.end(), p.begin(), p.end());
                    });
                    return Tensors{doubles({rows, in[0].dim()}, out)};
                  },
                  false};
  };
  OpSamples s;
  s.op = "nonzero";
  s.dtypes = all_dtypes();
  s.samples = [=] {
    Tensor sparse = empty_tensor("test", {220, 200}, kFloat64);
    for (std::int64_t i = 0; i < sparse.numel(); ++i) {
      sparse.data_ptr<double>()[i] = i % 7 == 3 ? 1 : 0;
    }
    return std::vector<Sample>{make("a line", doubles({5}, {0, 1, 0, -2, kNan})),
                               make("a matrix", doubles({2, 3}, {0, 1, 0, 2, 0, 3})),
                               make("0-d", doubles({}, {2})),
                               make("0-d zero", doubles({}, {0})),
                               make("nothing", distinct({0, 3})),
                               make("many", sparse)};
  };
  s.errors = [] {
    return std::vector<ErrorSample>{{"undefined", [] { nonzero(Tensor()); }, "[nonzero]"}};
  };
  return s;
}

Sample gather_sample(const char* label, const Tensor& x, std::int64_t dim, const Tensor& index) {
  return {label,
          {x, index},
          [=](const Tensors& in) { return Tensors{gather(in[0], dim, in[1])}; },
          [=](const Tensors& in) {
            const Line values = to_doubles(in[0]);
            const Line at = to_doubles(in[1]);
            Line out;
            std::size_t k = 0;
            for_positions(in[1].sizes(), [&](Position p) {
              const auto rank = static_cast<std::int64_t>(p.size());
              if (rank > 0) {
                p[static_cast<std::size_t>((dim + rank) % rank)] = static_cast<std::int64_t>(at[k]);
              }
              ++k;
              out.push_back(values[place(in[0].sizes(), p)]);
            });
            return Tensors{doubles(in[1].sizes(), out)};
          }};
}

OpSamples gather_op() {
  OpSamples s;
  s.op = "gather";
  s.dtypes = all_dtypes();
  s.samples = [] {
    std::vector<Sample> out{
        gather_sample("rows", distinct({3, 4}), 1, integers({3, 2}, {3, 0, 1, 1, 2, 3})),
        gather_sample("columns", distinct({3, 2}), 0, integers({4, 2}, {2, 0, 1, 1, 0, 2, 2, 2})),
        gather_sample("fewer rows than self", distinct({3, 4}), -1, integers({2, 2}, {3, 0, 1, 1})),
        gather_sample("middle", distinct({2, 3, 2}), 1, integers({2, 1, 2}, {2, 0, 1, 1})),
        gather_sample("0-d", distinct({}), 0, integers({}, {0})),
        gather_sample("a line", distinct({4}), 0, integers({6}, {3, 0, 3, 3, 1, 0})),
        gather_sample("nothing", distinct({3, 4}), 1, integers({3, 0}, {}))};
    out.back().gradcheck = false;
    return out;
  };
  s.errors = [] {
    const Tensor x = distinct({2, 3});
    return std::vector<ErrorSample>{
        {"out of range",
         [=] {
           gather(x, 1, integers({1, 2}, {0, 3}));
         },
         "[gather] index 3 is out of range for dimension 1 with size 3"},
        {"negative",
         [=] {
           gather(x, 0, integers({1, 1}, {-1}));
         },
         "[gather] index -1 is out of range for dimension 0 with size 2"},
        {"fewer dimensions", [=] { gather(x, 0, integers({1}, {0})); },
         "[gather] index must have as many dimensions as self; got [1] for [2, 3]"},
        {"larger",
         [=] {
           gather(x, 0, integers({1, 4}, {0, 0, 0, 0}));
         },
         "[gather] index must be no larger than self outside dim; got [1, 4] for [2, 3] and dim 0"},
        {"dim",
         [=] {
           gather(x, 2, integers({1, 1}, {0}));
         },
         "[gather] dimension out of range"}};
  };
  return s;
}

Line rows_at(const Tensor& weight, const Tensor& indices) {
  const Line w = to_doubles(weight);
  const auto width = static_cast<std::size_t>(weight.size(1));
  Line out;
  for (const double i : to_doubles(indices)) {
    const auto row = static_cast<std::size_t>(i) * width;
    for (std::size_t k = 0; k < width; ++k) out.push_back(w[row + k]);
  }
  return out;
}

OpSamples embedding_op() {
  const auto make = [](const char* label, const Tensor& weight, const Tensor& indices,
                       std::int64_t padding) {
    // Rows of padding get no gradient, which finite differences do not know.
    return Sample{label,
                  {weight, indices},
                  [=](const Tensors& in) { return Tensors{embedding(in[0], in[1], padding)}; },
                  [=](const Tensors& in) {
                    auto sizes = in[1].sizes().vec();
                    sizes.push_back(in[0].size(1));
                    return Tensors{doubles(sizes, rows_at(in[0], in[1]))};
                  },
                  padding < 0};
  };
  OpSamples s;
  s.op = "embedding";
  s.dtypes = all_dtypes();
  s.samples = [=] {
    std::vector<Sample> out{make("a line", distinct({4, 3}), integers({3}, {3, 0, 3}), -1),
                            make("a batch", distinct({3, 2}), integers({2, 2}, {1, 1, 2, 1}), -1),
                            make("0-d", distinct({3, 2}), integers({}, {1}), -1),
                            make("padding", distinct({3, 2}), integers({3}, {0, 1, 0}), 0),
                            make("nothing", distinct({3, 2}), integers({0}, {}), -1)};
    out.back().gradcheck = false;
    return out;
  };
  s.errors = [] {
    return std::vector<ErrorSample>{
        {"weight of 3 dimensions",
         [] {
           embedding(distinct({2, 2, 2}), integers({1}, {0}));
         },
         "[embedding] weight must have 2 dimensions; got [2, 2, 2]"},
        {"out of range",
         [] {
           embedding(distinct({2, 3}), integers({1}, {2}));
         },
         "[embedding] index 2 is out of range for dimension 0 with size 2"},
        {"padding",
         [] {
           embedding(distinct({2, 3}), integers({1}, {0}), 2);
         },
         "[embedding] padding_idx must be -1 or a row of weight; got 2 for 2 rows"}};
  };
  return s;
}

// embedding's gradient, which no public function offers.
Tensor embedding_backward(const Tensor& grad, const Tensor& indices, std::int64_t rows,
                          std::int64_t padding) {
  return ops::call(*ops::find_op("embedding_backward"), ops::EmbeddingBackwardAttrs{rows, padding},
                   grad, indices);
}

OpSamples embedding_backward_op() {
  const auto make = [](const char* label, const Tensor& grad, const Tensor& indices,
                       std::int64_t padding) {
    return Sample{
        label,
        {grad, indices},
        [=](const Tensors& in) { return Tensors{embedding_backward(in[0], in[1], 4, padding)}; },
        [=](const Tensors& in) {
          const auto width = static_cast<std::size_t>(in[0].size(-1));
          Line out(4 * width, 0.0);
          const Line g = to_doubles(in[0]);
          const Line at = to_doubles(in[1]);
          for (std::size_t k = 0; k < at.size(); ++k) {
            if (static_cast<std::int64_t>(at[k]) == padding) continue;
            for (std::size_t j = 0; j < width; ++j) {
              out[static_cast<std::size_t>(at[k]) * width + j] += g[k * width + j];
            }
          }
          return Tensors{doubles({4, in[0].size(-1)}, out)};
        }};
  };
  OpSamples s;
  s.op = "embedding_backward";
  s.dtypes = floating_dtypes();
  s.tolerance = 1e-4;
  s.samples = [=] {
    return std::vector<Sample>{
        make("a line", distinct({3, 3}), integers({3}, {3, 0, 3}), -1),
        make("a batch", distinct({2, 2, 2}), integers({2, 2}, {1, 1, 2, 1}), -1),
        make("padding", distinct({3, 2}), integers({3}, {0, 1, 0}), 0),
        make("0-d", distinct({2}), integers({}, {1}), -1),
        make("nothing", distinct({0, 2}), integers({0}, {}), -1)};
  };
  s.errors = [] {
    return std::vector<ErrorSample>{
        {"gradient of another shape",
         [] {
           embedding_backward(distinct({2, 3}), integers({3}, {0, 1, 2}), 4, -1);
         },
         "[embedding_backward] the gradient must have one row per index; got [2, 3] for [3]"},
        {"padding",
         [] {
           embedding_backward(distinct({1, 3}), integers({1}, {0}), 4, 4);
         },
         "[embedding_backward] padding_idx must be -1 or a row of weight; got 4 for 4 rows"}};
  };
  return s;
}

}  // namespace

std::vector<OpSamples> index_samples() {
  return {index_op(),   index_put_op(), index_select_op(), index_add_op(),         masked_fill_op(),
          nonzero_op(), gather_op(),    embedding_op(),    embedding_backward_op()};
}

}  // namespace sinter::testing
