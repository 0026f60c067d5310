// Element types of tensors.
#pragma once
#include <sinter/core/half.h>

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace sinter {

// The ten element types. The order is that of promotion within a category.
enum class DType : std::uint8_t {
  u8,
  i8,
  i16,
  i32,
  i64,
  f16,
  bf16,
  f32,
  f64,
  boolean,
  // libtorch's names.
  Byte = u8,
  Char = i8,
  Short = i16,
  Int = i32,
  Long = i64,
  Half = f16,
  BFloat16 = bf16,
  Float = f32,
  Double = f64,
  Bool = boolean,
};
inline constexpr std::size_t kNumDTypes = 10;

using ScalarType = DType;
using Dtype = DType;

inline constexpr DType kUInt8 = DType::u8, kByte = DType::u8, kU8 = DType::u8;
inline constexpr DType kInt8 = DType::i8, kChar = DType::i8, kI8 = DType::i8;
inline constexpr DType kInt16 = DType::i16, kShort = DType::i16, kI16 = DType::i16;
inline constexpr DType kInt32 = DType::i32, kInt = DType::i32, kI32 = DType::i32;
inline constexpr DType kInt64 = DType::i64, kLong = DType::i64, kI64 = DType::i64;
inline constexpr DType kFloat16 = DType::f16, kHalf = DType::f16, kF16 = DType::f16;
inline constexpr DType kBFloat16 = DType::bf16;
inline constexpr DType kFloat32 = DType::f32, kFloat = DType::f32, kF32 = DType::f32;
inline constexpr DType kFloat64 = DType::f64, kDouble = DType::f64, kF64 = DType::f64;
inline constexpr DType kBool = DType::boolean;

namespace detail {
inline constexpr std::uint8_t kElementSizes[kNumDTypes] = {1, 1, 2, 4, 8, 2, 2, 4, 8, 1};
}
// Bytes per element.
constexpr std::size_t element_size(DType dtype) {
  return detail::kElementSizes[static_cast<std::size_t>(dtype)];
}

// Categories, in rising order: PyTorch's promotion goes by them.
enum class DTypeCategory : std::uint8_t { boolean, integral, floating };

constexpr DTypeCategory category(DType dtype) {
  if (dtype == DType::boolean) return DTypeCategory::boolean;
  return dtype >= DType::f16 ? DTypeCategory::floating : DTypeCategory::integral;
}
constexpr bool is_floating_point(DType dtype) { return category(dtype) == DTypeCategory::floating; }
// Integers; with include_bool also bool.
constexpr bool is_integral(DType dtype, bool include_bool = false) {
  return category(dtype) == DTypeCategory::integral || (include_bool && dtype == DType::boolean);
}
constexpr bool is_reduced_floating_point(DType dtype) {
  return dtype == DType::f16 || dtype == DType::bf16;
}

// The dtype that holds both, by PyTorch's table: u8 with a signed integer gives the next wider
// signed one, f16 with bf16 gives f32.
DType promote_types(DType a, DType b);

// The short name: "f32", "i64", "bool".
std::string_view name(DType dtype);
// PyTorch's name of the C++ type as printed after a tensor: "Float", "Long", "Bool".
std::string_view cpp_name(DType dtype);

// The dtype of new floating point tensors; f32 unless set. set_default_dtype throws TypeError for a
// dtype that is not floating point.
DType get_default_dtype();
void set_default_dtype(DType dtype);

// DTypeOf<T>::value is the DType whose elements are T.
template <class T>
struct DTypeOf;
#define SINTER_DTYPE_OF(type, dtype)             \
  template <>                                    \
  struct DTypeOf<type> {                         \
    static constexpr DType value = DType::dtype; \
  }
SINTER_DTYPE_OF(std::uint8_t, u8);
SINTER_DTYPE_OF(std::int8_t, i8);
SINTER_DTYPE_OF(std::int16_t, i16);
SINTER_DTYPE_OF(std::int32_t, i32);
SINTER_DTYPE_OF(std::int64_t, i64);
SINTER_DTYPE_OF(Half, f16);
SINTER_DTYPE_OF(BFloat16, bf16);
SINTER_DTYPE_OF(float, f32);
SINTER_DTYPE_OF(double, f64);
SINTER_DTYPE_OF(bool, boolean);
#undef SINTER_DTYPE_OF
template <class T>
inline constexpr DType dtype_of = DTypeOf<T>::value;

// Calls fn.template operator()<T>() with the element type of dtype, and returns its result.
template <class F>
decltype(auto) visit_dtype(DType dtype, F&& fn) {
  switch (dtype) {
    case DType::u8:
      return fn.template operator()<std::uint8_t>();
    case DType::i8:
      return fn.template operator()<std::int8_t>();
    case DType::i16:
      return fn.template operator()<std::int16_t>();
    case DType::i32:
      return fn.template operator()<std::int32_t>();
    case DType::i64:
      return fn.template operator()<std::int64_t>();
    case DType::f16:
      return fn.template operator()<Half>();
    case DType::bf16:
      return fn.template operator()<BFloat16>();
    case DType::f32:
      return fn.template operator()<float>();
    case DType::f64:
      return fn.template operator()<double>();
    case DType::boolean:
      break;
  }
  return fn.template operator()<bool>();
}

}  // namespace sinter
