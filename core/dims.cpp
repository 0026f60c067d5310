#include <sinter/core/dims.h>
#include <sinter/core/error.h>

#include <algorithm>

namespace sinter {

void Dims::throw_too_many(std::size_t size) {
  fail<ValueError>("[dims] a tensor has at most ", kMaxDims, " dimensions; got ", size);
}

std::int64_t checked_numel(const char* op, IntArrayRef sizes) {
  std::int64_t product = 1;
  bool empty = false;
  for (const std::int64_t size : sizes) {
    SINTER_CHECK_AS(ValueError, size >= 0, "[", op, "] sizes must not be negative; got ", sizes);
    if (size == 0) {
      empty = true;
    } else if (__builtin_mul_overflow(product, size, &product)) [[unlikely]] {
      fail<ValueError>("[", op, "] the number of elements exceeds 2^63 - 1; got ", sizes);
    }
  }
  return empty ? 0 : product;
}

std::int64_t checked_mul(const char* op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  SINTER_CHECK_AS(ValueError, !__builtin_mul_overflow(a, b, &result), "[", op,
                  "] size overflows int64; got ", a, " * ", b);
  return result;
}

std::int64_t checked_add(const char* op, std::int64_t a, std::int64_t b) {
  std::int64_t result = 0;
  SINTER_CHECK_AS(ValueError, !__builtin_add_overflow(a, b, &result), "[", op,
                  "] size overflows int64; got ", a, " + ", b);
  return result;
}

std::size_t wrap_dim(const char* op, std::int64_t dim, std::size_t rank) {
  const auto n = static_cast<std::int64_t>(std::max<std::size_t>(rank, 1));
  SINTER_CHECK_AS(IndexError, dim >= -n && dim < n, "[", op, "] dimension out of range (expected [",
                  -n, ", ", n - 1, "]); got ", dim);
  return static_cast<std::size_t>(dim < 0 ? dim + n : dim);
}

Dims contiguous_strides(IntArrayRef sizes) {
  Dims strides;
  strides.resize(sizes.size());
  std::int64_t step = 1;
  for (std::size_t i = sizes.size(); i-- > 0;) {
    strides[i] = step;
    step *= std::max<std::int64_t>(sizes[i], 1);
  }
  return strides;
}

Dims channels_last_strides(IntArrayRef sizes) {
  Dims strides(4, 0);
  std::int64_t step = 1;
  for (const std::size_t d : {1U, 3U, 2U, 0U}) {
    strides[d] = step;
    step *= std::max<std::int64_t>(sizes[d], 1);
  }
  return strides;
}

Dims broadcast_shapes(const char* op, IntArrayRef a, IntArrayRef b) {
  const IntArrayRef longer = a.size() < b.size() ? b : a;
  const IntArrayRef shorter = a.size() < b.size() ? a : b;
  Dims shape(longer);
  const std::size_t extra = longer.size() - shorter.size();
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    std::int64_t& size = shape[extra + i];
    if (size == 1) {
      size = shorter[i];
    } else if (shorter[i] != 1 && shorter[i] != size) [[unlikely]] {
      fail<ValueError>("[", op, "] shapes do not broadcast; got ", a, " and ", b);
    }
  }
  return shape;
}

}  // namespace sinter
