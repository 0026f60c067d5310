#include <sinter/ops/creation.h>

#include <cmath>
#include <limits>

#include "../arrays.h"

namespace sinter::testing {
namespace {

constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

std::function<Tensors(const Tensors&)> makes(std::function<Tensor()> fn) {
  return [fn](const Tensors&) -> Tensors { return {fn()}; };
}

std::function<Tensors(const Tensors&)> array(Index sizes, std::vector<double> elements) {
  return [=](const Tensors&) -> Tensors {
    Array out(sizes);
    out.values = elements;
    return {out.tensor()};
  };
}

std::vector<Sample> full() {
  const auto numbers = [](Index sizes, double value) {
    return [=](const Tensors&) -> Tensors { return {Array(sizes, value).tensor()}; };
  };
  std::vector<Sample> all = {
      {"0-d", {}, makes([] { return sinter::full({}, 2.5); }), numbers({}, 2.5)},
      {"empty",
       {},
       makes([] {
         return zeros({2, 0});
       }),
       numbers({2, 0}, 0)},
      {"channels_last",
       {},
       makes([] {
         return ones({2, 3, 2, 2}, memory_format(MemoryFormat::channels_last));
       }),
       numbers({2, 3, 2, 2}, 1)},
      {"an integer gives i64", {}, makes([] { return sinter::full({3}, 7); }), numbers({3}, 7)},
      {"large",
       {},
       makes([] {
         return sinter::full({300, 1000}, 3);
       }),
       numbers({300, 1000}, 3)},
      {"scalar_tensor", {}, makes([] { return scalar_tensor(3); }), numbers({}, 3)},
  };
  for (const DType dtype : all_dtypes()) {
    all.push_back({str("ones of ", dtype),
                   {},
                   makes([=] {
                     return ones({2, 3}, dtype);
                   }),
                   numbers({2, 3}, 1)});
    all.push_back({str("zeros of ", dtype),
                   {},
                   makes([=] {
                     return zeros({2, 3}, dtype);
                   }),
                   numbers({2, 3}, 0)});
  }
  return all;
}

std::vector<ErrorSample> full_errors() {
  return {
      {"negative size",
       [] {
         zeros({2, -1});
       },
       "[full] sizes must not be negative; got [2, -1]"},
      {"too many elements",
       [] {
         zeros({kMax, 2});
       },
       "[full] the number of elements exceeds 2^63 - 1; got [9223372036854775807, 2]"},
      {"too many bytes", [] { zeros({kMax}); }, "[full]"},
      {"value does not fit", [] { sinter::full({2}, 300, kUInt8); },
       "the number does not fit uint8; got 300"},
      {"NaN as integer", [] { sinter::full({2}, NAN, kInt64); }, "does not fit int64"},
      {"no backend", [] { zeros({2}, kCUDA); },
       "[cuda] this build has no CUDA backend; got device cuda:0"},
      {"channels_last", [] { zeros({2}, memory_format(MemoryFormat::channels_last)); },
       "[full] channels_last needs 4 dimensions; got [2]"},
  };
}

std::function<Tensors(const Tensors&)> like(double value) {
  return [value](const Tensors& in) -> Tensors {
    return {Array(in[0].sizes().vec(), value).tensor()};
  };
}

std::vector<Sample> full_like() {
  const auto fill = [](const char* label, Index sizes) -> Sample {
    return {label,
            {values(sizes)},
            [](const Tensors& in) -> Tensors { return {sinter::full_like(in[0], 1)}; },
            like(1)};
  };
  return {
      fill("a matrix", {2, 3}),
      fill("0-d", {}),
      fill("empty", {0, 2}),
      fill("4-d", {2, 3, 2, 2}),
      {"another dtype",
       {values({2, 2})},
       [](const Tensors& in) -> Tensors {
         return {ones_like(in[0], kInt16), zeros_like(in[0])};
       },
       [](const Tensors&) -> Tensors {
         return {Array({2, 2}, 1).tensor(), Array({2, 2}, 0).tensor()};
       }},
      {"new_full and new_zeros",
       {values({2})},
       [](const Tensors& in) -> Tensors {
         return {in[0].new_full({3}, 1), in[0].new_zeros({1, 2}), in[0].new_ones({}, kInt64)};
       },
       [](const Tensors&) -> Tensors {
         return {Array({3}, 1).tensor(), Array({1, 2}, 0).tensor(), Array({}, 1).tensor()};
       }},
  };
}

std::vector<ErrorSample> full_like_errors() {
  const Tensor x = zeros({2}, kInt8);
  return {
      {"value does not fit", [x] { sinter::full_like(x, 128); }, "does not fit int8; got 128"},
      {"two formats",
       [x] { zeros_like(x, memory_format(MemoryFormat::contiguous), MemoryFormat::contiguous); },
       "[full_like] takes one memory format; got one in the options and one beside them"},
      {"channels_last", [x] { ones_like(x, {}, MemoryFormat::channels_last); },
       "[full_like] channels_last needs 4 dimensions; got [2]"},
      {"no backend", [x] { zeros_like(x, kCUDA); }, "no CUDA backend"},
  };
}

std::vector<Sample> fill() {
  const auto sample = [](const char* label, Index sizes) -> Sample {
    return {label,
            {values(sizes)},
            [](const Tensors& in) -> Tensors { return {in[0].clone().fill_(1)}; },
            like(1)};
  };
  return {sample("a matrix", {2, 3}),
          sample("0-d", {}),
          sample("empty", {0, 2}),
          sample("4-d", {2, 3, 2, 2}),
          {"zero_",
           {values({2, 3})},
           [](const Tensors& in) -> Tensors {
             return {in[0].clone().fill_(1), in[0].clone().zero_()};
           },
           [](const Tensors&) -> Tensors {
             return {Array({2, 3}, 1).tensor(), Array({2, 3}).tensor()};
           }},
          {"a part, by a tensor",
           {values({2, 3})},
           [](const Tensors& in) -> Tensors {
             Tensor x = in[0].clone();
             x.select(1, 0).fill_(1);
             x.narrow(1, 1, 2).fill_(sinter::full({}, 1));
             return {x};
           },
           like(1)}};
}

std::vector<ErrorSample> fill_errors() {
  return {
      {"value does not fit", [] { zeros({2}, kUInt8).fill_(-1); }, "does not fit uint8; got -1"},
      {"a tensor that is not 0-d", [] { zeros({2}).fill_(zeros({1})); },
       "[fill_] the value must be 0-d; got sizes [1]"},
      {"repeated elements", [] { zeros({1}).expand({3}).fill_(1); },
       "[fill_] cannot write a tensor in which several elements share one address"},
  };
}

std::vector<Sample> empty() {
  return {
      {"a matrix",
       {},
       makes([] {
         return sinter::empty({2, 3}).zero_();
       }),
       nullptr},
      {"0-d", {}, makes([] { return sinter::empty({}).zero_(); }), nullptr},
      {"empty", {}, makes([] { return sinter::empty({0}); }), nullptr},
      {"channels_last",
       {},
       makes([] {
         return sinter::empty({2, 3, 4, 5}, {}, MemoryFormat::channels_last).zero_();
       }),
       nullptr},
      {"strides with gaps",
       {},
       makes([] {
         return empty_strided({2, 3}, {10, 2}).fill_(1);
       }),
       nullptr},
      {"repeated elements",
       {},
       makes([] {
         return empty_strided({2, 3}, {0, 1}).select(0, 0).zero_();
       }),
       nullptr},
  };
}

std::vector<ErrorSample> empty_errors() {
  return {
      {"preserve", [] { sinter::empty({2}, {}, MemoryFormat::preserve); },
       "[empty] has no strides to keep; got the memory format preserve"},
      {"two formats",
       [] {
         sinter::empty({2}, memory_format(MemoryFormat::contiguous), MemoryFormat::contiguous);
       },
       "[empty] takes one memory format"},
      {"negative stride", [] { empty_strided({2}, {-1}); },
       "[empty] a stride is negative; got [-1]"},
      {"lengths",
       [] {
         empty_strided({2}, {1, 1});
       },
       "[empty] takes as many strides as sizes; got [2] and [1, 1]"},
      {"overflow", [] { empty_strided({3}, {kMax}); }, "[empty] size overflows int64"},
      {"too much memory", [] { sinter::empty({std::int64_t{1} << 55}); }, "[allocate]"},
  };
}

std::vector<Sample> empty_like() {
  const auto sample = [](const char* label, Index sizes) -> Sample {
    return {label,
            {values(sizes)},
            [](const Tensors& in) -> Tensors { return {sinter::empty_like(in[0]).zero_()}; },
            nullptr};
  };
  return {sample("a matrix", {2, 3}),
          sample("0-d", {}),
          sample("empty", {0}),
          sample("4-d", {2, 3, 2, 2}),
          {"new_empty",
           {values({2})},
           [](const Tensors& in) -> Tensors { return {in[0].new_empty({3}, kInt64).zero_()}; },
           nullptr}};
}

std::vector<ErrorSample> empty_like_errors() {
  return {{"channels_last", [] { sinter::empty_like(zeros({2}), {}, MemoryFormat::channels_last); },
           "[empty_like] channels_last needs 4 dimensions; got [2]"}};
}

std::vector<Sample> arange() {
  std::vector<Sample> all = {
      {"integers", {}, makes([] { return sinter::arange(4); }), array({4}, {0, 1, 2, 3})},
      {"from a start", {}, makes([] { return sinter::arange(-1, 3); }), array({4}, {-1, 0, 1, 2})},
      {"a step that does not divide",
       {},
       makes([] { return sinter::arange(0, 7, 3); }),
       array({3}, {0, 3, 6})},
      {"backwards", {}, makes([] { return sinter::arange(5, 0, -2); }), array({3}, {5, 3, 1})},
      {"nothing", {}, makes([] { return sinter::arange(2, 2); }), array({0}, {})},
      {"floating",
       {},
       makes([] { return sinter::arange(0, 1, 0.25); }),
       array({4}, {0, 0.25, 0.5, 0.75})},
      {"integers as floating",
       {},
       makes([] { return sinter::arange(3, kFloat64); }),
       array({3}, {0, 1, 2})},
      {"floating numbers as i64",
       {},
       makes([] { return sinter::arange(0.5, 5.5, 2.5, kInt64); }),
       array({3}, {0, 2, 4})},
      {"floating numbers as i32",
       {},
       makes([] { return sinter::arange(0, 3.5, kInt32); }),
       array({4}, {0, 1, 2, 3})},
      {"the ends of i64",
       {},
       makes([] { return sinter::arange(kMin, kMax, kMax); }),
       array({3}, {static_cast<double>(kMin), -1, static_cast<double>(kMax - 1)})},
  };
  for (const DType dtype : all_dtypes()) {
    if (dtype == kBool) continue;
    all.push_back({str("of ", dtype),
                   {},
                   makes([=] { return sinter::arange(1, 6, 2, dtype); }),
                   array({3}, {1, 3, 5})});
  }
  return all;
}

std::vector<ErrorSample> arange_errors() {
  return {
      {"step 0", [] { sinter::arange(0, 3, 0); }, "[arange] step must not be 0; got 0"},
      {"step that vanishes", [] { sinter::arange(0, 3, 0.5, kInt64); },
       "[arange] step must not be 0; got 0.5"},
      {"wrong direction", [] { sinter::arange(3, 0); },
       "[arange] step must lead from start to end; got 3 to 0 by 1"},
      {"infinite", [] { sinter::arange(INFINITY); }, "[arange] takes finite numbers"},
      {"NaN", [] { sinter::arange(0, 1, NAN); }, "[arange] takes finite numbers"},
      {"too many integers", [] { sinter::arange(kMin, kMax); }, "[arange] too many elements"},
      {"too many numbers", [] { sinter::arange(0, 1e300, 1e-300); }, "[arange] too many elements"},
      {"bool", [] { sinter::arange(0, 2, kBool); }, "[arange] is not for bool; got bool"},
  };
}

std::vector<Sample> linspace() {
  return {
      {"five numbers",
       {},
       makes([] { return sinter::linspace(0, 1, 5, kFloat64); }),
       array({5}, {0, 0.25, 0.5, 0.75, 1})},
      {"one", {}, makes([] { return sinter::linspace(2, 9, 1); }), array({1}, {2})},
      {"none", {}, makes([] { return sinter::linspace(2, 9, 0); }), array({0}, {})},
      {"backwards",
       {},
       makes([] { return sinter::linspace(3, -3, 4, kFloat64); }),
       array({4}, {3, 1, -1, -3})},
      {"integers",
       {},
       makes([] { return sinter::linspace(0, 10, 4, kInt64); }),
       array({4}, {0, 3, 6, 10})},
      {"logspace",
       {},
       makes([] { return logspace(0, 3, 4, 10, kFloat64); }),
       array({4}, {1, 10, 100, 1000})},
      {"logspace of another base",
       {},
       makes([] { return logspace(-1, 1, 3, 2, kFloat64); }),
       array({3}, {0.5, 1, 2})},
  };
}

std::vector<ErrorSample> linspace_errors() {
  return {{"negative", [] { sinter::linspace(0, 1, -1); },
           "[linspace] steps must not be negative; got -1"},
          {"too many", [] { logspace(0, 1, kMax); }, "[linspace]"}};
}

std::vector<Sample> eye() {
  std::vector<Sample> all = {
      {"wide", {}, makes([] { return sinter::eye(2, 3); }), array({2, 3}, {1, 0, 0, 0, 1, 0})},
      {"tall", {}, makes([] { return sinter::eye(3, 1); }), array({3, 1}, {1, 0, 0})},
      {"nothing", {}, makes([] { return sinter::eye(0, 3); }), array({0, 3}, {})},
  };
  for (const DType dtype : all_dtypes()) {
    all.push_back({str("of ", dtype),
                   {},
                   makes([=] { return sinter::eye(2, dtype); }),
                   array({2, 2}, {1, 0, 0, 1})});
  }
  return all;
}

std::vector<ErrorSample> eye_errors() {
  return {{"negative", [] { sinter::eye(-1); }, "[eye] sizes must not be negative; got [-1, -1]"},
          {"too large", [] { sinter::eye(kMax); }, "[eye] the number of elements exceeds"}};
}

template <Tensor (*op)(const Tensor&, std::int64_t), bool upper>
std::vector<Sample> triangle() {
  const auto sample = [](const char* label, Index sizes, std::int64_t diagonal) -> Sample {
    return {label,
            {values(sizes)},
            [=](const Tensors& in) -> Tensors { return {op(in[0], diagonal)}; },
            moves(sizes, [=](const Index& i) -> std::optional<Index> {
              const __int128 above = static_cast<__int128>(i.back()) - i[i.size() - 2] - diagonal;
              if (upper ? above < 0 : above > 0) return std::nullopt;
              return i;
            })};
  };
  return {sample("square", {3, 3}, 0),       sample("wide, above", {2, 4}, 1),
          sample("tall, below", {4, 2}, -2), sample("a batch", {2, 3, 3}, 0),
          sample("empty", {0, 3}, 0),        sample("far below", {2, 2}, kMin),
          sample("far above", {2, 2}, kMax)};
}

template <Tensor (*op)(const Tensor&, std::int64_t)>
std::vector<ErrorSample> triangle_errors() {
  return {{"1-d", [] { op(zeros({3}), 0); }, "] takes at least 2 dimensions; got [3]"}};
}

}  // namespace

std::vector<OpSamples> creation_samples() {
  std::vector<OpSamples> all = {
      {"full", {kFloat32}, full, full_errors},
      {"full_like", all_dtypes(), full_like, full_like_errors},
      {"fill", all_dtypes(), fill, fill_errors, [](Tensors& in) { in[0].fill_(1); }},
      {"empty", {kFloat32}, empty, empty_errors},
      {"empty_like", {kFloat32}, empty_like, empty_like_errors},
      {"arange", {kFloat32}, arange, arange_errors},
      {"linspace", {kFloat32}, linspace, linspace_errors},
      {"eye", {kFloat32}, eye, eye_errors},
      {"tril", all_dtypes(), triangle<tril, false>, triangle_errors<tril>},
      {"triu", all_dtypes(), triangle<triu, true>, triangle_errors<triu>},
  };
  for (OpSamples& op : all) op.random = op.op == "empty" || op.op == "empty_like";
  return all;
}

}  // namespace sinter::testing
