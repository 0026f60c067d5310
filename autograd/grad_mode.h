// Switches for the recording of gradients, per thread.
#pragma once
#include <sinter/ops/dispatch.h>

namespace sinter {

// Whether calls on this thread are recorded. On at first.
struct GradMode {
  static bool is_enabled() { return ops::dispatch_state().grad_enabled; }
  static void set_enabled(bool enabled) { ops::dispatch_state().grad_enabled = enabled; }
};

// Sets the mode for a scope: AutoGradMode guard(true).
class AutoGradMode {
 public:
  explicit AutoGradMode(bool enabled) : before_(GradMode::is_enabled()) {
    GradMode::set_enabled(enabled);
  }
  ~AutoGradMode() { GradMode::set_enabled(before_); }
  AutoGradMode(const AutoGradMode&) = delete;
  AutoGradMode& operator=(const AutoGradMode&) = delete;

 private:
  bool before_;
};

// Nothing is recorded in its scope: results do not require gradients.
struct NoGradGuard : AutoGradMode {
  NoGradGuard() : AutoGradMode(false) {}
};

// Records in its scope, inside of a NoGradGuard for example.
struct EnableGradGuard : AutoGradMode {
  EnableGradGuard() : AutoGradMode(true) {}
};

// In its scope nothing is recorded, and the tensors made can never take part in recording: a
// recorded call that would save one throws, and so does writing one in place outside of the scope.
// InferenceMode(false) leaves the mode for a scope.
class InferenceMode {
 public:
  explicit InferenceMode(bool enabled = true)
      : grad_(!enabled), before_(ops::dispatch_state().inference) {
    ops::dispatch_state().inference = enabled;
  }
  ~InferenceMode() { ops::dispatch_state().inference = before_; }
  InferenceMode(const InferenceMode&) = delete;
  InferenceMode& operator=(const InferenceMode&) = delete;
  static bool is_enabled() { return ops::dispatch_state().inference; }

 private:
  AutoGradMode grad_;
  bool before_;
};

}  // namespace sinter
