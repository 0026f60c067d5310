#include <sinter/autograd/anomaly.h>
#include <sinter/autograd/node.h>

#include <algorithm>
#include <cctype>

namespace sinter::autograd {

struct Node::Extras {
  struct HookEntry {
    std::uint64_t id;
    std::uint32_t input_nr;
    Hook call;
  };
  struct Retained {
    std::uint32_t input_nr;
    IntrusivePtr<GradSlot> slot;
  };
  std::vector<std::shared_ptr<HookEntry>> hooks;
  std::vector<Retained> retained;
  std::unique_ptr<ForwardTrace> trace;
};

namespace {

struct Releasing {
  Node* head = nullptr;
  bool active = false;
};
constinit thread_local Releasing releasing;
constinit thread_local std::uint64_t last_sequence_nr = 0;
constinit std::atomic<std::uint64_t> last_hook_id{0};

void check_hook_result(const Tensor& result, const Tensor& grad) {
  SINTER_CHECK(
      IntArrayRef(result.impl()->meta.sizes) == grad.sizes() && result.dtype() == grad.dtype(),
      "[register_hook] a hook must return a gradient of the same shape and dtype; got ",
      result.dtype(), " ", result.sizes(), " for ", grad.dtype(), " ", grad.sizes());
}

}  // namespace

Node::Node(Edge* edges, std::size_t num_edges, std::size_t num_inputs)
    : num_edges_(static_cast<std::uint32_t>(num_edges)),
      num_inputs_(static_cast<std::uint32_t>(num_inputs)),
      edges_(edges),
      sequence_nr_(next_sequence_nr()) {}

Node::~Node() = default;

std::uint64_t Node::next_sequence_nr() { return ++last_sequence_nr; }

void Node::destroy(Node* node) noexcept {
  node->next_dead_ = releasing.head;
  releasing.head = node;
  if (releasing.active) return;
  releasing.active = true;
  while (Node* dead = releasing.head) {
    releasing.head = dead->next_dead_;
    dead->destroy_self();
  }
  releasing.active = false;
}

Node::Extras& Node::extras() {
  if (!extras_) extras_ = std::make_unique<Extras>();
  return *extras_;
}

std::uint64_t Node::add_hook(std::uint32_t input_nr, Hook hook) {
  const std::uint64_t id = ++last_hook_id;
  extras().hooks.push_back(
      std::make_shared<Extras::HookEntry>(Extras::HookEntry{id, input_nr, std::move(hook)}));
  return id;
}

void Node::remove_hook(std::uint64_t id) {
  std::erase_if(extras().hooks, [&](const auto& hook) { return hook->id == id; });
}

void Node::retain_gradient(std::uint32_t input_nr, IntrusivePtr<GradSlot> slot) {
  extras().retained.push_back({input_nr, std::move(slot)});
}

void Node::stop_retaining(const GradSlot* slot) {
  std::erase_if(extras().retained, [&](const auto& r) { return r.slot.get() == slot; });
}

void Node::run_hooks(std::span<Tensor> grads) const {
  // A hook may add or remove hooks.
  const auto hooks = extras_->hooks;
  for (const auto& hook : hooks) {
    Tensor& grad = grads[hook->input_nr];
    if (!grad.defined()) continue;
    Tensor result = hook->call(grad);
    if (!result.defined()) continue;
    check_hook_result(result, grad);
    grad = std::move(result);
  }
  for (const auto& [input_nr, slot] : extras_->retained) {
    const Tensor& grad = grads[input_nr];
    if (!grad.defined()) continue;
    slot->grad = slot->grad.defined() ? slot->grad.add(grad) : grad.clone();
  }
}

const ForwardTrace* Node::forward_trace() const { return extras_ ? extras_->trace.get() : nullptr; }

void Node::set_forward_trace(std::unique_ptr<ForwardTrace> trace) {
  extras().trace = std::move(trace);
}

std::string backward_name(const char* op) {
  std::string out;
  bool upper = true;
  for (const char* c = op; *c != '\0'; ++c) {
    if (*c == '_') {
      upper = true;
    } else {
      out += upper ? static_cast<char>(std::toupper(static_cast<unsigned char>(*c))) : *c;
      upper = false;
    }
  }
  return out + "Backward0";
}

}  // namespace sinter::autograd
