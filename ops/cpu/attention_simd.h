// SIMD loops over one row of scores, on one thread.
#pragma once
#include <cstdint>

namespace sinter::ops::cpu {

template <class T>
struct ScoreLoops {
  // The largest score, or -infinity; what it gives for NaN does not matter.
  T (*maximum)(std::int64_t n, const T* s);
  // s = exp(s - shift); returns the sum.
  T (*exponentials)(std::int64_t n, T shift, T* s);
  // x *= factor.
  void (*scale)(std::int64_t n, T factor, T* x);
  // The sum of a * b.
  T (*dot)(std::int64_t n, const T* a, const T* b);
  // dp = p * (dp - delta).
  void (*backward)(std::int64_t n, const T* p, T delta, T* dp);
};

template <class T>
const ScoreLoops<T>& score_loops();

}  // namespace sinter::ops::cpu
