#include "types.h"

#include <sinter/core/half.h>

namespace sinter::ptx {

double to_number(std::uint64_t v, Type t) {
  switch (t) {
    case Type::f32:
      return static_cast<double>(bits_as<float>(v));
    case Type::f64:
      return bits_as<double>(v);
    case Type::f16:
      return static_cast<double>(Half::to_float(static_cast<std::uint16_t>(v)));
    case Type::bf16:
      return static_cast<double>(BFloat16::to_float(static_cast<std::uint16_t>(v)));
    default:
      return is_signed(t) ? static_cast<double>(sign_extend(v, t))
                          : static_cast<double>(zero_extend(v, t));
  }
}

std::uint64_t from_number(double x, Type t) {
  switch (t) {
    case Type::f32:
      return bits_from(static_cast<float>(x));
    case Type::f64:
      return bits_from(x);
    case Type::f16:
      return Half::from_float(static_cast<float>(x));
    case Type::bf16:
      return BFloat16::from_float(static_cast<float>(x));
    default:
      return static_cast<std::uint64_t>(static_cast<std::int64_t>(x));
  }
}

}  // namespace sinter::ptx
