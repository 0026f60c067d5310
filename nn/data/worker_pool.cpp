#include <sinter/nn/data/worker_pool.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

namespace sinter::data::detail {

struct WorkerPool::State {
  std::mutex mutex;
  std::condition_variable work;   // a job was added, or the end has come
  std::condition_variable ready;  // a job is done
  std::deque<Job> jobs;
  std::size_t running = 0;
  bool stop = false;
  std::vector<std::thread> threads;

  void run(std::size_t worker) {
    std::unique_lock lock(mutex);
    while (true) {
      work.wait(lock, [&] { return stop || !jobs.empty(); });
      if (stop) return;
      const Job job = std::move(jobs.front());
      jobs.pop_front();
      ++running;
      lock.unlock();
      job(worker);
      lock.lock();
      --running;
      ready.notify_all();
    }
  }
};

WorkerPool::WorkerPool(std::size_t threads) : state_(std::make_unique<State>()) {
  for (std::size_t i = 0; i < threads; ++i) {
    state_->threads.emplace_back([state = state_.get(), i] { state->run(i); });
  }
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stop = true;
  }
  state_->work.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

void WorkerPool::submit(Job job) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->jobs.push_back(std::move(job));
  }
  state_->work.notify_one();
}

void WorkerPool::cancel() {
  std::unique_lock lock(state_->mutex);
  state_->jobs.clear();
  state_->ready.wait(lock, [&] { return state_->running == 0; });
}

void WorkerPool::wait(const bool& done) {
  std::unique_lock lock(state_->mutex);
  state_->ready.wait(lock, [&] { return done; });
}

void WorkerPool::finish(bool& done) {
  {
    const std::lock_guard lock(state_->mutex);
    done = true;
  }
  state_->ready.notify_all();
}

}  // namespace sinter::data::detail
