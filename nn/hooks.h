// Forward hooks of modules.
#pragma once
#include <sinter/core/callable.h>
#include <sinter/core/tensor.h>

#include <memory>
#include <vector>

namespace sinter::nn {

class Module;

// Called before a module's forward() with the tensors among its arguments, in order. The hook may
// replace elements of inputs, but not change their number.
using ForwardPreHook = Callable<void(Module& module, std::vector<Tensor>& inputs)>;
// Called after forward() with the tensors among its arguments and in its result. The hook may
// replace elements of outputs, but not change their number.
using ForwardHook =
    Callable<void(Module& module, const std::vector<Tensor>& inputs, std::vector<Tensor>& outputs)>;

namespace detail {

struct HookLists;

// A module's hooks; nothing is allocated before the first one. A copy has hooks of its own, which
// the handles of the original do not remove.
class Hooks {
 public:
  Hooks() = default;
  Hooks(const Hooks& other);
  Hooks& operator=(const Hooks& other);
  Hooks(Hooks&&) noexcept = default;
  Hooks& operator=(Hooks&&) noexcept = default;
  ~Hooks() = default;

  bool empty() const { return lists_ == nullptr; }
  const std::shared_ptr<HookLists>& lists() const { return lists_; }
  std::shared_ptr<HookLists>& make_lists();

 private:
  std::shared_ptr<HookLists> lists_;
};

}  // namespace detail

// Names a registered hook so that it can be removed. Letting go of the handle keeps the hook.
class HookHandle {
 public:
  HookHandle() = default;
  HookHandle(std::weak_ptr<detail::HookLists> lists, unsigned id)
      : lists_(std::move(lists)), id_(id) {}
  // Removes the hook; does nothing the second time, or when the module is gone.
  void remove();

 private:
  std::weak_ptr<detail::HookLists> lists_;
  unsigned id_ = 0;
};

}  // namespace sinter::nn
