// What the tests of autograd share.
#pragma once
#include "../core/error_message.h"

#include <sinter/sinter.h>

#include <sinter/ops/arithmetic.h>
#include <sinter/ops/comparison.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/elementary.h>
#include <sinter/ops/shape.h>
#include <sinter/ops/view.h>

#include <catch2/catch.hpp>
#include <vector>

namespace sinter::testing {

using Numbers = std::vector<double>;
using sinter::test::message_of;

// A 1-d tensor of these numbers.
inline Tensor values(const Numbers& numbers, DType dtype = kFloat64) {
  Tensor out = empty_tensor("values", {static_cast<std::int64_t>(numbers.size())}, dtype);
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    visit_dtype(
        dtype, [&]<class T>() { static_cast<T*>(out.data_ptr())[i] = Scalar(numbers[i]).to<T>(); });
  }
  return out;
}

// The same, as a leaf that wants a gradient.
inline Tensor leaf(const Numbers& numbers, DType dtype = kFloat64) {
  return values(numbers, dtype).set_requires_grad(true);
}

// The elements in row-major order; none of an undefined tensor.
inline Numbers elements(const Tensor& tensor) {
  Numbers out;
  if (!tensor.defined()) return out;
  const Tensor flat = tensor.detach().to(kFloat64).contiguous();
  const double* data = flat.data_ptr<double>();
  out.assign(data, data + flat.numel());
  return out;
}

inline bool close(const Numbers& a, const Numbers& b, double tolerance = 1e-12) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::abs(a[i] - b[i]) > tolerance * std::max(1.0, std::abs(b[i]))) return false;
  }
  return true;
}

}  // namespace sinter::testing
