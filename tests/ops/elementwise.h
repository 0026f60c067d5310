// References of pointwise ops: a function of long doubles applied to every element.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include "arrays.h"

namespace sinter::testing {

using Real = long double;
// A formula of one element of each input.
using Formula = std::function<Real(const std::vector<Real>&)>;
using Formula1 = std::function<Real(Real)>;

using Runner = std::function<Tensors(const Tensors&)>;

// The formula on inputs that broadcast by NumPy's rule; an undefined input is left out.
Runner elementwise(Formula formula);
Runner elementwise1(Formula1 formula);
// g * f'(x) of inputs (g, x), the derivative by central differences of the sixth order.
Runner elementwise_derivative(Formula1 formula);

// f64 tensors of given elements.
Tensor list_of(const std::vector<double>& elements);
Tensor filled(const Index& sizes, const std::vector<double>& elements);  // repeats them

// Of an op of one tensor: what its samples are made from.
struct UnaryCase {
  const char* op;
  std::function<Tensor(const Tensor&)> run;
  Tensor& (*in_place)(Tensor&);
  Formula1 reference;
  std::vector<double> smooth;   // where gradients are checked
  std::vector<double> special;  // where values are checked
  // The op that autograd runs, with what attributes; null when there is none.
  const char* backward = nullptr;
  std::vector<std::pair<const char*, ops::AttrValue>> attributes = {};
  bool from_output = false;  // the backward op takes the result
};

// The samples of the op, and those of its backward op where it has one.
void add_unary(std::vector<OpSamples>& out, const UnaryCase& c);

// Joins vectors.
template <class T>
void append(std::vector<T>& out, std::vector<T> more) {
  for (T& item : more) out.push_back(std::move(item));
}

// No finite differences: kinks, ties, infinities, or too many elements.
Sample without_gradients(Sample sample);

// The parts of pointwise_samples().
std::vector<OpSamples> arithmetic_samples();
std::vector<OpSamples> bounds_samples();
std::vector<OpSamples> comparison_samples();
std::vector<OpSamples> elementary_samples();
std::vector<OpSamples> activation_samples();

}  // namespace sinter::testing
