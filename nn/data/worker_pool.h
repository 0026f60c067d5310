// Threads that load batches.
#pragma once
#include <sinter/core/callable.h>

#include <cstddef>
#include <memory>

namespace sinter::data::detail {

class WorkerPool {
 public:
  // Gets the number of the thread that it runs on, below the number of threads.
  using Job = Callable<void(std::size_t worker)>;
  explicit WorkerPool(std::size_t threads);
  // Finishes the jobs that run, and forgets the others.
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Adds a job, which must not throw. Jobs begin in the order they were added.
  void submit(Job job);
  // Forgets the jobs that have not begun, and waits for the others.
  void cancel();
  // Waits until a job has called finish(done).
  void wait(const bool& done);
  void finish(bool& done);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace sinter::data::detail
