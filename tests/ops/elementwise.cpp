#include "elementwise.h"

#include <algorithm>
#include <cmath>
#include <stdexcept>

namespace sinter::testing {

namespace {

Index broadcast(const std::vector<Array>& arrays) {
  Index sizes;
  for (const Array& a : arrays) {
    if (a.sizes.size() > sizes.size())
      sizes.insert(sizes.begin(), a.sizes.size() - sizes.size(), 1);
    const std::size_t skip = sizes.size() - a.sizes.size();
    for (std::size_t d = 0; d < a.sizes.size(); ++d) {
      if (a.sizes[d] != 1) sizes[skip + d] = a.sizes[d];
    }
  }
  return sizes;
}

// Elements to step over in a row-major array for each dimension of the result: 0 where it is
// broadcast.
Index steps_of(const Array& a, const Index& sizes) {
  Index steps(sizes.size(), 0);
  std::int64_t step = 1;
  for (std::size_t d = a.sizes.size(); d-- > 0; step *= a.sizes[d]) {
    if (a.sizes[d] != 1) steps[sizes.size() - a.sizes.size() + d] = step;
  }
  return steps;
}

Real derivative(const Formula1& f, Real x) {
  const Real h = 1e-3L * std::max<Real>(1, std::abs(x));
  const auto difference = [&](int k) {
    const Real step = static_cast<Real>(k) * h;
    return f(x + step) - f(x - step);
  };
  return (45 * difference(1) - 9 * difference(2) + difference(3)) / (60 * h);
}

}  // namespace

Runner elementwise(Formula formula) {
  return [formula = std::move(formula)](const Tensors& inputs) -> Tensors {
    std::vector<Array> arrays;
    for (const Tensor& t : inputs) {
      if (t.defined()) arrays.emplace_back(t);
    }
    Array out(broadcast(arrays));
    std::vector<Index> steps;
    for (const Array& a : arrays) steps.push_back(steps_of(a, out.sizes));
    std::vector<Real> x(arrays.size());
    std::size_t place = 0;
    for_each_index(out.sizes, [&](const Index& index) {
      for (std::size_t i = 0; i < x.size(); ++i) {
        std::int64_t at = 0;
        for (std::size_t d = 0; d < index.size(); ++d) at += index[d] * steps[i][d];
        x[i] = arrays[i].values[static_cast<std::size_t>(at)];
      }
      out.values[place++] = static_cast<double>(formula(x));
    });
    return {out.tensor()};
  };
}

Runner elementwise1(Formula1 formula) {
  return elementwise([formula](const std::vector<Real>& x) { return formula(x[0]); });
}

Runner elementwise_derivative(Formula1 formula) {
  return elementwise(
      [formula](const std::vector<Real>& x) { return x[0] * derivative(formula, x[1]); });
}

Tensor list_of(const std::vector<double>& elements) {
  return filled({static_cast<std::int64_t>(elements.size())}, elements);
}

Tensor filled(const Index& sizes, const std::vector<double>& elements) {
  Array out(sizes);
  for (std::size_t i = 0; i < out.values.size(); ++i) out.values[i] = elements[i % elements.size()];
  return out.tensor();
}

Sample without_gradients(Sample sample) {
  sample.gradcheck = false;
  return sample;
}

namespace {

std::vector<Sample> forward_samples(const UnaryCase& c) {
  const Runner run = [fn = c.run](const Tensors& in) -> Tensors { return {fn(in[0])}; };
  const Runner reference = elementwise1(c.reference);
  const auto sample = [&](const char* label, const Tensor& x) {
    return Sample{label, {x}, run, reference};
  };
  return {sample("a matrix", filled({2, 3}, c.smooth)),
          sample("0-d", filled({}, c.smooth)),
          without_gradients(sample("empty", filled({0, 3}, c.smooth))),
          without_gradients(sample("an image", filled({2, 3, 2, 3}, c.smooth))),
          without_gradients(sample("longer than a tile", filled({3, 701}, c.smooth))),
          without_gradients(sample("special values", list_of(c.special)))};
}

std::vector<Sample> backward_samples(const UnaryCase& c) {
  const Runner run = [c](const Tensors& in) -> Tensors {
    return {run_op(c.backward, {in[0], c.from_output ? c.run(in[1]) : in[1]}, c.attributes)};
  };
  const Runner reference = elementwise_derivative(c.reference);
  const std::vector<double> g{0.5, -1.25, 2, 0, -0.75};
  const auto sample = [&](const char* label, const Index& sizes) {
    return Sample{label, {filled(sizes, g), filled(sizes, c.smooth)}, run, reference};
  };
  return {sample("a matrix", {2, 3}), sample("0-d", {}), without_gradients(sample("empty", {0, 3})),
          without_gradients(sample("longer than a tile", {3, 701}))};
}

}  // namespace

void add_unary(std::vector<OpSamples>& out, const UnaryCase& c) {
  OpSamples forward{c.op, floating_dtypes(), [c] { return forward_samples(c); }, nullptr};
  if (c.in_place != nullptr) forward.in_place = [c](Tensors& in) { c.in_place(in[0]); };
  out.push_back(std::move(forward));
  if (c.backward == nullptr) return;
  out.push_back({c.backward, floating_dtypes(), [c] { return backward_samples(c); }, nullptr});
}

}  // namespace sinter::testing
