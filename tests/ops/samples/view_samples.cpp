#include <sinter/ops/copy.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/view.h>
#include <sinter/ops/view_internal.h>

#include <cstring>
#include <limits>

#include "../arrays.h"

namespace sinter::testing {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

template <class F>
std::function<Tensors(const Tensors&)> run1(F fn) {
  return [fn](const Tensors& in) -> Tensors { return {fn(in[0])}; };
}

// The same elements in the same order under other sizes.
std::function<Tensors(const Tensors&)> resized(Index sizes) {
  return [sizes](const Tensors& in) -> Tensors {
    Array out(sizes);
    out.values = Array(in[0]).values;
    return {out.tensor()};
  };
}

std::vector<Sample> view() {
  const auto to = [](Index sizes) {
    return run1([sizes](const Tensor& x) { return x.view(sizes); });
  };
  return {
      {"split a dimension", {values({6, 4})}, to({2, 3, 4}), resized({2, 3, 4})},
      {"split both, one size unknown", {values({6, 4})}, to({-1, 3, 2, 2}), resized({2, 3, 2, 2})},
      {"dimensions of size 1", {values({2, 3})}, to({1, 2, 1, 3, 1}), resized({1, 2, 1, 3, 1})},
      {"0-d to 2-d", {values({})}, to({1, 1}), resized({1, 1})},
      {"1-d to 0-d", {values({1})}, to({}), resized({})},
      {"empty", {values({0, 3})}, to({3, 0, 2}), resized({3, 0, 2})},
      {"of a copy",
       {values({2, 3, 4})},
       run1([](const Tensor& x) {
         return x.contiguous().view({4, -1});
       }),
       resized({4, 6})},
      {"reshape, unflatten and flatten",
       {values({2, 3, 4})},
       run1([](const Tensor& x) {
         return flatten(unflatten(reshape(x, {4, 6}), 1, {2, -1}), 0, 1);
       }),
       resized({8, 3})},
  };
}

std::vector<ErrorSample> view_errors() {
  const auto on = [](Index from, Index to) { return [from, to] { zeros(from).view(to); }; };
  return {
      {"number of elements", on({2, 3}, {4}), "[view] sizes do not hold 6 elements; got [4]"},
      {"not divisible", on({2, 3}, {-1, 4}), "sizes do not hold 6 elements; got [-1, 4]"},
      {"two unknown", on({2, 3}, {-1, -1}), "only one size can be -1; got [-1, -1]"},
      {"negative", on({2, 3}, {-2, 3}), "a size is negative; got [-2, 3]"},
      {"ambiguous", on({0}, {-1, 0}), "the size -1 could be anything beside a size of 0"},
      {"overflow", on({2}, {kMax, kMax}), "[view] the number of elements exceeds 2^63 - 1"},
      {"overflow beside 0", on({0}, {0, kMax, kMax}),
       "[view] the number of elements exceeds 2^63 - 1"},
      {"strides",
       [] {
         zeros({2, 3}).t().view({6});
       },
       "[view] the elements do not lie so that they could be viewed as [6]; got sizes [3, 2] with "
       "strides [1, 3]; use reshape()"},
      {"reshape",
       [] {
         zeros({2, 3}).reshape({5});
       },
       "[reshape] sizes do not hold 6 elements"},
      {"flatten",
       [] {
         flatten(zeros({2, 3}), 1, 0);
       },
       "[flatten] start_dim must not come after end_dim; got 1 and 0"},
      {"unflatten nothing", [] { unflatten(zeros({2}), 0, IntArrayRef()); },
       "[unflatten] takes at least one size; got none"},
      {"unflatten 0-d", [] { unflatten(zeros({}), 0, {1}); },
       "[unflatten] a 0-d tensor has no dimension to split"},
      {"unflatten sizes",
       [] {
         unflatten(zeros({6}), 0, {4, 2});
       },
       "[unflatten] sizes do not hold 6 elements; got [4, 2]"},
      {"too many dimensions", [] { zeros({1}).view(Index(17, 1)); },
       "a tensor has at most 16 dimensions; got 17"},
  };
}

std::vector<Sample> permute() {
  return {
      {"3-d",
       {values({2, 3, 4})},
       run1([](const Tensor& x) {
         return x.permute({2, 0, 1});
       }),
       moves({4, 2, 3},
             [](const Index& i) {
               return Index{i[1], i[2], i[0]};
             })},
      {"negative dimensions",
       {values({2, 3})},
       run1([](const Tensor& x) {
         return x.permute({-1, -2});
       }),
       moves({3, 2},
             [](const Index& i) {
               return Index{i[1], i[0]};
             })},
      {"0-d",
       {values({})},
       run1([](const Tensor& x) { return x.permute(IntArrayRef()); }),
       resized({})},
      {"empty",
       {values({0, 3})},
       run1([](const Tensor& x) {
         return x.permute({1, 0});
       }),
       resized({3, 0})},
      {"transpose",
       {values({2, 3, 4})},
       run1([](const Tensor& x) { return x.transpose(0, -1); }),
       moves({4, 3, 2},
             [](const Index& i) {
               return Index{i[2], i[1], i[0]};
             })},
      {"t of a matrix",
       {values({2, 3})},
       run1([](const Tensor& x) { return x.t(); }),
       moves({3, 2},
             [](const Index& i) {
               return Index{i[1], i[0]};
             })},
      {"t of a vector", {values({3})}, run1([](const Tensor& x) { return x.t(); }), resized({3})},
      {"movedim",
       {values({2, 3, 4, 2})},
       run1([](const Tensor& x) {
         return x.movedim({0, 2}, {-1, 0});
       }),
       moves({4, 3, 2, 2},
             [](const Index& i) {
               return Index{i[3], i[1], i[0], i[2]};
             })},
      {"movedim of one",
       {values({2, 3, 4})},
       run1([](const Tensor& x) { return x.movedim(2, 0); }),
       moves({4, 2, 3},
             [](const Index& i) {
               return Index{i[1], i[2], i[0]};
             })},
  };
}

std::vector<ErrorSample> permute_errors() {
  return {
      {"too few",
       [] {
         zeros({2, 3}).permute({0});
       },
       "[permute] takes every dimension of [2, 3] once; got [0]"},
      {"twice",
       [] {
         zeros({2, 3}).permute({0, 0});
       },
       "[permute] a dimension appears twice; got [0, 0]"},
      {"out of range",
       [] {
         zeros({2, 3}).permute({0, 2});
       },
       "[permute] dimension out of range (expected [-2, 1]); got 2"},
      {"INT64_MIN",
       [] {
         zeros({2, 3}).transpose(0, kMin);
       },
       "[transpose] dimension out of range"},
      {"t",
       [] {
         zeros({2, 3, 4}).t();
       },
       "[t] takes at most 2 dimensions; got [2, 3, 4]"},
      {"movedim",
       [] {
         zeros({2, 3}).movedim({0}, {0, 1});
       },
       "[movedim] takes as many sources as destinations; got [0] and [0, 1]"},
      {"movedim twice",
       [] {
         zeros({2, 3}).movedim({0, 0}, {0, 1});
       },
       "[movedim] a dimension appears twice"},
  };
}

std::vector<Sample> expand() {
  return {
      {"a row",
       {values({1, 3})},
       run1([](const Tensor& x) {
         return x.expand({2, 3});
       }),
       moves({2, 3},
             [](const Index& i) {
               return Index{0, i[1]};
             })},
      {"new dimensions, sizes kept",
       {values({2, 1})},
       run1([](const Tensor& x) {
         return x.expand({3, -1, 4});
       }),
       moves({3, 2, 4},
             [](const Index& i) {
               return Index{i[1], 0};
             })},
      {"0-d",
       {values({})},
       run1([](const Tensor& x) {
         return x.expand({2, 2});
       }),
       moves({2, 2}, [](const Index&) { return Index{}; })},
      {"to nothing",
       {values({1, 3})},
       run1([](const Tensor& x) {
         return x.expand({0, 3});
       }),
       moves({0, 3}, [](const Index& i) { return i; })},
      {"empty",
       {values({0, 1})},
       run1([](const Tensor& x) {
         return x.expand({0, 5});
       }),
       resized({0, 5})},
      {"unchanged",
       {values({2, 3})},
       run1([](const Tensor& x) {
         return x.expand({2, 3});
       }),
       resized({2, 3})},
      {"broadcast_tensors",
       {values({3, 1}), values({2}, 2)},
       [](const Tensors& in) { return broadcast_tensors(in); },
       [](const Tensors& in) -> Tensors {
         const Array a(in[0]);
         const Array b(in[1]);
         Array x({3, 2});
         Array y({3, 2});
         for_each_index(x.sizes, [&](const Index& i) {
           x[i] = a[{i[0], 0}];
           y[i] = b[{i[1]}];
         });
         return {x.tensor(), y.tensor()};
       }},
  };
}

std::vector<ErrorSample> expand_errors() {
  const auto on = [](Index from, Index to) { return [from, to] { zeros(from).expand(to); }; };
  return {
      {"too few sizes", on({2, 3}, {3}),
       "[expand] needs at least 2 sizes for a tensor of sizes [2, 3]; got [3]"},
      {"a size changes", on({2, 3}, {4, 3}),
       "[expand] a size that is not 1 cannot change; got [4, 3] for a tensor of sizes [2, 3]"},
      {"a new size is unknown", on({3}, {-1, 3}), "[expand] a size is negative; got [-1, 3]"},
      {"INT64_MIN", on({3}, {kMin, 3}), "[expand] a size is negative"},
      {"too many elements", on({1}, {kMax, 4}), "[expand]"},
      {"broadcast_tensors",
       [] {
         broadcast_tensors({zeros({2}), zeros({3})});
       },
       "[broadcast_tensors] shapes do not broadcast; got [2] and [3]"},
  };
}

std::vector<Sample> squeeze() {
  return {
      {"all",
       {values({1, 2, 1, 3})},
       run1([](const Tensor& x) { return x.squeeze(); }),
       resized({2, 3})},
      {"one",
       {values({1, 2, 1})},
       run1([](const Tensor& x) { return x.squeeze(-1); }),
       resized({1, 2})},
      {"a dimension that is not 1",
       {values({2, 3})},
       run1([](const Tensor& x) { return x.squeeze(0); }),
       resized({2, 3})},
      {"some",
       {values({1, 2, 1, 1})},
       run1([](const Tensor& x) {
         return sinter::squeeze(x, IntArrayRef{0, 1, 3});
       }),
       resized({2, 1})},
      {"0-d", {values({})}, run1([](const Tensor& x) { return x.squeeze(0); }), resized({})},
      {"empty", {values({0, 1})}, run1([](const Tensor& x) { return x.squeeze(); }), resized({0})},
  };
}

std::vector<ErrorSample> squeeze_errors() {
  return {
      {"out of range",
       [] {
         zeros({1, 2}).squeeze(2);
       },
       "[squeeze] dimension out of range (expected [-2, 1]); got 2"},
      {"twice",
       [] {
         squeeze(zeros({1, 2}), IntArrayRef{0, -2});
       },
       "[squeeze] a dimension appears twice"},
  };
}

std::vector<Sample> unsqueeze() {
  const auto at = [](std::int64_t dim) {
    return run1([dim](const Tensor& x) { return x.unsqueeze(dim); });
  };
  return {
      {"in front", {values({2, 3})}, at(0), resized({1, 2, 3})},
      {"in the middle", {values({2, 3})}, at(1), resized({2, 1, 3})},
      {"at the end", {values({2, 3})}, at(-1), resized({2, 3, 1})},
      {"0-d", {values({})}, at(0), resized({1})},
      {"empty", {values({0, 2})}, at(1), resized({0, 1, 2})},
  };
}

std::vector<ErrorSample> unsqueeze_errors() {
  return {
      {"out of range", [] { zeros({2}).unsqueeze(2); },
       "[unsqueeze] dimension out of range (expected [-2, 1]); got 2"},
      {"too many dimensions", [] { zeros(Index(16, 1)).unsqueeze(0); },
       "a tensor has at most 16 dimensions; got 17"},
  };
}

std::vector<Sample> view_dtype() {
  const auto as_int = [](const Tensors& in) -> Tensors {
    Array out(in[0].sizes().vec());
    const std::vector<double> x = Array(in[0]).values;
    for (std::size_t i = 0; i < x.size(); ++i) {
      std::int64_t bits = 0;
      std::memcpy(&bits, &x[i], sizeof bits);
      out.values[i] = static_cast<double>(bits);
    }
    return {out.tensor()};
  };
  const auto bits = run1([](const Tensor& x) { return x.to(kFloat64).view(kInt64); });
  return {
      {"f64 as i64", {values({2, 3})}, bits, as_int},
      {"0-d", {values({})}, bits, as_int},
      {"empty", {values({0, 3})}, bits, as_int},
      {"there and back through bytes",
       {values({2, 3})},
       run1([](const Tensor& x) { return x.contiguous().view(kUInt8).view(x.dtype()); }),
       resized({2, 3})},
  };
}

std::vector<ErrorSample> view_dtype_errors() {
  return {
      {"strides",
       [] {
         zeros({2, 4}).t().view(kInt8);
       },
       "[view] elements of another size need a last dimension of stride 1; got strides [1, 4]"},
      {"0-d", [] { zeros({}).view(kInt8); }, "need a last dimension of stride 1"},
      {"does not divide",
       [] {
         zeros({2, 3}).view(kFloat64);
       },
       "[view] elements of f32 do not make up whole f64; got sizes [2, 3]"},
  };
}

}  // namespace

std::vector<OpSamples> part_samples();

std::vector<OpSamples> view_samples() {
  std::vector<OpSamples> all = {
      {"view", all_dtypes(), view, view_errors},
      {"permute", all_dtypes(), permute, permute_errors},
      {"expand", all_dtypes(), expand, expand_errors},
      {"squeeze", all_dtypes(), squeeze, squeeze_errors},
      {"unsqueeze", all_dtypes(), unsqueeze, unsqueeze_errors},
      {"view_dtype", {kFloat32, kFloat64}, view_dtype, view_dtype_errors},
  };
  for (OpSamples& op : part_samples()) all.push_back(std::move(op));
  return all;
}

}  // namespace sinter::testing
