#include <sinter/core/dtype.h>
#include <sinter/core/error.h>

#include <algorithm>
#include <atomic>

namespace sinter {

namespace {

constinit std::atomic<DType> default_dtype{DType::f32};

DType promote_integers(DType a, DType b) {
  if (a == b) return a;
  // Only u8 and i8 are of one width: neither holds the other.
  if (std::max(a, b) == DType::i8) return DType::i16;
  return std::max(a, b);
}

}  // namespace

DType promote_types(DType a, DType b) {
  if (a == b) return a;
  if (category(a) != category(b)) return category(a) < category(b) ? b : a;
  if (category(a) == DTypeCategory::integral) return promote_integers(a, b);
  if (is_reduced_floating_point(a) && is_reduced_floating_point(b)) return DType::f32;
  return std::max(a, b);
}

std::string_view name(DType dtype) {
  constexpr std::string_view names[kNumDTypes] = {"u8",  "i8",   "i16", "i32", "i64",
                                                  "f16", "bf16", "f32", "f64", "bool"};
  return names[static_cast<std::size_t>(dtype)];
}

std::string_view cpp_name(DType dtype) {
  constexpr std::string_view names[kNumDTypes] = {"Byte", "Char",     "Short", "Int",    "Long",
                                                  "Half", "BFloat16", "Float", "Double", "Bool"};
  return names[static_cast<std::size_t>(dtype)];
}

DType get_default_dtype() { return default_dtype.load(std::memory_order_relaxed); }

void set_default_dtype(DType dtype) {
  SINTER_CHECK_AS(TypeError, is_floating_point(dtype),
                  "[set_default_dtype] only floating point dtypes can be the default; got ", dtype);
  default_dtype.store(dtype, std::memory_order_relaxed);
}

}  // namespace sinter
