#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sinter/ops/cpu/quantize_simd.cpp"
// clang-format off: foreach_target.h must come first
#include <hwy/foreach_target.h>
#include <hwy/highway.h>
// clang-format on
#include <sinter/ops/cpu/lanes-inl.h>
#include <sinter/ops/cpu/quantize_simd.h>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::cpu::quantizing::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
using namespace lanes::HWY_NAMESPACE;

// Calls step(x, scale, zero point, place, count) for vectors of the run.
template <class T, class F>
HWY_INLINE void for_vectors(std::int64_t n, const T* x, const Affine<T>& affine, F&& step) {
  constexpr std::int64_t kL = kLanes<T>;
  const Tag<T> d;
  const auto scale = hn::Set(d, affine.scale[0]), zero = hn::Set(d, affine.zero_point[0]);
  for (std::int64_t i = 0; i < n; i += kL) {
    const std::int64_t count = n - i < kL ? n - i : kL;
    if (affine.each) {
      step(load(x + i, count), load(affine.scale + i, count, T(1)),
           load(affine.zero_point + i, count), i, count);
    } else {
      step(load(x + i, count), scale, zero, i, count);
    }
  }
}

template <class T>
HWY_INLINE Vec<T> integer_of(Vec<T> x, Vec<T> scale, Vec<T> zero) {
  return hn::Add(hn::Round(hn::Div(x, scale)), zero);
}

template <class T>
void fake(std::int64_t n, const T* x, Affine<T> affine, T low, T high, T* y) {
  const Tag<T> d;
  const auto lo = hn::Set(d, low), hi = hn::Set(d, high);
  for_vectors<T>(n, x, affine,
                 [&](auto v, auto s, auto z, std::int64_t i, std::int64_t count) HWY_ATTR {
                   const auto q = hn::Min(hn::Max(integer_of<T>(v, s, z), lo), hi);
                   const auto real = hn::Mul(hn::Sub(q, z), s);
                   store<T>(hn::IfThenElse(hn::Eq(v, v), real, v), y + i, count);
                 });
}

template <class T>
void mask(std::int64_t n, const T* x, Affine<T> affine, T low, T high, bool* out) {
  const Tag<T> d;
  const auto lo = hn::Set(d, low), hi = hn::Set(d, high);
  for_vectors<T>(n, x, affine,
                 [&](auto v, auto s, auto z, std::int64_t i, std::int64_t count) HWY_ATTR {
                   const auto q = integer_of<T>(v, s, z);
                   const auto inside = hn::And(hn::Ge(q, lo), hn::Le(q, hi));
                   HWY_ALIGN T lanes[kLanes<T>];
                   hn::Store(hn::IfThenElseZero(inside, hn::Set(d, T(1))), d, lanes);
                   for (std::int64_t k = 0; k < count; ++k) out[i + k] = lanes[k] != 0;
                 });
}

template <class T>
void quantize(std::int64_t n, const T* x, Affine<T> affine, T low, T high, T* q) {
  const Tag<T> d;
  const auto lo = hn::Set(d, low), hi = hn::Set(d, high);
  for_vectors<T>(n, x, affine,
                 [&](auto v, auto s, auto z, std::int64_t i, std::int64_t count) HWY_ATTR {
                   const auto exact = integer_of<T>(v, s, z);
                   const auto clamped = hn::Min(hn::Max(exact, lo), hi);
                   store<T>(hn::IfThenElse(hn::Eq(exact, exact), clamped, lo), q + i, count);
                 });
}

template <class T>
constexpr QuantizeLoops<T> kLoops{fake<T>, mask<T>, quantize<T>};

const QuantizeLoops<float>* float_loops() { return &kLoops<float>; }
const QuantizeLoops<double>* double_loops() { return &kLoops<double>; }

}  // namespace sinter::ops::cpu::quantizing::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::ops::cpu {
namespace quantizing {
HWY_EXPORT(float_loops);
HWY_EXPORT(double_loops);
const QuantizeLoops<float>* best_float() { return HWY_DYNAMIC_DISPATCH(float_loops)(); }
const QuantizeLoops<double>* best_double() { return HWY_DYNAMIC_DISPATCH(double_loops)(); }
}  // namespace quantizing

template <>
const QuantizeLoops<float>& quantize_loops<float>() {
  static const QuantizeLoops<float>* loops = quantizing::best_float();
  return *loops;
}
template <>
const QuantizeLoops<double>& quantize_loops<double>() {
  static const QuantizeLoops<double>* loops = quantizing::best_double();
  return *loops;
}

}  // namespace sinter::ops::cpu
#endif
