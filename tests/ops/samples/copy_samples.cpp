#include <sinter/ops/copy.h>
#include <sinter/ops/creation.h>

#include <cmath>

#include "../arrays.h"

namespace sinter::testing {
namespace {

template <class F>
std::function<Tensors(const Tensors&)> run1(F fn) {
  return [fn](const Tensors& in) -> Tensors { return {fn(in[0])}; };
}

Tensors same(const Tensors& in) { return {Array(in[0]).tensor()}; }

std::vector<Sample> clone() {
  return {
      {"a matrix", {values({3, 4})}, run1([](const Tensor& x) { return x.clone(); }), same},
      {"0-d", {values({})}, run1([](const Tensor& x) { return x.clone(); }), same},
      {"empty", {values({2, 0})}, run1([](const Tensor& x) { return x.clone(); }), same},
      {"repeated elements",
       {values({3, 1})},
       run1([](const Tensor& x) {
         return x.expand({3, 1}).expand_as(x).clone();
       }),
       same},
      {"channels_last",
       {values({2, 3, 2, 2})},
       run1([](const Tensor& x) { return x.clone(MemoryFormat::channels_last); }),
       same},
      {"contiguous, of a permuted tensor",
       {values({2, 3, 4})},
       run1([](const Tensor& x) {
         return x.permute({2, 0, 1}).contiguous().permute({1, 2, 0});
       }),
       same},
      {"large and transposed",
       {values({130, 70})},
       run1([](const Tensor& x) { return x.t().contiguous().t(); }),
       same,
       false},
  };
}

std::vector<ErrorSample> clone_errors() {
  return {
      {"channels_last",
       [] {
         zeros({2, 3}).clone(MemoryFormat::channels_last);
       },
       "[clone] channels_last needs 4 dimensions; got [2, 3]"},
      {"contiguous", [] { zeros({2}).contiguous(MemoryFormat::preserve); },
       "[contiguous] the format must be contiguous or channels_last; got preserve"},
      {"undefined", [] { Tensor().clone(); }, "undefined"},
  };
}

Tensors spread(const Tensors& in, const Index& sizes) {
  const Array source(in[1]);
  Array out(sizes);
  for_each_index(sizes, [&](const Index& index) {
    Index from(index.end() - static_cast<std::ptrdiff_t>(source.sizes.size()), index.end());
    for (std::size_t d = 0; d < from.size(); ++d) {
      if (source.sizes[d] == 1) from[d] = 0;
    }
    out[index] = source[from];
  });
  return {out.tensor()};
}

std::vector<Sample> copy() {
  const auto sample = [](const char* label, Index self, Index source) -> Sample {
    return {label,
            {values(self), values(source, 2)},
            [](const Tensors& in) -> Tensors { return {sinter::copy(in[0], in[1])}; },
            [self](const Tensors& in) { return spread(in, self); }};
  };
  return {
      sample("equal sizes", {2, 3}, {2, 3}),
      sample("a row", {2, 3}, {3}),
      sample("a column", {2, 3}, {2, 1}),
      sample("0-d into a matrix", {2, 3}, {}),
      sample("0-d", {}, {}),
      sample("empty", {0, 3}, {1, 3}),
      sample("4-d", {2, 3, 2, 2}, {3, 1, 2}),
  };
}

std::vector<ErrorSample> copy_errors() {
  return {
      {"sizes", [] { zeros({2}).copy_(zeros({3})); },
       "[copy] the source must broadcast to self; got [3] for [2]"},
      {"more dimensions",
       [] {
         zeros({2}).copy_(zeros({1, 2}));
       },
       "[copy] the source must broadcast to self; got [1, 2] for [2]"},
      {"onto repeated elements", [] { zeros({1}).expand({2}).copy_(zeros({2})); },
       "[copy_] cannot write a tensor in which several elements share one address"},
      {"overlap",
       [] {
         const Tensor x = zeros({4});
         x.narrow(0, 0, 3).copy_(x.narrow(0, 1, 3));
       },
       "[copy_] an input partly overlaps the written tensor; clone() it first"},
  };
}

// What an element becomes in a dtype; u8 and i8 wrap around.
double converted(double x, DType dtype) {
  if (dtype == kBool) return x != 0 ? 1 : 0;
  if (dtype == kInt8) return static_cast<double>(static_cast<std::int8_t>(static_cast<int>(x)));
  if (dtype == kUInt8) return static_cast<double>(static_cast<std::uint8_t>(static_cast<int>(x)));
  return is_integral(dtype) ? std::trunc(x) : x;
}

std::vector<Sample> cast() {
  std::vector<Sample> all;
  for (const DType dtype : all_dtypes()) {
    for (const Index& sizes : std::vector<Index>{{}, {0, 2}, {3, 5}}) {
      all.push_back({str("to ", dtype, ", ", IntArrayRef(sizes)),
                     {values(sizes)},
                     run1([dtype](const Tensor& x) { return x.to(dtype); }),
                     [dtype](const Tensors& in) -> Tensors {
                       Array out(in[0]);
                       for (double& x : out.values) x = converted(x, dtype);
                       return {out.tensor()};
                     },
                     // Narrow types have no finite differences.
                     dtype == kFloat64});
    }
  }
  all.push_back({"f64 by way of f32",
                 {values({2, 3})},
                 run1([](const Tensor& x) { return x.to(kFloat64).to(kFloat32).to(x); }),
                 same,
                 false});
  return all;
}

std::vector<ErrorSample> cast_errors() {
  const Tensor x = zeros({2});
  return {
      {"requires_grad", [x] { x.to(requires_grad()); },
       "[to] does not take requires_grad; got options that set it"},
      {"two formats",
       [x] { x.to(memory_format(MemoryFormat::contiguous), false, false, MemoryFormat::preserve); },
       "[to] takes one memory format; got one in the options and one beside them"},
      {"no backend", [x] { x.to(kCUDA); }, "no CUDA backend; got device cuda:0"},
  };
}

std::vector<Sample> to_device() {
  const auto run = run1([](const Tensor& x) {
    return run_op("to_device", {x.contiguous()}, {{"device", "cpu"}});
  });
  return {
      {"a matrix", {values({2, 3})}, run, same},
      {"0-d", {values({})}, run, same},
      {"empty", {values({0, 3})}, run, same},
      {"dense but permuted",
       {values({2, 3, 4})},
       run1([](const Tensor& x) {
         return run_op("to_device", {x.contiguous().permute({2, 0, 1})}, {{"device", "cpu"}})
             .permute({1, 2, 0});
       }),
       same},
  };
}

std::vector<ErrorSample> to_device_errors() {
  return {
      {"gaps",
       [] {
         run_op("to_device", {zeros({4}).slice(0, 0, 4, 2)}, {{"device", "cpu"}});
       },
       "[to_device] moves dense memory; got sizes [2] with strides [2]"},
      {"no backend",
       [] {
         run_op("to_device", {zeros({4})}, {{"device", "cuda:1"}});
       },
       "no CUDA backend"},
  };
}

}  // namespace

std::vector<OpSamples> copy_samples() {
  return {
      {"clone", all_dtypes(), clone, clone_errors},
      {"copy", all_dtypes(), copy, copy_errors, [](Tensors& in) { in[0].copy_(in[1]); }},
      {"cast", all_dtypes(), cast, cast_errors},
      {"to_device", all_dtypes(), to_device, to_device_errors},
  };
}

}  // namespace sinter::testing
