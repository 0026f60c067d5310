// Elements of matrices and activations, read and written by the stand-ins of libraries.
#pragma once
#include <sinter/core/half.h>

#include <cstdint>
#include <cstring>

namespace sinter::cuda_host {

enum class Element : std::uint8_t { f16, bf16, f32, f64 };

constexpr std::size_t bytes_of(Element e) {
  return e == Element::f64 ? 8 : e == Element::f32 ? 4 : 2;
}

inline double load(const void* data, std::int64_t at, Element e) {
  switch (e) {
    case Element::f16:
      return static_cast<double>(static_cast<float>(static_cast<const Half*>(data)[at]));
    case Element::bf16:
      return static_cast<double>(static_cast<float>(static_cast<const BFloat16*>(data)[at]));
    case Element::f32:
      return static_cast<double>(static_cast<const float*>(data)[at]);
    default:
      return static_cast<const double*>(data)[at];
  }
}

inline void store(void* data, std::int64_t at, Element e, double value) {
  switch (e) {
    case Element::f16:
      static_cast<Half*>(data)[at] = Half(static_cast<float>(value));
      return;
    case Element::bf16:
      static_cast<BFloat16*>(data)[at] = BFloat16(static_cast<float>(value));
      return;
    case Element::f32:
      static_cast<float*>(data)[at] = static_cast<float>(value);
      return;
    default:
      static_cast<double*>(data)[at] = value;
  }
}

}  // namespace sinter::cuda_host
