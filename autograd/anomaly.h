// Anomaly mode: find the forward call whose gradient went wrong.
#pragma once
#include <sinter/autograd/node.h>

namespace sinter::autograd {

// While it is on, every recorded call remembers where it was made, and a backward pass stops at the
// first node that makes a NaN. For the whole process; off at first.
class AnomalyMode {
 public:
  static bool is_enabled() { return enabled_.load(std::memory_order_relaxed); }
  static bool should_check_nan() { return check_nan_.load(std::memory_order_relaxed); }
  static void set_enabled(bool enabled, bool check_nan = true);

 private:
  static std::atomic<bool> enabled_;
  static std::atomic<bool> check_nan_;
};

// Switches anomaly mode on for a scope. Without check_nan only errors thrown in backward are
// annotated with where the forward call was made.
class DetectAnomalyGuard {
 public:
  explicit DetectAnomalyGuard(bool check_nan = true);
  ~DetectAnomalyGuard();
  DetectAnomalyGuard(const DetectAnomalyGuard&) = delete;
  DetectAnomalyGuard& operator=(const DetectAnomalyGuard&) = delete;

 private:
  bool enabled_before_;
  bool check_nan_before_;
};

// Names what a piece of a program computes, for anomaly mode's reports: Scope scope("encoder").
// Scopes nest. name must live as long as the scope.
class Scope {
 public:
  explicit Scope(const char* name);
  ~Scope();
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  // The names of the open scopes of this thread, outermost first: "encoder.layer1".
  static std::string path();

 private:
  const char* name_;
  const Scope* outer_;
};

// Return addresses of the calls that led to a recorded call, innermost first, and the open scopes.
struct ForwardTrace {
  std::vector<void*> addresses;
  std::string scope;
};
std::unique_ptr<ForwardTrace> capture_forward_trace();
// One line per frame of the user's program: function, file and line as far as they can be found.
std::string describe(const ForwardTrace& trace);

// Runs a node; throws Error naming it and its forward call when it throws, or makes a NaN.
void apply_checked(Node& node, NodeCall& call);

}  // namespace sinter::autograd
