#ifndef SINTER_WITH_OPENMP
#include <sinter/core/parallel.h>
#include <sinter/core/thread_team_internal.h>

#include <condition_variable>
#include <cstdlib>
#include <mutex>
#include <system_error>
#include <thread>

namespace sinter::detail {

namespace {

// Threads that wait for work until the process ends. One team runs at a time; others run alone.
class Pool {
 public:
  void run(int size, TeamFn fn, void* context) {
    const std::unique_lock busy(busy_, std::try_to_lock);
    if (!busy) return fn(context, 0, 1);
    const int parts = 1 + grow(size - 1);
    start(parts, fn, context);
    fn(context, 0, parts);
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return running_ == 0; });
  }

 private:
  // Starts workers until there are wanted ones, if the system lets it; returns how many to use.
  int grow(int wanted) {
    try {
      for (; workers_ < wanted; ++workers_) {
        std::thread(&Pool::work, this, workers_ + 1, generation_).detach();
      }
    } catch (const std::system_error&) {
      return workers_;
    }
    return wanted;
  }

  void start(int parts, TeamFn fn, void* context) {
    const std::lock_guard lock(mutex_);
    fn_ = fn;
    context_ = context;
    parts_ = parts;
    running_ = parts - 1;
    ++generation_;
    wake_.notify_all();
  }

  void work(int part, unsigned seen) {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [&] { return generation_ != seen; });
      seen = generation_;
      if (part >= parts_) continue;
      lock.unlock();
      fn_(context_, part, parts_);
      lock.lock();
      if (--running_ == 0) done_.notify_one();
    }
  }

  std::mutex busy_;   // held while a team runs; guards workers_
  std::mutex mutex_;  // guards what follows
  std::condition_variable wake_;
  std::condition_variable done_;
  TeamFn fn_ = nullptr;
  void* context_ = nullptr;
  int parts_ = 0;
  int running_ = 0;
  unsigned generation_ = 0;
  int workers_ = 0;
};

int threads_from_environment() {
  const char* text = std::getenv("OMP_NUM_THREADS");
  return text == nullptr ? 0 : std::atoi(text);
}

}  // namespace

void run_team(int size, TeamFn fn, void* context) {
  // Never destroyed: its threads wait in it until the process ends.
  static auto& pool = *new Pool;
  pool.run(size, fn, context);
}

bool inside_team() { return false; }

int default_team_size() {
  const int asked = threads_from_environment();
  return asked > 0 ? asked : static_cast<int>(std::thread::hardware_concurrency());
}

void bind_openmp_threads() {}

}  // namespace sinter::detail
#endif
