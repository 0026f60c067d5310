// The methods of Tensor that reduce.
#include <sinter/ops/reduce.h>

namespace sinter {

Tensor Tensor::sum(std::optional<DType> dtype) const { return sinter::sum(*this, dtype); }
Tensor Tensor::sum(IntArrayRef dims, bool keepdim, std::optional<DType> dtype) const {
  return sinter::sum(*this, dims, keepdim, dtype);
}
Tensor Tensor::mean(std::optional<DType> dtype) const { return sinter::mean(*this, dtype); }
Tensor Tensor::mean(IntArrayRef dims, bool keepdim, std::optional<DType> dtype) const {
  return sinter::mean(*this, dims, keepdim, dtype);
}
Tensor Tensor::prod(std::optional<DType> dtype) const { return sinter::prod(*this, dtype); }
Tensor Tensor::prod(std::int64_t dim, bool keepdim, std::optional<DType> dtype) const {
  return sinter::prod(*this, dim, keepdim, dtype);
}

Tensor Tensor::max() const { return sinter::max(*this); }
Tensor Tensor::min() const { return sinter::min(*this); }
std::tuple<Tensor, Tensor> Tensor::max(std::int64_t dim, bool keepdim) const {
  return sinter::max(*this, dim, keepdim);
}
std::tuple<Tensor, Tensor> Tensor::min(std::int64_t dim, bool keepdim) const {
  return sinter::min(*this, dim, keepdim);
}
Tensor Tensor::argmax(std::optional<std::int64_t> dim, bool keepdim) const {
  return sinter::argmax(*this, dim, keepdim);
}
Tensor Tensor::argmin(std::optional<std::int64_t> dim, bool keepdim) const {
  return sinter::argmin(*this, dim, keepdim);
}
Tensor Tensor::amax(IntArrayRef dims, bool keepdim) const {
  return sinter::amax(*this, dims, keepdim);
}
Tensor Tensor::amin(IntArrayRef dims, bool keepdim) const {
  return sinter::amin(*this, dims, keepdim);
}

Tensor Tensor::any() const { return sinter::any(*this); }
Tensor Tensor::any(std::int64_t dim, bool keepdim) const {
  return sinter::any(*this, dim, keepdim);
}
Tensor Tensor::all() const { return sinter::all(*this); }
Tensor Tensor::all(std::int64_t dim, bool keepdim) const {
  return sinter::all(*this, dim, keepdim);
}

Tensor Tensor::var(IntArrayRef dims, bool unbiased, bool keepdim) const {
  return sinter::var(*this, dims, unbiased, keepdim);
}
Tensor Tensor::std(IntArrayRef dims, bool unbiased, bool keepdim) const {
  return sinter::std(*this, dims, unbiased, keepdim);
}
Tensor Tensor::norm(const Scalar& p) const { return sinter::norm(*this, p); }
Tensor Tensor::norm(const Scalar& p, IntArrayRef dims, bool keepdim) const {
  return sinter::norm(*this, p, dims, keepdim);
}
Tensor Tensor::logsumexp(IntArrayRef dims, bool keepdim) const {
  return sinter::logsumexp(*this, dims, keepdim);
}
Tensor Tensor::cumsum(std::int64_t dim, std::optional<DType> dtype) const {
  return sinter::cumsum(*this, dim, dtype);
}

bool Tensor::equal(const Tensor& other) const { return sinter::equal(*this, other); }
Tensor Tensor::isclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
  return sinter::isclose(*this, other, rtol, atol, equal_nan);
}
bool Tensor::allclose(const Tensor& other, double rtol, double atol, bool equal_nan) const {
  return sinter::allclose(*this, other, rtol, atol, equal_nan);
}

}  // namespace sinter
