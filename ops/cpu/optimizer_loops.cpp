#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sinter/ops/cpu/optimizer_loops.cpp"
// clang-format off: foreach_target.h must come first
#include <hwy/foreach_target.h>
#include <sinter/ops/cpu/simd-inl.h>
// clang-format on
#include <sinter/ops/cpu/optimizer_loops.h>

#include <cstring>

HWY_BEFORE_NAMESPACE();
namespace sinter::ops::HWY_NAMESPACE {

// One step on a vector of elements; x[1] (the gradient) is read, the others are updated.
template <class T, bool kMomentum>
struct Sgd {
  using Lane = T;
  static constexpr std::size_t kArrays = kMomentum ? 3 : 2;
  explicit Sgd(const cpu::SgdNumbers& n)
      : lr(n.lr),
        momentum(n.momentum),
        rest(n.one_minus_dampening),
        decay(n.weight_decay),
        decays(n.weight_decay != 0),
        nesterov(n.nesterov),
        first(n.first) {}

  HWY_INLINE void step(Vec<T>* x) const {
    Vec<T> g = x[1];
    if (decays) g = g + decay * x[0];
    if constexpr (kMomentum) {
      x[2] = first ? g : momentum * x[2] + rest * g;
      g = nesterov ? g + momentum * x[2] : x[2];
    }
    x[0] = x[0] - lr * g;
  }

  Vec<T> lr, momentum, rest, decay;
  bool decays, nesterov, first;
};

template <class T, bool kAmsgrad>
struct Adam {
  using Lane = T;
  static constexpr std::size_t kArrays = kAmsgrad ? 5 : 4;
  explicit Adam(const cpu::AdamNumbers& n)
      : shrink(n.shrink),
        decay(n.weight_decay),
        rest1(n.one_minus_beta1),
        beta2(n.beta2),
        rest2(n.one_minus_beta2),
        root(n.root_correction2),
        eps(n.eps),
        step_size(n.step_size),
        decays(n.weight_decay != 0),
        shrinks(n.shrink != 1) {}

  HWY_INLINE void step(Vec<T>* x) const {
    Vec<T> g = x[1];
    if (decays) g = g + decay * x[0];
    if (shrinks) x[0] = x[0] * shrink;
    x[2] = x[2] + rest1 * (g - x[2]);
    x[3] = x[3] * beta2 + rest2 * g * g;
    Vec<T> v = x[3];
    if constexpr (kAmsgrad) {
      x[4] = scalar::select(x[4] < v, v, x[4]);
      v = x[4];
    }
    const Vec<T> denominator = Vec<T>(hn::Sqrt(v.v)) / root + eps;
    x[0] = x[0] - step_size * x[2] / denominator;
  }

  Vec<T> shrink, decay, rest1, beta2, rest2, root, eps, step_size;
  bool decays, shrinks;
};

// Whole vectors, then the rest through a padded vector, so that every element sees the same
// instructions wherever it lies.
template <class Rule>
void update(typename Rule::Lane* const* arrays, std::size_t n, const Rule& rule) {
  using T = typename Rule::Lane;
  constexpr std::size_t kArrays = Rule::kArrays;
  const Tag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  T* at[kArrays];
  std::memcpy(at, arrays, sizeof at);
  Vec<T> x[kArrays];
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    for (std::size_t k = 0; k < kArrays; ++k) x[k].v = hn::LoadU(d, at[k] + i);
    rule.step(x);
    for (std::size_t k = 0; k < kArrays; ++k) {
      if (k != 1) hn::StoreU(x[k].v, d, at[k] + i);
    }
  }
  if (i == n) return;
  const std::size_t bytes = (n - i) * sizeof(T);
  HWY_ALIGN T rest[hn::MaxLanes(d)] = {};
  for (std::size_t k = 0; k < kArrays; ++k) {
    std::memcpy(rest, at[k] + i, bytes);
    x[k].v = hn::Load(d, rest);
  }
  rule.step(x);
  for (std::size_t k = 0; k < kArrays; ++k) {
    if (k == 1) continue;
    hn::Store(x[k].v, d, rest);
    std::memcpy(at[k] + i, rest, bytes);
  }
}

template <class T>
void sgd(T* const* arrays, std::size_t n, const cpu::SgdNumbers& numbers) {
  if (numbers.momentum != 0) {
    update(arrays, n, Sgd<T, true>(numbers));
  } else {
    update(arrays, n, Sgd<T, false>(numbers));
  }
}
template <class T>
void adam(T* const* arrays, std::size_t n, const cpu::AdamNumbers& numbers) {
  if (arrays[4] != nullptr) {
    update(arrays, n, Adam<T, true>(numbers));
  } else {
    update(arrays, n, Adam<T, false>(numbers));
  }
}

cpu::OptimizerLoops make_optimizer_loops() {
  return {sgd<float>, sgd<double>, adam<float>, adam<double>};
}

}  // namespace sinter::ops::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sinter::ops {
HWY_EXPORT(make_optimizer_loops);
namespace cpu {
const OptimizerLoops& optimizer_loops() {
  static const OptimizerLoops loops = HWY_DYNAMIC_DISPATCH(make_optimizer_loops)();
  return loops;
}
}  // namespace cpu
}  // namespace sinter::ops
#endif
