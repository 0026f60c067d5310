// Unseen: a scope for ops that autograd runs for its own books.
#pragma once
#include <sinter/ops/dispatch.h>

namespace sinter::autograd {

// Calls in its scope are recorded, but unseen by interceptors.
class Unseen {
 public:
  Unseen() : saved_(ops::dispatch_state()) {
    ops::DispatchState& state = ops::dispatch_state();
    state.above = nullptr;
    state.below = nullptr;
    state.grad_enabled = true;
    state.inference = false;
  }
  ~Unseen() { ops::dispatch_state() = saved_; }
  Unseen(const Unseen&) = delete;
  Unseen& operator=(const Unseen&) = delete;

 private:
  ops::DispatchState saved_;
};

}  // namespace sinter::autograd
