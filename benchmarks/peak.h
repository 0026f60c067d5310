// What the machine can do at most, measured: the yardstick of a profile.
#pragma once

namespace benchmarks {

// GFLOP/s of f32 multiply-adds in registers, on all of Sinter's threads; 0 without AVX2 and FMA.
double peak_gflops();
// GB/s that `a = b + s * c` reads and writes in memory, with arrays far larger than caches.
double memory_gbs();

}  // namespace benchmarks
