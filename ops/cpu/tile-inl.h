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

// 8 bools from the low 8 bits of a mask.
HWY_INLINE std::uint64_t bools_of_bits(std::uint64_t bits) {
  // Byte i keeps bit i of its copy of the mask, and carries it to its own top.
  const std::uint64_t kept = (bits * 0x0101010101010101U) & 0x8040201008040201U;
  return ((kept + 0x7f7f7f7f7f7f7f7fU) >> 7) & 0x0101010101010101U;
}

// Comparisons of floating point, 8 elements at a time; n is a multiple of 8 and of the lanes.
template <class F, class T>
HWY_NOINLINE void predicate_blocks(const T* const* in, std::uint8_t* out, std::size_t n) {
  constexpr std::size_t kArity = formula_arity<F>;
  const Tag<T> d;
  constexpr std::size_t kLanes = hn::MaxLanes(d);
  const T* from[kArity];
  for (std::size_t k = 0; k < kArity; ++k) from[k] = in[k];
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < n; i += kLanes) {
    Vec<T> x[kArity];
    for (std::size_t k = 0; k < kArity; ++k) x[k].v = hn::LoadU(d, from[k] + i);
    std::uint8_t mask[8] = {};
    hn::StoreMaskBits(d, apply_formula<F>(x, nullptr, std::make_index_sequence<kArity>()).m, mask);
    if constexpr (kLanes >= 8) {
      for (std::size_t k = 0; k < kLanes; k += 8) {
        const std::uint64_t bools = bools_of_bits(mask[k / 8]);
        std::memcpy(out + i + k, &bools, 8);
      }
    } else {
      bits |= std::uint64_t{mask[0]} << (i % 8);
      if ((i + kLanes) % 8 != 0) continue;
      const std::uint64_t bools = bools_of_bits(bits);
      std::memcpy(out + (i + kLanes - 8), &bools, 8);
      bits = 0;
    }
  }
}

template <class F, class T>
void predicate_tile(const void* const* in, void* out, std::size_t n, const void*) {
  constexpr std::size_t kArity = formula_arity<F>;
  constexpr std::size_t kBlock = HWY_MAX(hn::MaxLanes(Tag<T>()), 8);
  const std::size_t whole = n - n % kBlock;
  const T* from[kArity];
  for (std::size_t k = 0; k < kArity; ++k) from[k] = static_cast<const T*>(in[k]);
  auto* to = static_cast<std::uint8_t*>(out);
  if (whole != 0) predicate_blocks<F, T>(from, to, whole);
  if (whole == n) return;
  T rest[kArity][kBlock] = {};
  std::uint8_t result[kBlock];
  const T* padded[kArity];
  for (std::size_t k = 0; k < kArity; ++k) {
    std::memcpy(rest[k], from[k] + whole, (n - whole) * sizeof(T));
    padded[k] = rest[k];
  }
  predicate_blocks<F, T>(padded, result, kBlock);
  std::memcpy(to + whole, result, n - whole);
}

// Integers: plain loops, which the compiler vectorises for the target. T is the type formulas
// compute with, In and Out the types in memory. An output that is an input is so element by
// element, which vectors may ignore.
template <class F, class T, class In, class Out>
HWY_INLINE void scalar_loop(const void* const* in, void* out, std::size_t n, const void* attrs) {
  constexpr std::size_t kArity = formula_arity<F>;
  constexpr auto kIndices = std::make_index_sequence<kArity>();
  const LocalAttrs<F> local(attrs);
  const In* from[kArity];
  for (std::size_t k = 0; k < kArity; ++k) from[k] = static_cast<const In*>(in[k]);
  Out* to = static_cast<Out*>(out);
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) {
    T x[kArity];
    for (std::size_t k = 0; k < kArity; ++k) x[k] = T(from[k][i]);
    const auto y = apply_formula<F>(x, local.get(), kIndices);
    if constexpr (F::traits.bool_result) {
      to[i] = y ? 1 : 0;
    } else {
      to[i] = y.v;
    }
  }
}
template <class F, class T, class In>
void scalar_tile(const void* const* in, void* out, std::size_t n, const void* attrs) {
  scalar_loop<F, T, In, std::conditional_t<F::traits.bool_result, std::uint8_t, In>>(in, out, n,
                                                                                     attrs);
}

// select(condition, a, b) on any element type: the first input is a bool.
template <class In>
void condition_tile(const void* const* in, void* out, std::size_t n, const void*) {
  const auto* condition = static_cast<const std::uint8_t*>(in[0]);
  const auto* a = static_cast<const In*>(in[1]);
  const auto* b = static_cast<const In*>(in[2]);
  auto* to = static_cast<In*>(out);
#pragma GCC ivdep
  for (std::size_t i = 0; i < n; ++i) to[i] = condition[i] != 0 ? a[i] : b[i];
}

template <class F, class In, class T>
constexpr TileFn tile_fn(DType dtype) {
  if constexpr (F::traits.condition_first) {
    return condition_tile<std::conditional_t<std::is_same_v<In, bool>, std::uint8_t, In>>;
  } else if (DTypeSet{F::traits.dtypes} & dtype_bit(dtype)) {
    // Instantiated only where the formula has a meaning.
    if constexpr ((F::traits.dtypes & dtype_bit(dtype_of<In>)) == 0) {
      return nullptr;
    } else if constexpr (std::floating_point<In> && F::traits.bool_result) {
      return predicate_tile<F, In>;
    } else if constexpr (std::floating_point<In>) {
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
