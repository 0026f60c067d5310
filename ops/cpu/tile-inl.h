// Loops of formulas over a tile of contiguous elements. Included again for each SIMD target.
#if defined(SINTER_OPS_CPU_TILE_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_OPS_CPU_TILE_INL_H_
#undef SINTER_OPS_CPU_TILE_INL_H_
#else
#define SINTER_OPS_CPU_TILE_INL_H_
#endif

#include <sinter/ops/cpu/simd-inl.h>
#include <sinter/ops/formula_list.h>
#include <sinter/ops/pointwise_op.h>

#include <array>
#include <cstring>
#include <utility>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::HWY_NAMESPACE {

// F::f on arguments of type T, with the attributes where the formula has some.
template <class F, class T, std::size_t... I>
HWY_INLINE auto apply_formula(const T* x, const void* attrs, std::index_sequence<I...>) {
  if constexpr (requires { typename F::Attrs; }) {
    return F::template f<T>(x[I]..., *static_cast<const typename F::Attrs*>(attrs));
  } else {
    return F::template f<T>(x[I]...);
  }
}

// A copy of the attributes that no store of the loop can change, for the compiler's sake.
template <class F>
struct LocalAttrs {
  std::array<char, 1> none;
  explicit LocalAttrs(const void*) {}
  const void* get() const { return nullptr; }
};
template <class F>
requires requires { typename F::Attrs; }
struct LocalAttrs<F> {
  typename F::Attrs attrs;
  explicit LocalAttrs(const void* given) : attrs(*static_cast<const typename F::Attrs*>(given)) {}
  const void* get() const { return &attrs; }
};

// n is a multiple of the number of lanes.
template <class F, class T>
HWY_NOINLINE void simd_blocks(const T* const* in, T* out, std::size_t n, const void* attrs) {
  constexpr std::size_t kArity = formula_arity<F>;
  const Tag<T> d;
  const LocalAttrs<F> local(attrs);
  const T* from[kArity];
  for (std::size_t k = 0; k < kArity; ++k) from[k] = in[k];
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    Vec<T> x[kArity];
    for (std::size_t k = 0; k < kArity; ++k) x[k].v = hn::LoadU(d, from[k] + i);
    hn::StoreU(apply_formula<F>(x, local.get(), std::make_index_sequence<kArity>()).v, d, out + i);
  }
}

// Floating point: whole vectors, then the rest through a padded vector, so that every element sees
// the same instructions wherever it lies.
template <class F, class T>
void simd_tile(const void* const* in, void* out, std::size_t n, const void* attrs) {
  constexpr std::size_t kArity = formula_arity<F>;
  const Tag<T> d;
  const std::size_t whole = n - n % hn::Lanes(d);
  const T* from[kArity];
  for (std::size_t k = 0; k < kArity; ++k) from[k] = static_cast<const T*>(in[k]);
  T* to = static_cast<T*>(out);
  if (whole != 0) simd_blocks<F, T>(from, to, whole, attrs);
  if (whole == n) return;
  HWY_ALIGN T rest[kArity + 1][hn::MaxLanes(d)] = {};
  const T* padded[kArity];
  for (std::size_t k = 0; k < kArity; ++k) {
    std::memcpy(rest[k], from[k] + whole, (n - whole) * sizeof(T));
    padded[k] = rest[k];
  }
  simd_blocks<F, T>(padded, rest[kArity], hn::Lanes(d), attrs);
  std::memcpy(to + whole, rest[kArity], (n - whole) * sizeof(T));
}

// Integers, and formulas that yield a bool: plain loops, which the compiler vectorises for the
// target. T is the type formulas compute with, In the type in memory.
template <class F, class T, class In>
void scalar_tile(const void* const* in, void* out, std::size_t n, const void* attrs) {
  constexpr std::size_t kArity = formula_arity<F>;
  constexpr auto kIndices = std::make_index_sequence<kArity>();
  const LocalAttrs<F> local(attrs);
  for (std::size_t i = 0; i < n; ++i) {
    T x[kArity];
    for (std::size_t k = 0; k < kArity; ++k) x[k] = T(static_cast<const In*>(in[k])[i]);
    const auto y = apply_formula<F>(x, local.get(), kIndices);
    if constexpr (F::traits.bool_result) {
      static_cast<std::uint8_t*>(out)[i] = y ? 1 : 0;
    } else if constexpr (is_exact<T>) {
      static_cast<In*>(out)[i] = y.v;
    } else {
      static_cast<In*>(out)[i] = y;
    }
  }
}

// select(condition, a, b) on any element type: the first input is a bool.
template <class F, class In>
void condition_tile(const void* const* in, void* out, std::size_t n, const void*) {
  const auto* condition = static_cast<const std::uint8_t*>(in[0]);
  const auto* a = static_cast<const In*>(in[1]);
  const auto* b = static_cast<const In*>(in[2]);
  for (std::size_t i = 0; i < n; ++i) static_cast<In*>(out)[i] = condition[i] != 0 ? a[i] : b[i];
}

template <class F, class In, class T>
constexpr TileFn tile_fn(DType dtype) {
  if constexpr (F::traits.condition_first) {
    return condition_tile<F, In>;
  } else if (DTypeSet{F::traits.dtypes} & dtype_bit(dtype)) {
    // Instantiated only where the formula has a meaning.
    if constexpr ((F::traits.dtypes & dtype_bit(dtype_of<In>)) == 0) {
      return nullptr;
    } else if constexpr (std::floating_point<In> && !F::traits.bool_result) {
      return simd_tile<F, In>;
    } else {
      return scalar_tile<F, T, std::conditional_t<std::is_same_v<In, bool>, std::uint8_t, In>>;
    }
  }
  return nullptr;
}

template <class F>
TileRow make_row() {
  TileRow row;
  const auto set = [&](DType dtype, TileFn fn) { row.fn[static_cast<std::size_t>(dtype)] = fn; };
  set(kFloat32, tile_fn<F, float, float>(kFloat32));
  set(kFloat64, tile_fn<F, double, double>(kFloat64));
  set(kUInt8, tile_fn<F, std::uint8_t, WrapInt<std::uint8_t>>(kUInt8));
  set(kInt8, tile_fn<F, std::int8_t, WrapInt<std::int8_t>>(kInt8));
  set(kInt16, tile_fn<F, std::int16_t, WrapInt<std::int16_t>>(kInt16));
  set(kInt32, tile_fn<F, std::int32_t, WrapInt<std::int32_t>>(kInt32));
  set(kInt64, tile_fn<F, std::int64_t, WrapInt<std::int64_t>>(kInt64));
  set(kBool, tile_fn<F, bool, Logic>(kBool));
  return row;
}

// The rows of a list of formulas.
template <class... F>
const TileRow* make_table(FormulaList<F...>) {
  static const std::array<TileRow, sizeof...(F)> table{make_row<F>()...};
  return table.data();
}

}  // namespace sinter::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
