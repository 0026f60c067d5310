// The types that kernels compute in.
#pragma once
#include <sinter/core/dtype.h>

#include <cstdint>

namespace sinter::ops::cpu {

// Calls fn.template operator()<W>() with the work type of a dtype: int64 for integers and bool,
// double for f64, float for the other floating types.
template <class F>
decltype(auto) visit_work_type(DType dtype, F&& fn) {
  if (!is_floating_point(dtype)) return fn.template operator()<std::int64_t>();
  if (dtype == kFloat64) return fn.template operator()<double>();
  return fn.template operator()<float>();
}

}  // namespace sinter::ops::cpu
