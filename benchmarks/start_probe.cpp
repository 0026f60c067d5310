// A program that makes one tensor: what starting costs in time and memory. Also built on libtorch.
#include "api.h"
#include "memory.h"
#include "timing.h"

int main() {
  if (api::ones({2, 2}).numel() != 4) return 1;
  benchmarks::report("its resident memory", benchmarks::peak_resident_mb(), "MB");
}
