#include "reference.h"

#include <sinter/core/tensor_factory.h>

namespace sinter::testing {

Tensor Numbers::tensor() const {
  const Tensor out = empty_tensor("test", sizes, kFloat64);
  std::copy(values.begin(), values.end(), out.data_ptr<double>());
  return out;
}

namespace {
// A value in [0, 1) for each index.
double hashed(std::int64_t i, int seed) {
  auto x = static_cast<std::uint64_t>(i) * 0x9e3779b97f4a7c15U +
           static_cast<std::uint64_t>(seed) * 0xbf58476d1ce4e5b9U + 0x94d049bb133111ebU;
  x ^= x >> 29;
  x *= 0xbf58476d1ce4e5b9U;
  x ^= x >> 32;
  return static_cast<double>(x >> 11) * 0x1p-53;
}
}  // namespace

Tensor sample_values(IntArrayRef sizes, int seed) {
  const Tensor out = empty_tensor("test", sizes, kFloat64);
  double* data = out.data_ptr<double>();
  for (std::int64_t i = 0; i < out.numel(); ++i) {
    const double x = 2 * hashed(i, seed) - 1;
    data[i] = x + (x < 0 ? -0.05 : 0.05);
  }
  return out;
}

Tensor sample_integers(IntArrayRef sizes, DType dtype, int seed) {
  const Tensor out = empty_tensor("test", sizes, dtype);
  visit_dtype(dtype, [&]<class T>() {
    T* data = out.data_ptr<T>();
    for (std::int64_t i = 0; i < out.numel(); ++i) {
      data[i] = static_cast<T>(static_cast<float>(static_cast<int>(19 * hashed(i, seed)) - 9));
    }
  });
  return out;
}

}  // namespace sinter::testing
