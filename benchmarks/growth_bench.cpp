// How the cost of `x + b` grows with the size of the tensors and with the depth of a chain of such
// ops. The same source is built on libtorch, by compare.py, with PEER_LIBTORCH defined.
#include <cstdlib>
#include <string>

#include "api.h"
#include "timing.h"

namespace {

using benchmarks::nanoseconds_per_call;
using benchmarks::report;

// Bytes read and written in a nanosecond are GB/s.
void bench_size(int log2) {
  const api::NoGradGuard no_grad;
  const api::Tensor a = api::ones({1L << log2});
  const api::Tensor b = api::ones({1L << log2});
  const double bytes = 3.0 * 4 * static_cast<double>(1L << log2);
  const std::string name = "x + b, 2^" + std::to_string(log2) + " floats";
  report(name.c_str(), bytes / nanoseconds_per_call([&] { return a + b; }), "GB/s");
}

api::Tensor chain(api::Tensor x, const api::Tensor& b, int depth) {
  for (int i = 0; i < depth; ++i) x = x + b;
  return x;
}

void bench_depth(int depth) {
  const api::Tensor w = api::ones({8}, api::requires_grad());
  const api::Tensor b = api::ones({8});
  const double step = nanoseconds_per_call([&] { chain(w, b, depth).sum().backward(); }) / depth;
  const std::string name = std::to_string(depth) + " ops deep, forward and backward";
  report(name.c_str(), step, "ns/op");
}

}  // namespace

// The argument is the number of threads.
int main(int argc, char** argv) {
  if (argc > 1) api::set_num_threads(std::max(1, std::atoi(argv[1])));
  for (int log2 = 4; log2 <= 24; log2 += 4) bench_size(log2);
  for (int depth = 1; depth <= 1000; depth *= 10) bench_depth(depth);
}
