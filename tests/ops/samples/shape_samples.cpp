#include <sinter/ops/creation.h>
#include <sinter/ops/shape.h>
#include <sinter/ops/view.h>

#include <algorithm>
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

std::function<Tensors(const Tensors&)> joined(std::int64_t dim, Index sizes) {
  return [=](const Tensors& in) -> Tensors {
    Array out(sizes);
    const auto d = static_cast<std::size_t>(dim);
    std::int64_t start = 0;
    for (const Tensor& t : in) {
      const Array x(t);
      if (x.sizes.size() != sizes.size()) continue;
      for_each_index(x.sizes, [&](const Index& i) {
        Index to = i;
        to[d] += start;
        out[to] = x[i];
      });
      start += x.sizes[d];
    }
    return {out.tensor()};
  };
}

std::vector<Sample> cat() {
  const auto along = [](std::int64_t dim) {
    return [dim](const Tensors& in) -> Tensors { return {sinter::cat(in, dim)}; };
  };
  return {
      {"rows", {values({2, 3}), values({1, 3}, 2)}, along(0), joined(0, {3, 3})},
      {"columns", {values({2, 3}), values({2, 1}, 2)}, along(-1), joined(1, {2, 4})},
      {"three, in the middle",
       {values({2, 1, 2}), values({2, 2, 2}, 2), values({2, 0, 2}, 3)},
       along(1),
       joined(1, {2, 3, 2})},
      {"one", {values({3})}, along(0), joined(0, {3})},
      {"empty", {values({0, 2}), values({0, 2})}, along(0), joined(0, {0, 2})},
      {"a vector of nothing beside a matrix",
       {values({0}), values({2, 2}, 2)},
       along(1),
       joined(1, {2, 2})},
      {"channels",
       {values({2, 2, 2, 3}), values({2, 3, 2, 3}, 2)},
       along(1),
       joined(1, {2, 5, 2, 3})},
      {"stack",
       {values({2, 2}), values({2, 2}, 2)},
       [](const Tensors& in) -> Tensors { return {stack(in, -1)}; },
       [](const Tensors& in) -> Tensors {
         const Array a(in[0]);
         const Array b(in[1]);
         Array out({2, 2, 2});
         for_each_index(out.sizes, [&](const Index& i) {
           out[i] = (i[2] == 0 ? a : b)[{i[0], i[1]}];
         });
         return {out.tensor()};
       }},
      {"hstack",
       {values({2, 2}), values({2, 1}, 2)},
       [](const Tensors& in) -> Tensors { return {hstack(in)}; },
       joined(1, {2, 3})},
      {"hstack of vectors",
       {values({2}), values({3}, 2)},
       [](const Tensors& in) -> Tensors { return {hstack(in)}; },
       joined(0, {5})},
      {"vstack",
       {values({1, 2}), values({3, 2}, 2)},
       [](const Tensors& in) -> Tensors { return {vstack(in)}; },
       joined(0, {4, 2})},
  };
}

std::vector<ErrorSample> cat_errors() {
  const Tensor x = zeros({2, 3});
  return {
      {"none", [] { sinter::cat({}); }, "[cat] takes at least one tensor; got none"},
      {"0-d",
       [x] {
         sinter::cat({x, zeros({})});
       },
       "[cat] cannot join 0-d tensors; got one as tensor 1"},
      {"sizes",
       [x] {
         sinter::cat({x, zeros({2, 4})});
       },
       "[cat] sizes may differ in dimension 0 only; got [2, 4] for tensor 1 and [2, 3] before it"},
      {"dimensions",
       [x] {
         sinter::cat({x, zeros({2})});
       },
       "[cat] sizes may differ in dimension 0 only; got [2] for tensor 1"},
      {"dimension",
       [x] {
         sinter::cat({x, x}, 2);
       },
       "[cat] dimension out of range"},
      {"INT64_MIN",
       [x] {
         sinter::cat({x, x}, kMin);
       },
       "[cat] dimension out of range"},
      {"overflow",
       [] {
         const Tensor huge = zeros({1, 0}).expand({kMax / 2 + 1, 0});
         sinter::cat({huge, huge});
       },
       "[cat] size overflows int64"},
      {"too many bytes",
       [] {
         const Tensor huge = zeros({1}, kInt8).expand({kMax / 2});
         sinter::cat({huge, huge, huge});
       },
       "[cat]"},
      {"an undefined tensor",
       [x] {
         sinter::cat({x, Tensor()});
       },
       "undefined"},
      {"stack none", [] { stack({}); }, "[stack] takes at least one tensor; got none"},
      {"stack sizes",
       [x] {
         stack({x, zeros({3, 2})});
       },
       "[stack] tensors must have equal sizes; got [2, 3] and [3, 2]"},
      {"stack dimension", [x] { stack({x}, 3); }, "[stack] dimension out of range"},
      {"hstack none", [] { hstack({}); }, "[hstack] takes at least one tensor; got none"},
      {"vstack none", [] { vstack({}); }, "[vstack] takes at least one tensor; got none"},
  };
}

std::vector<Sample> flip() {
  const auto over = [](Index dims) {
    return run1([dims](const Tensor& x) { return sinter::flip(x, dims); });
  };
  return {
      {"rows",
       {values({3, 2})},
       over({0}),
       moves({3, 2},
             [](const Index& i) {
               return Index{2 - i[0], i[1]};
             })},
      {"all",
       {values({2, 3, 4})},
       over({0, 1, -1}),
       moves({2, 3, 4},
             [](const Index& i) {
               return Index{1 - i[0], 2 - i[1], 3 - i[2]};
             })},
      {"none", {values({2})}, over({}), moves({2}, [](const Index& i) { return i; })},
      {"0-d", {values({})}, over({}), moves({}, [](const Index& i) { return i; })},
      {"empty", {values({0, 3})}, over({0, 1}), moves({0, 3}, [](const Index& i) { return i; })},
      {"roll",
       {values({2, 5})},
       run1([](const Tensor& x) {
         return x.roll({2, -1}, {1, 0});
       }),
       moves({2, 5},
             [](const Index& i) {
               return Index{(i[0] + 1) % 2, (i[1] + 3) % 5};
             })},
      {"roll of all elements",
       {values({2, 3})},
       run1([](const Tensor& x) { return x.roll({-1}); }),
       moves({2, 3},
             [](const Index& i) {
               const std::int64_t from = (3 * i[0] + i[1] + 1) % 6;
               return Index{from / 3, from % 3};
             })},
      {"roll by INT64_MIN",
       {values({3})},
       run1([](const Tensor& x) { return x.roll({kMin}, {0}); }),
       moves({3}, [](const Index& i) { return Index{(i[0] + 2) % 3}; })},
      {"roll of nothing",
       {values({0, 2})},
       run1([](const Tensor& x) { return x.roll({1}, {0}); }),
       moves({0, 2}, [](const Index& i) { return i; })},
  };
}

std::vector<ErrorSample> flip_errors() {
  const Tensor x = zeros({2, 3});
  return {
      {"twice",
       [x] {
         sinter::flip(x, {0, -2});
       },
       "[flip] a dimension appears twice; got [0, -2]"},
      {"out of range", [x] { sinter::flip(x, {2}); }, "[flip] dimension out of range"},
      {"roll",
       [x] {
         x.roll({1, 2}, {0});
       },
       "[roll] takes as many shifts as dims; got [1, 2] and [0]"},
      {"roll without shifts", [x] { x.roll(IntArrayRef()); }, "[roll] takes as many shifts"},
      {"roll 0-d", [] { zeros({}).roll({1}, {0}); }, "[roll] a 0-d tensor has no dimensions"},
  };
}

std::int64_t mirrored(std::int64_t i, std::int64_t size) {
  if (i < 0) i = -i;
  return i >= size ? 2 * (size - 1) - i : i;
}

std::vector<Sample> pad() {
  const auto by = [](Index pads, const char* mode = "constant", double value = 0) {
    return run1([=](const Tensor& x) { return sinter::pad(x, pads, mode, value); });
  };
  const auto inside = [](std::int64_t i, std::int64_t size) { return i >= 0 && i < size; };
  return {
      {"the last dimension",
       {values({2, 3})},
       by({1, 2}),
       moves({2, 6},
             [=](const Index& i) -> std::optional<Index> {
               if (!inside(i[1] - 1, 3)) return std::nullopt;
               return Index{i[0], i[1] - 1};
             })},
      {"two dimensions, one smaller",
       {values({1, 3, 4})},
       by({-1, 1, 1, 0}),
       moves({1, 4, 4},
             [=](const Index& i) -> std::optional<Index> {
               if (!inside(i[1] - 1, 3) || !inside(i[2] + 1, 4)) return std::nullopt;
               return Index{0, i[1] - 1, i[2] + 1};
             })},
      {"with a value",
       {values({2})},
       by({1, 0}, "constant", 1),
       [](const Tensors& in) -> Tensors {
         const Array x(in[0]);
         Array out({3}, 1);
         out.values[1] = x.values[0];
         out.values[2] = x.values[1];
         return {out.tensor()};
       }},
      {"taken away entirely",
       {values({3})},
       by({-3, 2}),
       moves({2}, [](const Index&) { return std::optional<Index>(); })},
      {"no pads", {values({2, 2})}, by({}), moves({2, 2}, [](const Index& i) { return i; })},
      {"0-d", {values({})}, by({}), moves({}, [](const Index& i) { return i; })},
      {"empty",
       {values({0, 2})},
       by({0, 0, 1, 0}),
       moves({1, 2}, [](const Index&) { return std::optional<Index>(); })},
      {"images",
       {values({2, 2, 3, 3})},
       by({1, 1, 1, 1}),
       moves({2, 2, 5, 5},
             [=](const Index& i) -> std::optional<Index> {
               if (!inside(i[2] - 1, 3) || !inside(i[3] - 1, 3)) return std::nullopt;
               return Index{i[0], i[1], i[2] - 1, i[3] - 1};
             })},
      {"reflect",
       {values({1, 3, 4})},
       by({2, 3, 1, 0}, "reflect"),
       moves({1, 4, 9},
             [](const Index& i) {
               return Index{0, mirrored(i[1] - 1, 3), mirrored(i[2] - 2, 4)};
             })},
      {"replicate",
       {values({2, 3})},
       by({2, 1}, "replicate"),
       moves({2, 6},
             [](const Index& i) {
               return Index{i[0], std::clamp<std::int64_t>(i[1] - 2, 0, 2)};
             })},
      {"circular, one smaller",
       {values({2, 3})},
       by({3, -1}, "circular"),
       moves({2, 5},
             [](const Index& i) {
               return Index{i[0], i[1] % 3};
             })},
  };
}

std::vector<ErrorSample> pad_errors() {
  const Tensor x = zeros({2, 3});
  return {
      {"odd", [x] { sinter::pad(x, {1}); },
       "[pad] takes two pads per dimension, of at most 2 dimensions; got [1]"},
      {"too many",
       [x] {
         sinter::pad(x, {1, 1, 1, 1, 1, 1});
       },
       "[pad] takes two pads per dimension"},
      {"takes too much",
       [x] {
         sinter::pad(x, {-4, 5});
       },
       "[pad] pads must not take away more than there is; got -4 and 5 for a dimension of size 3"},
      {"takes too much from both ends",
       [x] {
         sinter::pad(x, {-2, -2});
       },
       "[pad] pads must not take away more than there is"},
      {"overflow",
       [x] {
         sinter::pad(x, {kMax, kMax});
       },
       "[pad] size overflows int64"},
      {"mode",
       [x] {
         sinter::pad(x, {1, 1}, "mirror");
       },
       "[pad] mode must be constant, reflect, replicate or circular; got mirror"},
      {"reflect",
       [x] {
         sinter::pad(x, {3, 0}, "reflect");
       },
       "[pad] reflect needs pads below the size; got 3 and 0 for a dimension of size 3"},
      {"replicate",
       [] {
         sinter::pad(zeros({0}), {1, 0}, "replicate");
       },
       "[pad] replicate needs an element to repeat; got sizes [0]"},
      {"circular",
       [x] {
         sinter::pad(x, {4, 0}, "circular");
       },
       "[pad] circular needs pads of at most the size; got 4 and 0 for a dimension of size 3"},
  };
}

std::vector<Sample> repeat_indices() {
  const auto counts = [](Index list) { return tensor(list); };
  const auto by_rows = [](const Tensors& in) -> Tensors {
    return {repeat_interleave(in[0], in[1], 0)};
  };
  return {
      {"rows by their counts",
       {values({3, 2}), counts({2, 0, 1})},
       by_rows,
       moves({3, 2},
             [](const Index& i) {
               return Index{i[0] < 2 ? 0 : 2, i[1]};
             }),
       false},
      {"one count for all",
       {values({2, 2}), counts({2})},
       by_rows,
       moves({4, 2},
             [](const Index& i) {
               return Index{i[0] / 2, i[1]};
             }),
       false},
      {"all elements",
       {values({2}), counts({1, 2})},
       [](const Tensors& in) -> Tensors { return {repeat_interleave(in[0], in[1])}; },
       moves({3}, [](const Index& i) { return Index{i[0] == 0 ? 0 : 1}; }),
       false},
      {"0-d",
       {values({}), counts({3})},
       [](const Tensors& in) -> Tensors { return {repeat_interleave(in[0], in[1])}; },
       moves({3}, [](const Index&) { return Index{}; }),
       false},
      {"nothing",
       {values({0, 2}), counts({})},
       by_rows,
       moves({0, 2}, [](const Index& i) { return i; }),
       false},
  };
}

std::vector<ErrorSample> repeat_indices_errors() {
  const Tensor x = zeros({2, 3});
  return {
      {"negative",
       [x] {
         repeat_interleave(x, tensor({1, -1}), 0);
       },
       "[repeat_interleave] a count is negative; got -1"},
      {"dtype",
       [x] {
         repeat_interleave(x, tensor({1.0, 1.0}), 0);
       },
       "[repeat_interleave] counts must be i32 or i64; got f32"},
      {"dimensions",
       [x] {
         repeat_interleave(x, tensor({{1, 1}}), 0);
       },
       "[repeat_interleave] counts must be 1-d; got [1, 2]"},
      {"number",
       [x] {
         repeat_interleave(x, tensor({1, 1}), 1);
       },
       "[repeat_interleave] takes one count per element of the dimension; got 2 for 3"},
      {"overflow",
       [x] {
         repeat_interleave(x, tensor({kMax, kMax}), 0);
       },
       "[repeat_interleave] size overflows int64"},
      {"one number, negative", [x] { repeat_interleave(x, -1, 0); },
       "[repeat_interleave] the count is negative; got -1"},
      {"one number, overflow", [x] { repeat_interleave(x, kMax, 0); },
       "[repeat_interleave] size overflows int64"},
  };
}

}  // namespace

std::vector<OpSamples> shape_samples() {
  return {
      {"cat", all_dtypes(), cat, cat_errors},
      {"flip", all_dtypes(), flip, flip_errors},
      {"pad", all_dtypes(), pad, pad_errors},
      {"repeat_indices", {kFloat32}, repeat_indices, repeat_indices_errors},
  };
}

}  // namespace sinter::testing
