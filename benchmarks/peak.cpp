#include "peak.h"

#include <immintrin.h>
#include <sinter/core/parallel.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

namespace benchmarks {

namespace {

constexpr std::int64_t kRounds = 1 << 20;
constexpr int kChains = 12;  // independent sums: more than latency times units

// Each returns the sum of its chains, so that none is left out.
__attribute__((target("avx2,fma"))) float fma_loop_avx2() {
  __m256 sum[kChains] = {};
  const __m256 a = _mm256_set1_ps(0.5F), b = _mm256_set1_ps(0.25F);
  for (std::int64_t i = 0; i < kRounds; ++i) {
#pragma GCC unroll 12
    for (__m256& s : sum) s = _mm256_fmadd_ps(s, a, b);
  }
  __m256 total = sum[0];
  for (int i = 1; i < kChains; ++i) total = _mm256_add_ps(total, sum[i]);
  return _mm256_cvtss_f32(total);
}
__attribute__((target("avx512f"))) float fma_loop_avx512() {
  __m512 sum[kChains] = {};
  const __m512 a = _mm512_set1_ps(0.5F), b = _mm512_set1_ps(0.25F);
  for (std::int64_t i = 0; i < kRounds; ++i) {
#pragma GCC unroll 12
    for (__m512& s : sum) s = _mm512_fmadd_ps(s, a, b);
  }
  __m512 total = sum[0];
  for (int i = 1; i < kChains; ++i) total = _mm512_add_ps(total, sum[i]);
  return _mm512_cvtss_f32(total);
}

struct Loop {
  float (*run)();
  int floats;
};
Loop widest_loop() {
  if (__builtin_cpu_supports("avx512f")) return {fma_loop_avx512, 16};
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return {fma_loop_avx2, 8};
  return {nullptr, 0};
}

template <class F>
double best_seconds(F&& fn) {
  using Clock = std::chrono::steady_clock;
  double best = 1e9;
  for (int i = 0; i < 5; ++i) {
    const auto start = Clock::now();
    fn();
    best = std::min(best, std::chrono::duration<double>(Clock::now() - start).count());
  }
  return best;
}

}  // namespace

double peak_gflops() {
  const Loop loop = widest_loop();
  if (loop.run == nullptr) return 0;
  const int threads = sinter::get_num_threads();
  std::vector<float> kept(static_cast<std::size_t>(threads));
  const double seconds = best_seconds([&] {
    sinter::parallel_for(0, threads, 1, [&](std::int64_t begin, std::int64_t end) {
      for (; begin < end; ++begin) kept[static_cast<std::size_t>(begin)] = loop.run();
    });
  });
  return 2.0 * kRounds * kChains * loop.floats * threads / seconds / 1e9;
}

double memory_gbs() {
  constexpr std::int64_t kCount = 1 << 25;
  std::vector<float> a(kCount, 1), b(kCount, 2), c(kCount, 3);
  const double seconds = best_seconds([&] {
    sinter::parallel_for(0, kCount, 1 << 16, [&](std::int64_t begin, std::int64_t end) {
      for (auto i = static_cast<std::size_t>(begin); i < static_cast<std::size_t>(end); ++i) {
        a[i] = b[i] + 0.5F * c[i];
      }
    });
  });
  return 3.0 * sizeof(float) * kCount / seconds / 1e9;
}

}  // namespace benchmarks
