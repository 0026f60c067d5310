#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sinter/ops/cpu/fold.cpp"
// clang-format off: foreach_target.h must come first
#include <hwy/foreach_target.h>
#include <sinter/ops/cpu/simd-inl.h>
// clang-format on
#include <sinter/ops/cpu/fold.h>

#include <array>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::HWY_NAMESPACE {
#define SINTER_FORMULA HWY_INLINE
#include <sinter/ops/cpu/fold_formulas-inl.h>
#undef SINTER_FORMULA

using cpu::FoldFns;
using cpu::Wide;

// A run is folded in this many interleaved parts, whatever the width of the vectors, so that every
// SIMD target gives the same bits.
template <class T>
inline constexpr std::size_t kParts = 128 / sizeof(T);

// Joins the parts by halves: vectors first, then the lanes of the last one.
template <class F, class T, std::size_t kVectors>
HWY_INLINE T join_parts(Vec<T> (&acc)[kVectors]) {
  const Tag<T> d;
  for (std::size_t half = kVectors / 2; half > 0; half /= 2) {
    for (std::size_t k = 0; k < half; ++k) acc[k] = F::join(acc[k], acc[k + half]);
  }
  HWY_ALIGN T lanes[hn::MaxLanes(d)];
  hn::Store(acc[0].v, d, lanes);
  for (std::size_t half = hn::MaxLanes(d) / 2; half > 0; half /= 2) {
    for (std::size_t i = 0; i < half; ++i) lanes[i] = F::join(lanes[i], lanes[i + half]);
  }
  return lanes[0];
}

template <class F, class T>
Wide<T> fold_row(const T* x, std::size_t n, T param) {
  const Tag<T> d;
  constexpr std::size_t kLanes = hn::MaxLanes(d);
  constexpr std::size_t kVectors = kParts<T> / kLanes;
  const Vec<T> p(hn::Set(d, param));
  const Vec<T> identity(hn::Set(d, F::template identity<T>()));
  Vec<T> acc[kVectors];
  for (auto& a : acc) a = identity;
  std::size_t i = 0;
  for (; i + kParts<T> <= n; i += kParts<T>) {
    for (std::size_t k = 0; k < kVectors; ++k) {
      acc[k] = F::join(acc[k], F::map(Vec<T>(hn::LoadU(d, x + i + k * kLanes)), p));
    }
  }
  std::size_t k = 0;
  for (; i + kLanes <= n; i += kLanes, ++k) {
    acc[k] = F::join(acc[k], F::map(Vec<T>(hn::LoadU(d, x + i)), p));
  }
  if (i < n) {
    HWY_ALIGN T rest[kLanes] = {};
    std::memcpy(rest, x + i, (n - i) * sizeof(T));
    const Vec<T> mapped = F::map(Vec<T>(hn::Load(d, rest)), p);
    acc[k] = F::join(acc[k], Vec<T>(hn::IfThenElse(hn::FirstN(d, n - i), mapped.v, identity.v)));
  }
  return static_cast<Wide<T>>(join_parts<F>(acc));
}

// One vector of columns: rows[r][i...] joined into acc[i...].
template <class F, class T>
HWY_INLINE Vec<T> fold_columns_at(const T* const* rows, std::size_t num_rows, std::size_t i,
                                  Vec<T> acc, Vec<T> p) {
  const Tag<T> d;
  const auto at = [&](std::size_t r) { return F::map(Vec<T>(hn::LoadU(d, rows[r] + i)), p); };
  if (num_rows == 4) {
    return F::join(acc, F::join(F::join(at(0), at(1)), F::join(at(2), at(3))));
  }
  for (std::size_t r = 0; r < num_rows; ++r) acc = F::join(acc, at(r));
  return acc;
}

template <class F, class T>
void fold_columns(const T* const* rows, std::size_t num_rows, std::size_t n, T* acc,
                  const T* params) {
  const Tag<T> d;
  constexpr std::size_t kLanes = hn::MaxLanes(d);
  const auto param_at = [&](std::size_t i) {
    return Vec<T>(F::uses_param ? hn::LoadU(d, params + i) : hn::Zero(d));
  };
  std::size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Vec<T> a(hn::LoadU(d, acc + i));
    hn::StoreU(fold_columns_at<F>(rows, num_rows, i, a, param_at(i)).v, d, acc + i);
  }
  if (i == n) return;
  const std::size_t bytes = (n - i) * sizeof(T);
  HWY_ALIGN T rest[4][kLanes] = {};
  HWY_ALIGN T last[kLanes] = {};
  HWY_ALIGN T p[kLanes] = {};
  const T* rest_rows[4] = {rest[0], rest[1], rest[2], rest[3]};
  for (std::size_t r = 0; r < num_rows; ++r) std::memcpy(rest[r], rows[r] + i, bytes);
  std::memcpy(last, acc + i, bytes);
  if (F::uses_param) std::memcpy(p, params + i, bytes);
  const Vec<T> a(hn::Load(d, last));
  hn::Store(fold_columns_at<F>(rest_rows, num_rows, 0, a, Vec<T>(hn::Load(d, p))).v, d, last);
  std::memcpy(acc + i, last, bytes);
}

// Integers: plain loops over numbers that wrap around.
using Int = WrapInt<std::int64_t>;

template <class F>
std::int64_t fold_int_row(const std::int64_t* x, std::size_t n, std::int64_t) {
  Int acc(F::template identity<std::int64_t>());
  for (std::size_t i = 0; i < n; ++i) acc = F::join(acc, F::map(Int(x[i]), Int(0)));
  return acc.v;
}
template <class F>
void fold_int_columns(const std::int64_t* const* rows, std::size_t num_rows, std::size_t n,
                      std::int64_t* acc, const std::int64_t*) {
  for (std::size_t r = 0; r < num_rows; ++r) {
    for (std::size_t i = 0; i < n; ++i) {
      acc[i] = F::join(Int(acc[i]), F::map(Int(rows[r][i]), Int(0))).v;
    }
  }
}

template <class F, class T>
constexpr FoldFns<T> make_fns() {
  FoldFns<T> fns;
  fns.identity = F::template identity<T>();
  if constexpr (std::is_same_v<T, std::int64_t>) {
    fns.row = fold_int_row<F>;
    fns.columns = fold_int_columns<F>;
    fns.join = [](std::int64_t a, std::int64_t b) { return F::join(Int(a), Int(b)).v; };
  } else {
    fns.row = fold_row<F, T>;
    fns.columns = fold_columns<F, T>;
    fns.join = [](double a, double b) { return F::join(a, b); };
  }
  return fns;
}

// In the order of enum Fold.
template <class T, class... F>
const FoldFns<T>* make_table() {
  static const std::array<FoldFns<T>, cpu::kNumFolds> table{make_fns<F, T>()...};
  return table.data();
}
template <class T>
const FoldFns<T>* make_floating_table() {
  return make_table<T, FoldSum, FoldProd, FoldMax, FoldMin, FoldAny, FoldAll, FoldCountNonzero,
                    FoldSumAbs, FoldSumSquares, FoldMaxAbs, FoldMinAbs, FoldSumPow, FoldSumSqDev,
                    FoldSumExp>();
}
const FoldFns<float>* float_folds() { return make_floating_table<float>(); }
const FoldFns<double>* double_folds() { return make_floating_table<double>(); }
const FoldFns<std::int64_t>* int_folds() {
  return make_table<std::int64_t, FoldSum, FoldProd, FoldMax, FoldMin, FoldAny, FoldAll,
                    FoldCountNonzero, FoldSumAbs, FoldSumSquares, FoldMaxAbs, FoldMinAbs>();
}
}  // namespace sinter::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::ops {
HWY_EXPORT(float_folds);
HWY_EXPORT(double_folds);
HWY_EXPORT(int_folds);

namespace cpu {
template <>
const FoldFns<float>& fold_fns(Fold fold) {
  static const FoldFns<float>* const table = HWY_DYNAMIC_DISPATCH(float_folds)();
  return table[static_cast<std::size_t>(fold)];
}
template <>
const FoldFns<double>& fold_fns(Fold fold) {
  static const FoldFns<double>* const table = HWY_DYNAMIC_DISPATCH(double_folds)();
  return table[static_cast<std::size_t>(fold)];
}
template <>
const FoldFns<std::int64_t>& fold_fns(Fold fold) {
  static const FoldFns<std::int64_t>* const table = HWY_DYNAMIC_DISPATCH(int_folds)();
  return table[static_cast<std::size_t>(fold)];
}
}  // namespace cpu
}  // namespace sinter::ops
#endif
