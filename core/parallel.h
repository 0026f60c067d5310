// Threads: one parallel loop for all of Sinter's kernels.
#pragma once
#include <cstdint>
#include <type_traits>

namespace sinter {

// Threads used by kernels, at least 1; at first OpenMP's default. set_num_threads throws
// ValueError for a number below 1.
int get_num_threads();
void set_num_threads(int threads);

// In deterministic mode results do not depend on the number of threads, oneDNN's backward
// convolution included (it is computed over a fixed split of the batch). Off at first.
bool deterministic();
void set_deterministic(bool on);

namespace detail {
using RangeFn = void (*)(void* context, std::int64_t begin, std::int64_t end);
void parallel_for_impl(std::int64_t begin, std::int64_t end, std::int64_t grain, RangeFn fn,
                       void* context);
bool worth_threads(std::int64_t count, std::int64_t grain);
}  // namespace detail

// Calls fn(b, e) over consecutive ranges that cover [begin, end), in parallel when there are at
// least two grains of work and this is not already inside a parallel loop. How the range is cut
// depends on the number of threads, so a kernel whose result could depend on it must cut its work
// by shape first and loop over those chunks. The first exception thrown by fn is rethrown on the
// calling thread.
template <class F>
void parallel_for(std::int64_t begin, std::int64_t end, std::int64_t grain, F&& fn) {
  if (begin >= end) return;
  if (!detail::worth_threads(end - begin, grain)) {
    fn(begin, end);
    return;
  }
  detail::parallel_for_impl(
      begin, end, grain,
      [](void* context, std::int64_t b, std::int64_t e) {
        (*static_cast<std::remove_reference_t<F>*>(context))(b, e);
      },
      const_cast<void*>(static_cast<const void*>(&fn)));
}

}  // namespace sinter
