#include <sinter/autograd/anomaly.h>
#include <sinter/autograd/grad_mode.h>
#include <sinter/autograd/symbolize_internal.h>

#include <unwind.h>

#include <vector>

namespace sinter::autograd {

std::atomic<bool> AnomalyMode::enabled_{false};
std::atomic<bool> AnomalyMode::check_nan_{true};

namespace {

constexpr std::size_t kMaxFrames = 64;
constexpr std::size_t kShownFrames = 12;

constinit thread_local const Scope* innermost = nullptr;

std::string input_label(const Node& node, std::size_t i) {
  const Edge& edge = node.next_edge(i);
  if (!edge.is_valid()) return {};
  const InputMetadata metadata = edge.function->input_metadata(edge.input_nr);
  return str(" (", metadata.dtype, " ", metadata.sizes, ")");
}

bool has_nan(const Tensor& grad) {
  const NoGradGuard guard;
  return grad.is_floating_point() && !grad.impl()->fake() && grad.isnan().any().item<bool>();
}

std::string forward_call(const Node& node) {
  const ForwardTrace* trace = node.forward_trace();
  if (trace == nullptr) {
    return "; its forward call was made before anomaly mode was on";
  }
  return "; its forward call was made at\n" + describe(*trace);
}

// The frames of dispatch and recording, which every trace begins with.
bool is_machinery(const std::string& function) {
  for (const char* prefix : {"sinter::ops::", "sinter::autograd::", "sinter::(anonymous"}) {
    if (function.starts_with(prefix)) return true;
  }
  return false;
}

_Unwind_Reason_Code add_frame(_Unwind_Context* context, void* trace) {
  auto& addresses = *static_cast<std::vector<void*>*>(trace);
  if (addresses.size() == kMaxFrames) return _URC_END_OF_STACK;
  if (const auto at = _Unwind_GetIP(context)) addresses.push_back(reinterpret_cast<void*>(at));
  return _URC_NO_REASON;
}

}  // namespace

void AnomalyMode::set_enabled(bool enabled, bool check_nan) {
  enabled_ = enabled;
  check_nan_ = check_nan;
}

DetectAnomalyGuard::DetectAnomalyGuard(bool check_nan)
    : enabled_before_(AnomalyMode::is_enabled()),
      check_nan_before_(AnomalyMode::should_check_nan()) {
  AnomalyMode::set_enabled(true, check_nan);
}

DetectAnomalyGuard::~DetectAnomalyGuard() {
  AnomalyMode::set_enabled(enabled_before_, check_nan_before_);
}

Scope::Scope(const char* name) : name_(name), outer_(innermost) { innermost = this; }
Scope::~Scope() { innermost = outer_; }

std::string Scope::path() {
  std::string out;
  for (const Scope* scope = innermost; scope != nullptr; scope = scope->outer_) {
    if (!out.empty()) out.insert(0, ".");
    out.insert(0, scope->name_);
  }
  return out;
}

std::unique_ptr<ForwardTrace> capture_forward_trace() {
  auto trace = std::make_unique<ForwardTrace>();
  trace->addresses.reserve(kMaxFrames);
  // Not backtrace(): the sanitizers wrap it, and their frame would come first.
  _Unwind_Backtrace(add_frame, &trace->addresses);
  trace->scope = Scope::path();
  return trace;
}

std::string describe(const ForwardTrace& trace) {
  std::string out;
  std::size_t shown = 0;
  for (const Frame& frame : symbolize(trace.addresses)) {
    if (shown == 0 && is_machinery(frame.function)) continue;
    if (shown == kShownFrames) break;
    out += str("  #", shown++, " ", frame.function);
    if (!frame.place.empty()) out += " at " + frame.place;
    out += "\n";
    if (frame.function == "main") break;
  }
  if (!trace.scope.empty()) out += "  in scope " + trace.scope + "\n";
  return out;
}

void apply_checked(Node& node, NodeCall& call) {
  try {
    node.apply(call);
  } catch (const Error& error) {
    fail(error.what(), "; thrown by ", node.name(), forward_call(node));
  }
  if (!AnomalyMode::should_check_nan()) return;
  for (std::size_t i = 0; i < call.results.size(); ++i) {
    if (!call.results[i].defined() || !has_nan(call.results[i])) continue;
    fail("[", node.name(), "] backward made NaN in the gradient of input ", i, input_label(node, i),
         forward_call(node));
  }
}

}  // namespace sinter::autograd
