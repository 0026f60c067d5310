#include <sinter/nn/module_call.h>

#include <algorithm>
#include <utility>

namespace sinter::nn {

namespace detail {

constinit thread_local CallObserver* call_observer = nullptr;

template <class Hook>
using HookList = std::vector<std::pair<unsigned, std::shared_ptr<const Hook>>>;

struct HookLists {
  HookList<ForwardPreHook> before;
  HookList<ForwardHook> after;
  unsigned next_id = 0;
};

Hooks::Hooks(const Hooks& other)
    : lists_(other.lists_ ? std::make_shared<HookLists>(*other.lists_) : nullptr) {}

Hooks& Hooks::operator=(const Hooks& other) {
  if (this != &other) *this = Hooks(other);
  return *this;
}

std::shared_ptr<HookLists>& Hooks::make_lists() {
  if (!lists_) lists_ = std::make_shared<HookLists>();
  return lists_;
}

namespace {

std::vector<Tensor> copy_of(const std::vector<Tensor*>& tensors) {
  std::vector<Tensor> out;
  out.reserve(tensors.size());
  for (const Tensor* tensor : tensors) out.push_back(*tensor);
  return out;
}

void write_back(const std::vector<Tensor>& values, const std::vector<Tensor*>& tensors,
                const char* what) {
  SINTER_CHECK_AS(ValueError, values.size() == tensors.size(), "[", what,
                  "] a hook may not change the number of tensors (", tensors.size(), "); got ",
                  values.size());
  for (std::size_t i = 0; i < values.size(); ++i) *tensors[i] = values[i];
}

template <class Hook>
unsigned add(HookLists& lists, HookList<Hook>& list, Hook hook) {
  const unsigned id = lists.next_id++;
  list.emplace_back(id, std::make_shared<const Hook>(std::move(hook)));
  return id;
}

template <class Hook>
void erase(HookList<Hook>& list, unsigned id) {
  std::erase_if(list, [&](const auto& entry) { return entry.first == id; });
}

}  // namespace

CallScope::CallScope(Module& module, const std::vector<Tensor*>& inputs)
    : module_(module), hooks_(module.hooks_.lists()) {
  if (call_observer != nullptr) call_observer->before(module_, inputs);
  if (!hooks_) return;
  try {
    inputs_ = copy_of(inputs);
    // A hook may register or remove hooks; that counts from the next call on.
    const auto hooks = hooks_->before;
    for (const auto& [id, hook] : hooks) (*hook)(module_, inputs_);
    write_back(inputs_, inputs, "forward_pre_hook");
  } catch (...) {
    if (call_observer != nullptr) call_observer->failed(module_);
    throw;
  }
}

CallScope::~CallScope() {
  if (!finished_ && call_observer != nullptr) call_observer->failed(module_);
}

void CallScope::finish(const std::vector<Tensor*>& outputs) {
  if (hooks_ && !hooks_->after.empty()) {
    std::vector<Tensor> values = copy_of(outputs);
    const auto hooks = hooks_->after;
    for (const auto& [id, hook] : hooks) (*hook)(module_, inputs_, values);
    write_back(values, outputs, "forward_hook");
  }
  finished_ = true;
  if (call_observer != nullptr) call_observer->after(module_, outputs);
}

AnyValue call_any(Module& module, std::vector<AnyValue>& arguments,
                  AnyValue (*forward)(Module& module, std::vector<AnyValue>& arguments)) {
  if (!is_watched(module)) return forward(module, arguments);
  std::vector<Tensor*> tensors;
  for (AnyValue& argument : arguments) {
    if (auto* tensor = argument.try_get<Tensor>()) tensors.push_back(tensor);
  }
  CallScope scope(module, tensors);
  AnyValue result = forward(module, arguments);
  tensors.clear();
  if (auto* tensor = result.try_get<Tensor>()) tensors.push_back(tensor);
  scope.finish(tensors);
  return result;
}

}  // namespace detail

HookHandle Module::register_forward_pre_hook(ForwardPreHook hook) {
  const auto& lists = hooks_.make_lists();
  return {lists, detail::add(*lists, lists->before, std::move(hook))};
}

HookHandle Module::register_forward_hook(ForwardHook hook) {
  const auto& lists = hooks_.make_lists();
  return {lists, detail::add(*lists, lists->after, std::move(hook))};
}

void HookHandle::remove() {
  if (const auto lists = lists_.lock()) {
    detail::erase(lists->before, id_);
    detail::erase(lists->after, id_);
  }
  lists_.reset();
}

}  // namespace sinter::nn
