// Samples of views of a part of a tensor.
#include <sinter/ops/creation.h>
#include <sinter/ops/view.h>
#include <sinter/ops/view_internal.h>

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

// References of several outputs, each of which moves elements of inputs[0].
std::function<Tensors(const Tensors&)> several(
    std::vector<std::function<Tensors(const Tensors&)>> parts) {
  return [parts](const Tensors& in) {
    Tensors out;
    for (const auto& part : parts) out.push_back(part(in)[0]);
    return out;
  };
}

// Rows [start, start + count) of a matrix with `columns` columns.
std::function<Tensors(const Tensors&)> rows(std::int64_t start, std::int64_t count,
                                            std::int64_t columns) {
  return moves({count, columns}, [start](const Index& i) { return Index{i[0] + start, i[1]}; });
}

std::vector<Sample> slice() {
  return {
      {"a step",
       {values({2, 7})},
       run1([](const Tensor& x) { return x.slice(1, 1, 6, 2); }),
       moves({2, 3},
             [](const Index& i) {
               return Index{i[0], 1 + 2 * i[1]};
             })},
      {"negative positions",
       {values({5, 2})},
       run1([](const Tensor& x) { return x.slice(0, -3, -1); }),
       rows(2, 2, 2)},
      {"positions out of range",
       {values({3, 2})},
       run1([](const Tensor& x) { return x.slice(0, kMin, kMax, kMax); }),
       rows(0, 1, 2)},
      {"nothing",
       {values({3, 2})},
       run1([](const Tensor& x) { return x.slice(0, 2, 1); }),
       rows(0, 0, 2)},
      {"all", {values({3, 2})}, run1([](const Tensor& x) { return x.slice(-2); }), rows(0, 3, 2)},
      {"empty",
       {values({0, 2})},
       run1([](const Tensor& x) { return x.slice(0, 0, 5, 2); }),
       rows(0, 0, 2)},
      {"narrow",
       {values({2, 3, 4})},
       run1([](const Tensor& x) { return x.narrow(2, -3, 2); }),
       moves({2, 3, 2},
             [](const Index& i) {
               return Index{i[0], i[1], i[2] + 1};
             })},
      {"narrow to nothing at the end",
       {values({3, 2})},
       run1([](const Tensor& x) { return x.narrow(0, 3, 0); }),
       rows(0, 0, 2)},
      {"split",
       {values({5, 2})},
       [](const Tensors& in) { return in[0].split(2); },
       several({rows(0, 2, 2), rows(2, 2, 2), rows(4, 1, 2)})},
      {"split of nothing",
       {values({0, 2})},
       [](const Tensors& in) { return in[0].split(0); },
       several({rows(0, 0, 2)})},
      {"split with sizes",
       {values({5, 2})},
       [](const Tensors& in) {
         return in[0].split({1, 0, 4});
       },
       several({rows(0, 1, 2), rows(0, 0, 2), rows(1, 4, 2)})},
      {"chunk",
       {values({7, 2})},
       [](const Tensors& in) { return in[0].chunk(3); },
       several({rows(0, 3, 2), rows(3, 3, 2), rows(6, 1, 2)})},
      {"chunk of nothing",
       {values({0, 2})},
       [](const Tensors& in) { return in[0].chunk(2); },
       several({rows(0, 0, 2), rows(0, 0, 2)})},
  };
}

std::vector<ErrorSample> slice_errors() {
  const Tensor x = zeros({3, 2});
  return {
      {"0-d", [] { zeros({}).slice(); }, "[slice] a 0-d tensor has nothing to slice"},
      {"step", [x] { x.slice(0, 0, 2, 0); }, "[slice] step must be positive; got 0"},
      {"step INT64_MIN", [x] { x.slice(0, 0, 2, kMin); }, "[slice] step must be positive"},
      {"dimension", [x] { x.slice(2); }, "[slice] dimension out of range"},
      {"narrow 0-d", [] { zeros({}).narrow(0, 0, 0); }, "[narrow] a 0-d tensor has nothing"},
      {"narrow length", [x] { x.narrow(0, 0, -1); },
       "[narrow] length must not be negative; got -1"},
      {"narrow start", [x] { x.narrow(0, 4, 0); },
       "[narrow] start out of range; got 4 for a dimension of size 3"},
      {"narrow start INT64_MIN", [x] { x.narrow(0, kMin, 0); }, "[narrow] start out of range"},
      {"narrow end", [x] { x.narrow(0, 2, kMax); },
       "[narrow] start + length must not exceed 3; got 2 + 9223372036854775807"},
      {"split 0-d", [] { zeros({}).split(1); }, "[split] a 0-d tensor has nothing to split"},
      {"split by 0", [x] { x.split(0); }, "[split] split_size must be positive; got 0"},
      {"split by -1", [x] { x.split(-1); }, "[split] split_size must be positive; got -1"},
      {"split sum",
       [x] {
         x.split({1, 1});
       },
       "[split] the sizes must add up to 3; got [1, 1]"},
      {"split negative",
       [x] {
         x.split({4, -1});
       },
       "[split] a size is negative; got [4, -1]"},
      {"split overflow",
       [x] {
         x.split({kMax, kMax});
       },
       "[split] size overflows int64"},
      {"split into too many",
       [] {
         zeros({1, 0}).expand({1 << 25, 0}).split(1);
       },
       "[split] makes at most 16777216 pieces; got 33554432"},
      {"chunk 0-d", [] { zeros({}).chunk(1); }, "[chunk] a 0-d tensor has nothing to split"},
      {"chunk by 0", [x] { x.chunk(0); }, "[chunk] chunks must be positive; got 0"},
      {"chunk into too many", [] { zeros({0}).chunk(kMax); }, "[chunk] makes at most"},
  };
}

std::vector<Sample> select() {
  return {
      {"a row",
       {values({3, 2})},
       run1([](const Tensor& x) { return x.select(0, 1); }),
       moves({2},
             [](const Index& i) {
               return Index{1, i[0]};
             })},
      {"the last of a middle dimension",
       {values({2, 3, 2})},
       run1([](const Tensor& x) { return x.select(1, -1); }),
       moves({2, 2},
             [](const Index& i) {
               return Index{i[0], 2, i[1]};
             })},
      {"to 0-d",
       {values({4})},
       run1([](const Tensor& x) { return x.select(-1, 2); }),
       moves({}, [](const Index&) { return Index{2}; })},
      {"of nothing",
       {values({2, 0})},
       run1([](const Tensor& x) { return x.select(0, 1); }),
       moves({0}, [](const Index& i) { return i; })},
      {"unbind",
       {values({2, 3})},
       [](const Tensors& in) { return in[0].unbind(1); },
       several({moves({2},
                      [](const Index& i) {
                        return Index{i[0], 0};
                      }),
                moves({2},
                      [](const Index& i) {
                        return Index{i[0], 1};
                      }),
                moves({2},
                      [](const Index& i) {
                        return Index{i[0], 2};
                      })})},
      {"unbind nothing",
       {values({0, 3})},
       [](const Tensors& in) { return in[0].unbind(); },
       several({})},
  };
}

std::vector<ErrorSample> select_errors() {
  return {
      {"0-d", [] { zeros({}).select(0, 0); }, "[select] a 0-d tensor has nothing to select"},
      {"too large",
       [] {
         zeros({2, 3}).select(1, 3);
       },
       "[select] index out of range; got 3 for dimension 1 of size 3"},
      {"too small",
       [] {
         zeros({2, 3}).select(0, kMin);
       },
       "[select] index out of range"},
      {"of nothing", [] { zeros({0}).select(0, 0); },
       "[select] index out of range; got 0 for dimension 0 of size 0"},
      {"unbind 0-d", [] { zeros({}).unbind(); }, "[unbind] a 0-d tensor has nothing to unbind"},
      {"unbind too many",
       [] {
         zeros({1, 0}).expand({1 << 25, 0}).unbind();
       },
       "[unbind] makes at most 16777216 pieces; got 33554432"},
  };
}

std::vector<Sample> diagonal() {
  const auto at = [](std::int64_t offset, std::int64_t dim1, std::int64_t dim2) {
    return run1([=](const Tensor& x) { return x.diagonal(offset, dim1, dim2); });
  };
  return {
      {"main",
       {values({3, 4})},
       at(0, 0, 1),
       moves({3},
             [](const Index& i) {
               return Index{i[0], i[0]};
             })},
      {"above",
       {values({3, 4})},
       at(2, 0, 1),
       moves({2},
             [](const Index& i) {
               return Index{i[0], i[0] + 2};
             })},
      {"below, dimensions swapped",
       {values({3, 4})},
       at(1, 1, 0),
       moves({2},
             [](const Index& i) {
               return Index{i[0] + 1, i[0]};
             })},
      {"beyond the matrix",
       {values({3, 4})},
       at(kMin, 0, 1),
       moves({0}, [](const Index& i) { return i; })},
      {"of a batch",
       {values({2, 3, 3})},
       at(-1, -2, -1),
       moves({2, 2},
             [](const Index& i) {
               return Index{i[0], i[1] + 1, i[1]};
             })},
      {"empty", {values({0, 3})}, at(0, 0, 1), moves({0}, [](const Index& i) { return i; })},
  };
}

std::vector<ErrorSample> diagonal_errors() {
  return {
      {"same",
       [] {
         zeros({2, 2}).diagonal(0, 1, -1);
       },
       "[diagonal] dim1 and dim2 are the same; got 1 and -1"},
      {"out of range", [] { zeros({2}).diagonal(); }, "[diagonal] dimension out of range"},
  };
}

std::vector<Sample> unfold() {
  const auto windows = [](std::int64_t dim, std::int64_t size, std::int64_t step) {
    return run1([=](const Tensor& x) { return x.unfold(dim, size, step); });
  };
  return {
      {"windows that overlap",
       {values({7})},
       windows(0, 3, 2),
       moves({3, 3}, [](const Index& i) { return Index{2 * i[0] + i[1]}; })},
      {"windows apart, of rows",
       {values({5, 2})},
       windows(0, 2, 3),
       moves({2, 2, 2},
             [](const Index& i) {
               return Index{3 * i[0] + i[2], i[1]};
             })},
      {"one window",
       {values({2, 3})},
       windows(-1, 3, kMax),
       moves({2, 1, 3},
             [](const Index& i) {
               return Index{i[0], i[2]};
             })},
      {"0-d", {values({})}, windows(0, 1, 1), moves({1}, [](const Index&) { return Index{}; })},
      {"empty windows",
       {values({2})},
       windows(0, 0, 1),
       moves({3, 0}, [](const Index& i) { return i; })},
      {"empty", {values({0})}, windows(0, 0, 1), moves({1, 0}, [](const Index& i) { return i; })},
  };
}

std::vector<ErrorSample> unfold_errors() {
  return {
      {"too large", [] { zeros({3}).unfold(0, 4, 1); },
       "[unfold] the window must fit into the dimension; got 4 for 3"},
      {"negative", [] { zeros({3}).unfold(0, -1, 1); }, "[unfold] the window must fit"},
      {"step", [] { zeros({3}).unfold(0, 1, 0); }, "[unfold] step must be positive; got 0"},
      {"0-d", [] { zeros({}).unfold(0, 2, 1); }, "[unfold] the window must fit"},
  };
}

std::vector<Sample> as_strided() {
  const auto as = [](Index sizes, Index strides, std::optional<std::int64_t> offset) {
    return run1([=](const Tensor& x) {
      return x.clone(MemoryFormat::contiguous).as_strided(sizes, strides, offset);
    });
  };
  const auto flat = [](Index sizes, Index strides, std::int64_t offset) {
    return [=](const Tensors& in) -> Tensors {
      const std::vector<double> x = Array(in[0]).values;
      Array out(sizes);
      for_each_index(sizes, [&](const Index& i) {
        std::int64_t place = offset;
        for (std::size_t d = 0; d < i.size(); ++d) place += i[d] * strides[d];
        out[i] = x[static_cast<std::size_t>(place)];
      });
      return {out.tensor()};
    };
  };
  return {
      {"part of a matrix", {values({4, 5})}, as({2, 2}, {5, 2}, 6), flat({2, 2}, {5, 2}, 6)},
      {"elements that overlap", {values({6})}, as({3, 3}, {1, 1}, 1), flat({3, 3}, {1, 1}, 1)},
      {"an element repeated",
       {values({3})},
       as({2, 3}, {0, 1}, std::nullopt),
       flat({2, 3}, {0, 1}, 0)},
      {"to 0-d", {values({2, 3})}, as({}, {}, 4), flat({}, {}, 4)},
      {"0-d", {values({})}, as({1, 1}, {7, 9}, 0), flat({1, 1}, {7, 9}, 0)},
      {"nothing", {values({3})}, as({0, 4}, {1, 1}, 0), flat({0, 4}, {1, 1}, 0)},
      {"empty", {values({0})}, as({0}, {1}, 0), flat({0}, {1}, 0)},
  };
}

std::vector<ErrorSample> as_strided_errors() {
  const Tensor x = zeros({6});
  return {
      {"lengths",
       [x] {
         x.as_strided({2}, {1, 1});
       },
       "[as_strided] takes as many strides as sizes; got [2] and [1, 1]"},
      {"negative stride", [x] { x.as_strided({2}, {-1}); },
       "[as_strided] a stride is negative; got [-1]"},
      {"negative size", [x] { x.as_strided({-2}, {1}); },
       "[as_strided] sizes must not be negative; got [-2]"},
      {"negative offset", [x] { x.as_strided({2}, {1}, -1); },
       "[as_strided] the offset is negative; got -1"},
      {"beyond the storage",
       [x] {
         x.as_strided({2, 2}, {4, 1}, 2);
       },
       "[as_strided] the storage has 6 elements; got sizes [2, 2], strides [4, 1] and offset 2, "
       "which reach element 7"},
      {"overflow", [x] { x.as_strided({4}, {kMax}); }, "[as_strided] size overflows int64"},
      {"offset overflow", [x] { x.as_strided({2}, {kMax}, kMax); },
       "[as_strided] size overflows int64"},
  };
}

std::vector<Sample> strided_scatter() {
  const auto scatter = [](Index base, Index strides, std::int64_t offset) {
    return run1([=](const Tensor& x) { return ops::strided_scatter(x, base, strides, offset); });
  };
  const auto added = [](Index base, Index strides, std::int64_t offset) {
    return [=](const Tensors& in) -> Tensors {
      const Array x(in[0]);
      Array out(base);
      for_each_index(x.sizes, [&](const Index& i) {
        std::int64_t place = offset;
        for (std::size_t d = 0; d < i.size(); ++d) place += i[d] * strides[d];
        out.values[static_cast<std::size_t>(place)] += x[i];
      });
      return {out.tensor()};
    };
  };
  return {
      {"every second element",
       {values({2, 2})},
       scatter({3, 4}, {4, 2}, 1),
       added({3, 4}, {4, 2}, 1)},
      {"elements that meet", {values({3, 2})}, scatter({5}, {1, 1}, 1), added({5}, {1, 1}, 1)},
      {"0-d", {values({})}, scatter({2, 2}, {}, 3), added({2, 2}, {}, 3)},
      {"nothing", {values({0, 2})}, scatter({3}, {1, 1}, 0), added({3}, {1, 1}, 0)},
      {"nothing in nothing", {values({0})}, scatter({0, 3}, {1}, 0), added({0, 3}, {1}, 0)},
  };
}

std::vector<ErrorSample> strided_scatter_errors() {
  const Tensor x = zeros({2});
  return {
      {"does not fit", [x] { ops::strided_scatter(x, {3}, {2}, 1); },
       "[strided_scatter] the elements must fit into the result; got sizes [2], strides [2] and "
       "offset 1 for [3]"},
      {"negative", [x] { ops::strided_scatter(x, {3}, {-1}, 1); }, "a stride is negative"},
  };
}

}  // namespace

std::vector<OpSamples> part_samples();

std::vector<OpSamples> part_samples() {
  // Sums of integers wrap around as the reference's doubles do not, so only small ones.
  const std::vector<DType> sums = {kFloat32, kFloat64, kFloat16, kBFloat16, kInt32, kInt64};
  return {
      {"slice", all_dtypes(), slice, slice_errors},
      {"select", all_dtypes(), select, select_errors},
      {"diagonal", all_dtypes(), diagonal, diagonal_errors},
      {"unfold", all_dtypes(), unfold, unfold_errors},
      {"as_strided", all_dtypes(), as_strided, as_strided_errors},
      {"strided_scatter", sums, strided_scatter, strided_scatter_errors},
  };
}

}  // namespace sinter::testing
