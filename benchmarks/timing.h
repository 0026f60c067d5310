// Timing of short calls, shared by Sinter's benchmarks and the same programs built on peers.
#pragma once
#include <algorithm>
#include <chrono>
#include <cstdio>

namespace benchmarks {

// Nanoseconds per call of fn: the best of several batches, each of about 5 ms.
template <class F>
double nanoseconds_per_call(F&& fn) {
  using Clock = std::chrono::steady_clock;
  const auto time = [&](long calls) {
    const auto start = Clock::now();
    for (long i = 0; i < calls; ++i) fn();
    return std::chrono::duration<double, std::nano>(Clock::now() - start).count();
  };
  long calls = 1;
  while (time(calls) < 5e6) calls *= 2;
  double best = time(calls);
  for (int batch = 0; batch < 20; ++batch) best = std::min(best, time(calls));
  return best / static_cast<double>(calls);
}

// One line that compare.py reads.
inline void report(const char* name, double value, const char* unit) {
  std::printf("{\"name\": \"%s\", \"value\": %.6g, \"unit\": \"%s\"}\n", name, value, unit);
  std::fflush(stdout);
}

}  // namespace benchmarks
