// ModuleHolder: a module by shared pointer, with the syntax of a value.
#pragma once
#include <sinter/nn/module_call.h>

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <type_traits>
#include <utility>

namespace sinter::nn {

namespace detail {
// While a module is cloned on this thread: finds the clone of a submodule.
std::shared_ptr<Module> clone_of(const Module* original);
extern constinit thread_local Cloner* cloner;
// Throws; a call of its own so that the checks stay small enough to be inlined.
[[noreturn]] void fail_empty_holder();
}  // namespace detail

// Holds a Contained (a class derived from Module) by shared_ptr; copies share it. Linear(4, 2)
// makes a LinearImpl(4, 2); Linear fc = nullptr holds nothing, and using it throws Error
// `[module_holder] is empty`. fc(x) calls forward(x), fc->weight reaches the module.
template <class Contained>
class ModuleHolder : detail::ModuleHolderIndicator {
 protected:
  std::shared_ptr<Contained> impl_;

 public:
  using ContainedType = Contained;

  ModuleHolder() : impl_(std::make_shared<Contained>()) {
    static_assert(std::is_default_constructible_v<Contained>,
                  "this module has no default constructor; give its arguments, or = nullptr");
    detail::record_ops(impl_);
  }
  ModuleHolder(std::nullptr_t) {}  // NOLINT
  // Takes a module that exists.
  ModuleHolder(std::shared_ptr<Contained> module) : impl_(std::move(module)) {  // NOLINT
    detail::record_ops(impl_);
  }
  // Makes a module from the arguments of its constructor.
  template <class Head, class... Tail>
  requires(!(std::is_base_of_v<ModuleHolder, std::decay_t<Head>> &&
             sizeof...(Tail) == 0)) explicit ModuleHolder(Head&& head, Tail&&... tail)
      : impl_(new Contained(std::forward<Head>(head), std::forward<Tail>(tail)...)) {
    detail::record_ops(impl_);
  }
  ModuleHolder(const ModuleHolder& other) : impl_(other.impl_) {
    if (detail::cloner != nullptr) [[unlikely]]
      follow_clone();
  }
  ModuleHolder(ModuleHolder&&) noexcept = default;
  ModuleHolder& operator=(const ModuleHolder&) = default;
  ModuleHolder& operator=(ModuleHolder&&) noexcept = default;
  ~ModuleHolder() = default;

  explicit operator bool() const noexcept { return !is_empty(); }
  bool is_empty() const noexcept { return impl_ == nullptr; }

  // The module. All throw Error when there is none.
  Contained* operator->() { return get(); }
  const Contained* operator->() const { return get(); }
  Contained& operator*() { return *get(); }
  const Contained& operator*() const { return *get(); }
  const std::shared_ptr<Contained>& ptr() const {
    if (impl_ == nullptr) [[unlikely]]
      detail::fail_empty_holder();
    return impl_;
  }
  Contained* get() {
    if (impl_ == nullptr) [[unlikely]]
      detail::fail_empty_holder();
    return impl_.get();
  }
  const Contained* get() const {
    if (impl_ == nullptr) [[unlikely]]
      detail::fail_empty_holder();
    return impl_.get();
  }

  // Calls forward(), hooks included.
  template <class M = Contained, class... Args>
  auto operator()(Args&&... args)
      -> decltype(std::declval<M&>().forward(std::forward<Args>(args)...)) {
    return detail::call_module(static_cast<M&>(*get()), std::forward<Args>(args)...);
  }
  // The module's operator[].
  template <class Arg>
  decltype(auto) operator[](Arg&& arg) {
    return (*get())[std::forward<Arg>(arg)];
  }

 private:
  void follow_clone() {
    if (auto clone = detail::clone_of(impl_.get())) {
      impl_ = std::static_pointer_cast<Contained>(std::move(clone));
    }
  }
};

template <class M>
std::ostream& operator<<(std::ostream& stream, const ModuleHolder<M>& module) {
  return operator<<(stream, static_cast<const Module&>(*module));
}

}  // namespace sinter::nn

// SINTER_MODULE(Net) declares the class Net, a holder of NetImpl; SINTER_MODULE_IMPL(Net, Other)
// one of another class. Net::Impl names the class held.
#define SINTER_MODULE_IMPL(Name, ImplType)                    \
  class Name : public ::sinter::nn::ModuleHolder<ImplType> {  \
   public:                                                    \
    using ::sinter::nn::ModuleHolder<ImplType>::ModuleHolder; \
    using Impl [[maybe_unused]] = ImplType;                   \
  }
#define SINTER_MODULE(Name) SINTER_MODULE_IMPL(Name, Name##Impl)
