// Vectors of T and loops over them, for kernels of plain arrays. Included again for each SIMD
// target.
#if defined(SINTER_OPS_CPU_LANES_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SINTER_OPS_CPU_LANES_INL_H_
#undef SINTER_OPS_CPU_LANES_INL_H_
#else
#define SINTER_OPS_CPU_LANES_INL_H_
#endif

#include <hwy/highway.h>

#include <cstdint>
#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::cpu::lanes::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
using Vec = hn::Vec<Tag<T>>;
template <class T>
constexpr std::int64_t kLanes = hn::MaxLanes(Tag<T>());

// Up to a vector of numbers; what is missing is `rest`.
template <class T>
HWY_INLINE Vec<T> load(const T* from, std::int64_t count, T rest = 0) {
  if (count >= kLanes<T>) return hn::LoadU(Tag<T>(), from);
  HWY_ALIGN T lanes[kLanes<T>];
  for (T& lane : lanes) lane = rest;
  std::memcpy(lanes, from, static_cast<std::size_t>(count) * sizeof(T));
  return hn::Load(Tag<T>(), lanes);
}

// Stores the first `count` numbers, at most a vector.
template <class T>
HWY_INLINE void store(Vec<T> v, T* to, std::int64_t count) {
  if (count >= kLanes<T>) return hn::StoreU(v, Tag<T>(), to);
  HWY_ALIGN T lanes[kLanes<T>];
  hn::Store(v, Tag<T>(), lanes);
  std::memcpy(to, lanes, static_cast<std::size_t>(count) * sizeof(T));
}

// Calls step(i, count) for whole vectors, then for the rest.
template <class T, class F>
HWY_INLINE void by_vectors(std::int64_t n, F&& step) {
  constexpr std::int64_t kL = kLanes<T>;
  std::int64_t i = 0;
  for (; i + kL <= n; i += kL) step(i, kL);
  if (i < n) step(i, n - i);
}

}  // namespace sinter::ops::cpu::lanes::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
