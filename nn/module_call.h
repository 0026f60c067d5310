// The one place through which modules are called: hooks run here, and graph capture opens its
// scopes here.
#pragma once
#include <sinter/nn/module.h>
#include <sinter/nn/tensor_tree.h>

#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>

namespace sinter::nn::detail {

// Sees the module calls of its thread. before() and after() get the tensors among the arguments and
// in the result, and may replace them; failed() is called instead of after() when forward() throws.
class CallObserver {
 public:
  virtual ~CallObserver() = default;
  virtual void before(Module& module, const std::vector<Tensor*>& inputs) = 0;
  virtual void after(Module& module, const std::vector<Tensor*>& outputs) = 0;
  virtual void failed(Module& module) noexcept = 0;
};
extern constinit thread_local CallObserver* call_observer;

// Whether somebody wants to see a call of module.
inline bool is_watched(const Module& module) {
  return !module.hooks_.empty() || call_observer != nullptr;
}

// One call of a watched module: the constructor runs what comes before forward(), finish() what
// comes after.
class CallScope {
 public:
  CallScope(Module& module, const std::vector<Tensor*>& inputs);
  ~CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;
  void finish(const std::vector<Tensor*>& outputs);

 private:
  Module& module_;
  std::vector<Tensor> inputs_;
  std::shared_ptr<HookLists> hooks_;
  bool finished_ = false;
};

template <class T>
void collect_tensors(T& tree, std::vector<Tensor*>& out) {
  TensorTree<std::remove_const_t<T>>::visit(const_cast<std::remove_const_t<T>&>(tree),
                                            [&](Tensor& tensor) { out.push_back(&tensor); });
}

template <class M, class... Args>
auto call_watched(M& module, Args&&... args)
    -> decltype(module.forward(std::forward<Args>(args)...)) {
  using Result = decltype(module.forward(std::forward<Args>(args)...));
  // Hooks may replace arguments, which must not reach the caller's variables.
  std::tuple<
      std::conditional_t<TensorTree<std::decay_t<Args>>::value, std::decay_t<Args>, Args&&>...>
      held{std::forward<Args>(args)...};
  std::vector<Tensor*> tensors;
  std::apply([&](auto&... arg) { (collect_tensors(arg, tensors), ...); }, held);
  CallScope scope(module, tensors);
  const auto call = [&]() -> Result {
    return std::apply(
        [&](auto&... arg) -> Result { return module.forward(static_cast<Args&&>(arg)...); }, held);
  };
  tensors.clear();
  if constexpr (std::is_void_v<Result>) {
    call();
    scope.finish(tensors);
  } else {
    Result result = call();
    collect_tensors(result, tensors);
    scope.finish(tensors);
    return static_cast<Result&&>(result);
  }
}

// Calls module.forward(args...).
template <class M, class... Args>
auto call_module(M& module, Args&&... args)
    -> decltype(module.forward(std::forward<Args>(args)...)) {
  if (!is_watched(module)) [[likely]]
    return module.forward(std::forward<Args>(args)...);
  return call_watched(module, std::forward<Args>(args)...);
}

}  // namespace sinter::nn::detail
