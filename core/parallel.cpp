#include <sinter/core/error.h>
#include <sinter/core/parallel.h>
#include <sinter/core/scratch.h>
#include <sinter/core/thread_team_internal.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <optional>
#include <utility>

namespace sinter {

namespace {

constinit std::atomic<int> num_threads{0};  // 0: not asked for yet
constinit std::atomic<bool> deterministic_mode{false};
constinit thread_local bool in_parallel_loop = false;

std::int64_t divide_up(std::int64_t a, std::int64_t b) { return a / b + (a % b != 0); }

// What the threads of one loop share.
class Loop {
 public:
  Loop(std::int64_t begin, std::int64_t end, detail::RangeFn fn, void* context)
      : begin_(begin), end_(end), fn_(fn), context_(context) {}

  // Runs one of n ranges of nearly equal length.
  void run_part(int part, int parts) noexcept {
    const std::int64_t length = divide_up(end_ - begin_, parts);
    const std::int64_t first = begin_ + part * length;
    if (first >= end_) return;
    const bool outer = std::exchange(in_parallel_loop, true);
    // The thread of part 0 is in the scope already.
    std::optional<cpu_allocator::ScratchScope> scope;
    const auto own = static_cast<std::size_t>(part);
    if (part > 0 && own < scratch_.size()) scope.emplace(scratch_.subspan(own, 1));
    try {
      fn_(context_, first, std::min(first + length, end_));
    } catch (...) {
      if (!failed_.exchange(true)) error_ = std::current_exception();
    }
    in_parallel_loop = outer;
  }
  void rethrow() const {
    if (error_) std::rethrow_exception(error_);
  }

 private:
  std::int64_t begin_;
  std::int64_t end_;
  detail::RangeFn fn_;
  void* context_;
  std::span<cpu_allocator::ScratchRegion> scratch_ = cpu_allocator::scratch_regions();
  std::atomic<bool> failed_{false};
  std::exception_ptr error_;
};

}  // namespace

int get_num_threads() {
  const int threads = num_threads.load(std::memory_order_relaxed);
  if (threads > 0) return threads;
  int unset = 0;
  const int preferred = std::max(detail::default_team_size(), 1);
  num_threads.compare_exchange_strong(unset, preferred, std::memory_order_relaxed);
  return unset > 0 ? unset : preferred;
}

void set_num_threads(int threads) {
  SINTER_CHECK_AS(ValueError, threads >= 1,
                  "[set_num_threads] there must be at least 1 thread; got ", threads);
  num_threads.store(threads, std::memory_order_relaxed);
}

bool deterministic() { return deterministic_mode.load(std::memory_order_relaxed); }
void set_deterministic(bool on) { deterministic_mode.store(on, std::memory_order_relaxed); }

namespace detail {

bool worth_threads(std::int64_t count, std::int64_t grain) {
  grain = std::max<std::int64_t>(grain, 1);
  return count - grain >= grain && !in_parallel_loop && get_num_threads() > 1 && !inside_team();
}

void parallel_for_impl(std::int64_t begin, std::int64_t end, std::int64_t grain, RangeFn fn,
                       void* context) {
  const std::int64_t pieces = (end - begin) / std::max<std::int64_t>(grain, 1);
  const int threads = static_cast<int>(std::min<std::int64_t>(get_num_threads(), pieces));
  Loop loop(begin, end, fn, context);
  const TeamFn run_part = [](void* shared, int part, int parts) noexcept {
    static_cast<Loop*>(shared)->run_part(part, parts);
  };
  run_team(threads, run_part, &loop);
  loop.rethrow();
}

}  // namespace detail

}  // namespace sinter
