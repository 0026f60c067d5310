#include <algorithm>
#include <cmath>

#include "arithmetic.h"

namespace sinter::ptx {

namespace {

double rounded_to_integer(double x, Round round) {
  switch (round) {
    case Round::rni:
    case Round::rn:
      return std::nearbyint(x);
    case Round::rmi:
    case Round::rm:
      return std::floor(x);
    case Round::rpi:
    case Round::rp:
      return std::ceil(x);
    default:
      return std::trunc(x);
  }
}

// Out of range gives the nearest end; NaN gives 0.
std::uint64_t to_integer(double x, Type type, Round round) {
  x = rounded_to_integer(x, round);
  if (std::isnan(x)) return 0;
  const int bits = bits_of(type);
  if (is_signed(type)) {
    const double end = std::ldexp(1.0, bits - 1);
    if (x < -end) return zero_extend(std::uint64_t{1} << (bits - 1), type);
    if (x >= end) return zero_extend((std::uint64_t{1} << (bits - 1)) - 1, type);
    return zero_extend(static_cast<std::uint64_t>(static_cast<std::int64_t>(x)), type);
  }
  if (x <= 0) return 0;
  if (x >= std::ldexp(1.0, bits)) return zero_extend(~std::uint64_t{0}, type);
  return static_cast<std::uint64_t>(x);
}

// From double or float; rz and rm, rp go to the neighbour on the right side.
std::uint64_t to_float(double x, Type type, Round round) {
  const std::uint64_t nearest = from_number(x, type);
  const double back = to_number(nearest, type);
  if (round == Round::none || round == Round::rn || back == x || std::isnan(x)) return nearest;
  const bool away = std::fabs(back) > std::fabs(x);
  const bool up = back > x;
  const bool wrong =
      (round == Round::rz && away) || (round == Round::rm && up) || (round == Round::rp && !up);
  if (!wrong) return nearest;
  // Magnitudes are ordered as their bits are.
  return away ? nearest - 1 : nearest + 1;
}

std::uint64_t from_float(const Instruction& i, double x) {
  const bool integral = i.round >= Round::rni;
  if (i.flush && i.from == Type::f32 && std::fpclassify(static_cast<float>(x)) == FP_SUBNORMAL) {
    x = std::copysign(0.0, x);
  }
  if (!is_float(i.type)) return to_integer(x, i.type, i.round);
  if (integral) x = rounded_to_integer(x, i.round);
  if (i.saturate) x = std::isnan(x) ? 0 : std::clamp(x, 0.0, 1.0);
  if (i.relu && x < 0) x = 0;
  return to_float(x, i.type, integral ? Round::rn : i.round);
}

std::uint64_t from_integer(const Instruction& i, std::uint64_t v) {
  if (is_float(i.type)) {
    // i64 to f32 must round once, and u64 does not fit a double either way.
    if (i.type == Type::f32 && i.round <= Round::rn) {
      return bits_from(is_signed(i.from) ? static_cast<float>(sign_extend(v, i.from))
                                         : static_cast<float>(zero_extend(v, i.from)));
    }
    return to_float(to_number(v, i.from), i.type, i.round);
  }
  const std::uint64_t wide = is_signed(i.from) ? static_cast<std::uint64_t>(sign_extend(v, i.from))
                                               : zero_extend(v, i.from);
  if (!i.saturate) return zero_extend(wide, i.type);
  return to_integer(to_number(v, i.from), i.type, Round::rzi);
}

}  // namespace

std::uint64_t convert(const Instruction& i, const std::uint64_t* x) {
  if (i.type == Type::f16x2 || i.type == Type::bf16x2) {
    const Type half = i.type == Type::f16x2 ? Type::f16 : Type::bf16;
    return from_number(to_number(x[0], Type::f32), half) << 16 |
           from_number(to_number(x[1], Type::f32), half);
  }
  if (is_float(i.from)) return from_float(i, to_number(x[0], i.from));
  return from_integer(i, x[0]);
}

}  // namespace sinter::ptx
