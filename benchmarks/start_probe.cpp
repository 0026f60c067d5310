// A program that makes one tensor: what starting costs in time and memory. Also built on libtorch.
#ifdef PEER_LIBTORCH
#include <torch/torch.h>
namespace api = torch;
#else
#include <sinter/sinter.h>
namespace api = sinter;
#endif

#include "memory.h"
#include "timing.h"

int main() {
  if (api::ones({2, 2}).numel() != 4) return 1;
  benchmarks::report("its resident memory", benchmarks::peak_resident_mb(), "MB");
}
