// AnyModule: a module of any class, called through one interface.
#pragma once
#include <sinter/nn/module_holder.h>

#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace sinter::nn {

namespace detail {
template <class T>
concept IsModule = std::is_base_of_v<Module, std::decay_t<T>>;

[[noreturn]] void throw_no_forward(const Module* module);
[[noreturn]] void throw_wrong_result(const std::type_info& wanted, const std::type_info& got);
}  // namespace detail

// Shares a module whose forward() is one function (no template, no overloads) that returns
// something. Copies share it too; clone() copies deeply. Where there is no module, all but
// is_empty() throw Error `[any_module] is empty`.
class AnyModule {
 public:
  AnyModule() = default;
  // A module of a known class, or (as shared_ptr<Module>) of one that was recorded when the module
  // was put into a holder or registered; else throws TypeError.
  template <class M>
  explicit AnyModule(std::shared_ptr<M> module) {
    if constexpr (!std::is_same_v<M, Module>) {
      static_assert(detail::takes_any_values<M>(),
                    "AnyModule needs a module whose forward() is one function, takes values or "
                    "const references, and returns something");
    }
    detail::record_ops(module);
    set(std::move(module));
  }
  template <detail::IsModule M>
  explicit AnyModule(M&& module)
      : AnyModule(std::make_shared<std::decay_t<M>>(std::forward<M>(module))) {}
  template <class M>
  explicit AnyModule(const ModuleHolder<M>& holder) : AnyModule(holder.ptr()) {}
  template <class M>
  AnyModule& operator=(std::shared_ptr<M> module) {
    return *this = AnyModule(std::move(module));
  }

  AnyModule clone(std::optional<Device> device = std::nullopt) const;

  // Calls forward(). Throws TypeError `[forward] ...` when the number or the types of the arguments
  // are not those of forward(): nothing is converted.
  template <class... Args>
  AnyValue any_forward(Args&&... args) {
    std::vector<AnyValue> values;
    values.reserve(sizeof...(Args));
    (values.emplace_back(std::forward<Args>(args)), ...);
    return call(values);
  }
  AnyValue call(std::vector<AnyValue>& arguments);
  // The same, for a result of type R; throws TypeError for another.
  template <class R = Tensor, class... Args>
  R forward(Args&&... args) {
    AnyValue result = any_forward(std::forward<Args>(args)...);
    if (R* value = result.try_get<R>()) return std::move(*value);
    detail::throw_wrong_result(typeid(R), result.type_info());
  }
  // The way of one tensor through the module, where both ends are one tensor; else nullopt.
  std::optional<Tensor> try_tensor_forward(const Tensor& input);

  // The module as what it is: get<LinearImpl>() by reference, get<Linear>() as a holder. Throw
  // TypeError for another class.
  template <detail::IsModule T>
  T& get() const {
    return static_cast<T&>(checked(typeid(T)));
  }
  template <detail::IsHolder T>
  T get() const {
    return T(ptr<typename T::ContainedType>());
  }
  std::shared_ptr<Module> ptr() const;
  template <detail::IsModule T>
  std::shared_ptr<T> ptr() const {
    checked(typeid(T));
    return std::static_pointer_cast<T>(module_);
  }
  const std::type_info& type_info() const;
  bool is_empty() const noexcept { return module_ == nullptr; }

 private:
  void set(std::shared_ptr<Module> module);
  Module& checked(const std::type_info& type) const;

  std::shared_ptr<Module> module_;
  const detail::ModuleOps* ops_ = nullptr;
};

// A module with its name, as an element of Sequential({{"fc", Linear(3, 4)}, {"act", ReLU()}}).
class NamedAnyModule {
 public:
  template <class M>
  requires std::is_constructible_v<AnyModule, M> NamedAnyModule(std::string name, M&& module)
      : name_(std::move(name)), module_(std::forward<M>(module)) {}
  const std::string& name() const noexcept { return name_; }
  AnyModule& module() noexcept { return module_; }
  const AnyModule& module() const noexcept { return module_; }

 private:
  std::string name_;
  AnyModule module_;
};

}  // namespace sinter::nn
