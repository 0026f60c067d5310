// The fundamental types of PTX, and values of them in 64-bit registers.
#pragma once
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>

namespace sinter::ptx {

// What is wrong with a program, or with what it does; names the line of the PTX.
class Error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class Type : std::uint8_t {
  none,
  pred,
  b8,
  b16,
  b32,
  b64,
  u8,
  u16,
  u32,
  u64,
  s8,
  s16,
  s32,
  s64,
  f16,
  bf16,
  f16x2,
  bf16x2,
  f32,
  f64
};

constexpr int size_of(Type t) {
  switch (t) {
    case Type::pred:
    case Type::b8:
    case Type::u8:
    case Type::s8:
      return 1;
    case Type::b16:
    case Type::u16:
    case Type::s16:
    case Type::f16:
    case Type::bf16:
      return 2;
    case Type::b64:
    case Type::u64:
    case Type::s64:
    case Type::f64:
      return 8;
    default:
      return 4;
  }
}
constexpr int bits_of(Type t) { return 8 * size_of(t); }
constexpr bool is_float(Type t) {
  return t == Type::f16 || t == Type::bf16 || t == Type::f32 || t == Type::f64;
}
constexpr bool is_signed(Type t) {
  return t == Type::s8 || t == Type::s16 || t == Type::s32 || t == Type::s64;
}

template <class To, class From>
To bits_as(From from) {
  static_assert(sizeof(To) <= sizeof(From));
  To to;
  std::memcpy(&to, &from, sizeof to);
  return to;
}
inline std::uint64_t bits_from(float x) {
  std::uint32_t u = 0;
  std::memcpy(&u, &x, sizeof u);
  return u;
}
inline std::uint64_t bits_from(double x) {
  std::uint64_t u = 0;
  std::memcpy(&u, &x, sizeof u);
  return u;
}

// The low bits of a register as an integer of the type.
constexpr std::int64_t sign_extend(std::uint64_t v, Type t) {
  const int unused = 64 - bits_of(t);
  return static_cast<std::int64_t>(v << unused) >> unused;
}
constexpr std::uint64_t zero_extend(std::uint64_t v, Type t) {
  const int unused = 64 - bits_of(t);
  return v << unused >> unused;
}

// Register bits to a number and back; floating types round to nearest, ties to even.
double to_number(std::uint64_t v, Type t);
std::uint64_t from_number(double x, Type t);

}  // namespace sinter::ptx
