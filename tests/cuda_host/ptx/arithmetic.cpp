#include "arithmetic.h"

#include <algorithm>
#include <bit>
#include <cfenv>
#include <cmath>

namespace sinter::ptx {

namespace {

[[noreturn]] void unsupported(const Instruction& i) {
  throw Error("line " + std::to_string(i.line) + ": form not supported: " + std::string(i.text));
}

// Rounding of f32 and f64 arithmetic; nearest is the processor's own.
class RoundingScope {
 public:
  explicit RoundingScope(Round round) : active_(round > Round::rn && round <= Round::rp) {
    if (!active_) return;
    std::fesetround(round == Round::rz   ? FE_TOWARDZERO
                    : round == Round::rm ? FE_DOWNWARD
                                         : FE_UPWARD);
  }
  ~RoundingScope() {
    if (active_) std::fesetround(FE_TONEAREST);
  }

 private:
  bool active_;
};

template <class T>
T flushed(const Instruction& i, T x) {
  return i.flush && std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(T(0), x) : x;
}

template <class T>
T float_result(const Instruction& i, T a, T b, T c) {
  const RoundingScope scope(i.round);
  volatile T x = a;  // keeps the arithmetic inside the scope
  switch (i.op) {
    case Op::add:
      return x + b;
    case Op::sub:
      return x - b;
    case Op::mul:
      return x * b;
    case Op::div:
      return x / b;
    case Op::mad:
    case Op::fma:
      return std::fma(x, b, c);
    case Op::rcp:
      return T(1) / x;
    case Op::sqrt:
      return std::sqrt(x);
    case Op::rsqrt:
      return static_cast<T>(1 / std::sqrt(static_cast<double>(a)));
    case Op::abs:
      return std::fabs(a);
    case Op::sin:
      return std::sin(a);
    case Op::cos:
      return std::cos(a);
    case Op::ex2:
      return std::exp2(a);
    case Op::lg2:
      return std::log2(a);
    case Op::tanh:
      return std::tanh(a);
    case Op::copysign:
      return std::copysign(b, a);
    case Op::min:
    case Op::max: {
      if (i.nan && (std::isnan(a) || std::isnan(b))) return std::numeric_limits<T>::quiet_NaN();
      return i.op == Op::max ? std::fmax(a, b) : std::fmin(a, b);
    }
    default:
      unsupported(i);
  }
}

template <class T>
std::uint64_t evaluate_float(const Instruction& i, const std::uint64_t* x) {
  const auto in = [&](std::size_t k) { return flushed(i, bits_as<T>(x[k])); };
  T r = flushed(i, float_result<T>(i, in(0), in(1), in(2)));
  if (i.saturate) r = std::isnan(r) ? T(0) : std::clamp(r, T(0), T(1));
  return bits_from(r);
}

// f16 and bf16, rounded once from double.
std::uint64_t evaluate_half(const Instruction& i, const std::uint64_t* x, Type type) {
  const auto in = [&](std::size_t k) { return to_number(x[k], type); };
  return from_number(float_result<double>(i, in(0), in(1), in(2)), type);
}

std::uint64_t evaluate_half_pair(const Instruction& i, const std::uint64_t* x) {
  const Type type = i.type == Type::f16x2 ? Type::f16 : Type::bf16;
  std::uint64_t out = 0;
  for (int shift = 0; shift < 32; shift += 16) {
    const std::uint64_t parts[3] = {x[0] >> shift & 0xffff, x[1] >> shift & 0xffff,
                                    x[2] >> shift & 0xffff};
    out |= evaluate_half(i, parts, type) << shift;
  }
  return out;
}

std::uint64_t multiply(const Instruction& i, const std::uint64_t* x) {
  const bool is_wide_signed = is_signed(i.type);
  const auto product =
      is_wide_signed
          ? static_cast<unsigned __int128>(static_cast<__int128>(sign_extend(x[0], i.type)) *
                                           sign_extend(x[1], i.type))
          : static_cast<unsigned __int128>(zero_extend(x[0], i.type)) * zero_extend(x[1], i.type);
  const int bits = bits_of(i.type);
  auto result = static_cast<std::uint64_t>(i.high ? product >> bits : product);
  if (i.op == Op::mad) result += x[2];
  if (!i.wide) return zero_extend(result, i.type);
  return bits == 16 ? zero_extend(result, Type::u32) : result;
}

std::uint64_t divide(const Instruction& i, const std::uint64_t* x) {
  const bool remainder = i.op == Op::rem;
  if (is_signed(i.type)) {
    const std::int64_t a = sign_extend(x[0], i.type), b = sign_extend(x[1], i.type);
    if (b == 0)
      return remainder ? zero_extend(x[0], i.type) : zero_extend(~std::uint64_t{0}, i.type);
    if (b == -1) return remainder ? 0 : zero_extend(0 - x[0], i.type);
    return zero_extend(static_cast<std::uint64_t>(remainder ? a % b : a / b), i.type);
  }
  const std::uint64_t a = zero_extend(x[0], i.type), b = zero_extend(x[1], i.type);
  if (b == 0) return remainder ? a : zero_extend(~std::uint64_t{0}, i.type);
  return remainder ? a % b : a / b;
}

bool less(const Instruction& i, std::uint64_t a, std::uint64_t b) {
  return is_signed(i.type) ? sign_extend(a, i.type) < sign_extend(b, i.type)
                           : zero_extend(a, i.type) < zero_extend(b, i.type);
}

std::uint64_t shift(const Instruction& i, const std::uint64_t* x) {
  const auto bits = static_cast<std::uint64_t>(bits_of(i.type));
  const std::uint64_t count = std::min(zero_extend(x[1], Type::u32), bits);
  if (i.op == Op::shl) return count == bits ? 0 : zero_extend(x[0] << count, i.type);
  if (is_signed(i.type)) {
    const std::int64_t v = sign_extend(x[0], i.type) >> std::min<std::uint64_t>(count, 63);
    return zero_extend(static_cast<std::uint64_t>(v), i.type);
  }
  return count == bits ? 0 : zero_extend(x[0], i.type) >> count;
}

std::uint64_t evaluate_integer(const Instruction& i, const std::uint64_t* x) {
  switch (i.op) {
    case Op::add:
      return zero_extend(x[0] + x[1], i.type);
    case Op::sub:
      return zero_extend(x[0] - x[1], i.type);
    case Op::mul:
    case Op::mad:
    case Op::mul24:
      return multiply(i, x);
    case Op::div:
    case Op::rem:
      return divide(i, x);
    case Op::abs:
      return sign_extend(x[0], i.type) < 0 ? zero_extend(0 - x[0], i.type)
                                           : zero_extend(x[0], i.type);
    case Op::min:
      return zero_extend(less(i, x[1], x[0]) ? x[1] : x[0], i.type);
    case Op::max:
      return zero_extend(less(i, x[0], x[1]) ? x[1] : x[0], i.type);
    case Op::sad:
      return zero_extend((less(i, x[0], x[1]) ? x[1] - x[0] : x[0] - x[1]) + x[2], i.type);
    default:
      unsupported(i);
  }
}

std::uint64_t evaluate_number(const Instruction& i, const std::uint64_t* x) {
  switch (i.type) {
    case Type::f32:
      return evaluate_float<float>(i, x);
    case Type::f64:
      return evaluate_float<double>(i, x);
    case Type::f16:
    case Type::bf16:
      return evaluate_half(i, x, i.type);
    case Type::f16x2:
    case Type::bf16x2:
      return evaluate_half_pair(i, x);
    default:
      return evaluate_integer(i, x);
  }
}

std::uint64_t negate(const Instruction& i, std::uint64_t v) {
  switch (i.type) {
    case Type::f32:
      return v ^ 0x80000000U;
    case Type::f64:
      return v ^ (std::uint64_t{1} << 63);
    case Type::f16:
    case Type::bf16:
      return v ^ 0x8000U;
    case Type::f16x2:
    case Type::bf16x2:
      return v ^ 0x80008000U;
    default:
      return zero_extend(0 - v, i.type);
  }
}

template <class T>
bool compare_ordered(Compare compare, T a, T b) {
  switch (compare) {
    case Compare::eq:
    case Compare::equ:
      return a == b;
    case Compare::ne:
    case Compare::neu:
      return a != b;
    case Compare::lt:
    case Compare::lo:
    case Compare::ltu:
      return a < b;
    case Compare::le:
    case Compare::ls:
    case Compare::leu:
      return a <= b;
    case Compare::gt:
    case Compare::hi:
    case Compare::gtu:
      return a > b;
    case Compare::ge:
    case Compare::hs:
    case Compare::geu:
      return a >= b;
    case Compare::num:
      return true;
    default:
      return false;
  }
}

bool compare(const Instruction& i, Type type, std::uint64_t a, std::uint64_t b) {
  if (is_float(type)) {
    const double x = to_number(a, type), y = to_number(b, type);
    if (std::isnan(x) || std::isnan(y))
      return i.compare >= Compare::equ && i.compare != Compare::num;
    return compare_ordered(i.compare, x, y);
  }
  if (is_signed(type)) {
    return compare_ordered(i.compare, sign_extend(a, type), sign_extend(b, type));
  }
  return compare_ordered(i.compare, zero_extend(a, type), zero_extend(b, type));
}

bool join_predicates(const Instruction& i, bool a, bool b) {
  if (i.variant == "and") return a && b;
  if (i.variant == "or") return a || b;
  return a != b;
}

std::uint64_t set_predicates(const Instruction& i, const std::uint64_t* x) {
  bool first = compare(i, i.type, x[0], x[1]);
  bool second = !first;
  if (!i.variant.empty()) {
    first = join_predicates(i, first, (x[2] & 1) != 0);
    second = join_predicates(i, second, (x[2] & 1) != 0);
  }
  return (first ? 1U : 0U) | (second ? 2U : 0U);
}

std::uint64_t set_number(const Instruction& i, const std::uint64_t* x) {
  if (!compare(i, i.from, x[0], x[1])) return 0;
  return i.type == Type::f32 ? bits_from(1.0F) : 0xffffffffU;
}

bool test_property(const Instruction& i, double x) {
  if (i.variant == "finite") return std::isfinite(x);
  if (i.variant == "infinite") return std::isinf(x);
  if (i.variant == "number") return !std::isnan(x);
  if (i.variant == "notanumber") return std::isnan(x);
  unsupported(i);
}

std::uint64_t bits_extracted(const Instruction& i, const std::uint64_t* x) {
  const std::uint64_t position = x[1] & 0xff, length = x[2] & 0xff;
  if (length == 0) return 0;
  const auto bits = static_cast<std::uint64_t>(bits_of(i.type));
  const auto value = static_cast<std::int64_t>(
      is_signed(i.type) ? static_cast<std::uint64_t>(sign_extend(x[0], i.type))
                        : zero_extend(x[0], i.type));
  std::int64_t field = value >> std::min<std::uint64_t>(position, 63);
  if (!is_signed(i.type) && position >= bits) field = 0;
  const std::uint64_t kept = std::min(length, bits);
  if (kept >= 64) return static_cast<std::uint64_t>(field);
  const int unused = 64 - static_cast<int>(kept);
  const std::uint64_t moved = static_cast<std::uint64_t>(field) << unused;
  if (!is_signed(i.type)) return moved >> unused;
  return zero_extend(static_cast<std::uint64_t>(static_cast<std::int64_t>(moved) >> unused),
                     i.type);
}

std::uint64_t bits_inserted(const Instruction& i, const std::uint64_t* x) {
  const std::uint64_t position = x[2] & 0xff, length = x[3] & 0xff;
  if (position > 63) return zero_extend(x[1], i.type);
  const std::uint64_t ones = length >= 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << length) - 1;
  const std::uint64_t mask = ones << position;
  return zero_extend((x[1] & ~mask) | (x[0] << position & mask), i.type);
}

std::uint64_t bytes_permuted(const std::uint64_t* x) {
  const std::uint64_t both = zero_extend(x[0], Type::u32) | x[1] << 32;
  std::uint64_t out = 0;
  for (unsigned k = 0; k < 4; ++k) {
    const std::uint64_t selector = x[2] >> (4 * k) & 15;
    std::uint64_t byte = both >> (8 * (selector & 7)) & 0xff;
    if ((selector & 8) != 0) byte = (byte & 0x80) != 0 ? 0xff : 0;
    out |= byte << (8 * k);
  }
  return out;
}

std::uint64_t funnel_shift(const Instruction& i, const std::uint64_t* x) {
  const std::uint64_t both = zero_extend(x[0], Type::u32) | x[1] << 32;
  const std::uint64_t wanted = zero_extend(x[2], Type::u32);
  const std::uint64_t count = i.clamp ? std::min<std::uint64_t>(wanted, 32) : wanted & 31;
  return zero_extend(i.left ? (both << count) >> 32 : both >> count, Type::u32);
}

std::uint64_t any_logic(const std::uint64_t* x) {
  std::uint64_t out = 0;
  for (unsigned k = 0; k < 8; ++k) {
    if ((x[3] >> k & 1) == 0) continue;
    out |= ((k & 4) != 0 ? x[0] : ~x[0]) & ((k & 2) != 0 ? x[1] : ~x[1]) &
           ((k & 1) != 0 ? x[2] : ~x[2]);
  }
  return zero_extend(out, Type::u32);
}

std::uint64_t reversed(std::uint64_t v, int bits) {
  std::uint64_t out = 0;
  for (int k = 0; k < bits; ++k) out |= (v >> k & 1) << (bits - 1 - k);
  return out;
}

std::uint64_t highest_bit(const Instruction& i, std::uint64_t v) {
  std::uint64_t bits = zero_extend(v, i.type);
  if (is_signed(i.type) && sign_extend(v, i.type) < 0) bits = zero_extend(~v, i.type);
  return bits == 0 ? 0xffffffffU : static_cast<std::uint64_t>(63 - std::countl_zero(bits));
}

std::uint64_t evaluate_bits(const Instruction& i, const std::uint64_t* x) {
  const Type type = i.type == Type::pred ? Type::b8 : i.type;
  const std::uint64_t v = zero_extend(x[0], type);
  switch (i.op) {
    case Op::and_:
      return v & x[1];
    case Op::or_:
      return zero_extend(v | x[1], type);
    case Op::xor_:
      return zero_extend(v ^ x[1], type);
    case Op::not_:
      return i.type == Type::pred ? static_cast<std::uint64_t>((v & 1) == 0)
                                  : zero_extend(~v, type);
    case Op::cnot:
      return v == 0 ? 1 : 0;
    case Op::shl:
    case Op::shr:
      return shift(i, x);
    case Op::popc:
      return static_cast<std::uint64_t>(std::popcount(v));
    case Op::clz:
      return static_cast<std::uint64_t>(std::countl_zero(v) - (64 - bits_of(type)));
    case Op::brev:
      return reversed(v, bits_of(type));
    case Op::bfind:
      return highest_bit(i, x[0]);
    case Op::bfe:
      return bits_extracted(i, x);
    case Op::bfi:
      return bits_inserted(i, x);
    case Op::prmt:
      return bytes_permuted(x);
    case Op::shf:
      return funnel_shift(i, x);
    case Op::lop3:
      return any_logic(x);
    default:
      unsupported(i);
  }
}

std::uint64_t select_by_sign(const Instruction& i, const std::uint64_t* x) {
  const bool negative =
      i.from == Type::f32 ? bits_as<float>(x[2]) < 0 : sign_extend(x[2], Type::s32) < 0;
  return negative ? x[1] : x[0];
}

}  // namespace

std::uint64_t evaluate(const Instruction& i, const std::uint64_t* x) {
  switch (i.op) {
    case Op::mov:
      return i.type == Type::pred ? x[0] & 1 : zero_extend(x[0], i.type);
    case Op::selp:
      return zero_extend((x[2] & 1) != 0 ? x[0] : x[1], i.type);
    case Op::setp:
      return set_predicates(i, x);
    case Op::set:
      return set_number(i, x);
    case Op::slct:
      return select_by_sign(i, x);
    case Op::cvt:
      return convert(i, x);
    case Op::neg:
      return negate(i, x[0]);
    case Op::testp:
      return test_property(i, to_number(x[0], i.type)) ? 1 : 0;
    default:
      break;
  }
  if ((i.op >= Op::and_ && i.op <= Op::shr) || (i.op >= Op::popc && i.op <= Op::lop3)) {
    return evaluate_bits(i, x);
  }
  return evaluate_number(i, x);
}

std::uint64_t evaluate_with_carry(const Instruction& i, const std::uint64_t* x, bool& carry) {
  const bool reads = i.op >= Op::addc;
  const bool multiplies = i.op == Op::mad || i.op == Op::madc;
  const bool subtracts = i.op == Op::sub || i.op == Op::subc;
  Instruction product = i;
  product.op = Op::mul;
  const unsigned __int128 a = multiplies ? multiply(product, x) : zero_extend(x[0], i.type);
  const unsigned __int128 b = zero_extend(x[multiplies ? 2 : 1], i.type);
  const unsigned __int128 in = reads && carry ? 1 : 0;
  const unsigned __int128 result = subtracts ? a - b - in : a + b + in;
  if (i.carry) carry = (result >> bits_of(i.type) & 1) != 0;
  return zero_extend(static_cast<std::uint64_t>(result), i.type);
}

std::uint64_t combine(const Instruction& i, std::uint64_t old, const std::uint64_t* x) {
  if (i.variant == "exch") return x[0];
  if (i.variant == "cas") return zero_extend(old, i.type) == zero_extend(x[0], i.type) ? x[1] : old;
  if (i.variant == "inc")
    return zero_extend(old, i.type) >= zero_extend(x[0], i.type) ? 0 : old + 1;
  Instruction step;
  step.type = i.type;
  step.line = i.line;
  step.text = i.text;
  if (i.variant == "add") step.op = Op::add;
  if (i.variant == "min") step.op = Op::min;
  if (i.variant == "max") step.op = Op::max;
  if (i.variant == "and") step.op = Op::and_;
  if (i.variant == "or") step.op = Op::or_;
  if (i.variant == "xor") step.op = Op::xor_;
  if (step.op == Op::nop) unsupported(i);
  const std::uint64_t both[3] = {old, x[0], 0};
  return evaluate(step, both);
}

}  // namespace sinter::ptx
