// What can be done with a module whose class is known only at run time.
#pragma once
#include <sinter/nn/any_value.h>

#include <concepts>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

namespace sinter::nn {

class Module;

namespace detail {

// Marks classes that clone themselves.
struct CloneableTag {};

// Recorded in a module when it is put into a holder, registered or wrapped by AnyModule, the places
// where its class is known.
struct ModuleOps {
  const std::type_info* type;
  // Copy-constructs; null for a Cloneable or a class that cannot be copied.
  std::shared_ptr<Module> (*copy)(const Module& module);
  // Calls forward() with as many values as it takes, through the one place for calls; null when
  // forward() is missing, overloaded, a template or returns nothing.
  AnyValue (*forward)(Module& module, std::vector<AnyValue>& arguments);
  // The same where forward() takes one tensor and returns one; else null.
  Tensor (*tensor_forward)(Module& module, const Tensor& input);
};

template <class F>
struct ForwardTraits;
template <class R, class C, class... A>
struct ForwardTraits<R (C::*)(A...)> {
  using Result = R;
  static constexpr std::size_t arity = sizeof...(A);
  static constexpr bool takes_references =
      ((std::is_lvalue_reference_v<A> && !std::is_const_v<std::remove_reference_t<A>>) || ...);
  static constexpr bool one_tensor = arity == 1 &&
                                     (std::is_same_v<std::remove_cvref_t<A>, Tensor> && ...) &&
                                     !takes_references && std::is_same_v<R, Tensor>;
  template <class Call, std::size_t... I>
  static decltype(auto) apply(Call&& call, std::vector<AnyValue>& arguments,
                              std::index_sequence<I...>) {
    return call(argument<std::decay_t<A>>(arguments, I)...);
  }
  template <class T>
  static T&& argument(std::vector<AnyValue>& arguments, std::size_t i);
};
template <class R, class C, class... A>
struct ForwardTraits<R (C::*)(A...) const> : ForwardTraits<R (C::*)(A...)> {};

// Whether &M::forward names one function.
template <class M>
concept HasForward = requires {
  &M::forward;
};

// Completes the arguments of a call by the defaults that the class declares, and throws TypeError
// `[forward] Net takes 2 arguments; got 1` when their number is wrong.
void complete_arguments(Module& module, std::vector<AnyValue>& arguments, std::size_t arity);
[[noreturn]] void throw_bad_argument(std::size_t index, const std::type_info& wanted,
                                     const std::type_info& got);

template <class R, class C, class... A>
template <class T>
T&& ForwardTraits<R (C::*)(A...)>::argument(std::vector<AnyValue>& arguments, std::size_t i) {
  if (T* value = arguments[i].template try_get<T>()) return std::move(*value);
  throw_bad_argument(i, typeid(T), arguments[i].type_info());
}

template <class M, class... Args>
auto call_module(M& module, Args&&... args)
    -> decltype(module.forward(std::forward<Args>(args)...));

template <class M>
AnyValue any_forward(Module& module, std::vector<AnyValue>& arguments) {
  using Traits = ForwardTraits<decltype(&M::forward)>;
  M& self = static_cast<M&>(module);
  complete_arguments(module, arguments, Traits::arity);
  return AnyValue(Traits::apply(
      [&](auto&&... values) -> decltype(auto) {
        return call_module(self, std::forward<decltype(values)>(values)...);
      },
      arguments, std::make_index_sequence<Traits::arity>()));
}

// Classes whose forward() is a template say any_forward(arguments) instead: Sequential.
template <class M>
concept HasAnyForward = requires(M& module, std::vector<AnyValue>& arguments) {
  { module.any_forward(arguments) } -> std::same_as<AnyValue>;
};
AnyValue call_any(Module& module, std::vector<AnyValue>& arguments,
                  AnyValue (*forward)(Module& module, std::vector<AnyValue>& arguments));

template <class M>
AnyValue own_any_forward(Module& module, std::vector<AnyValue>& arguments) {
  return call_any(module, arguments, [](Module& self, std::vector<AnyValue>& values) {
    return static_cast<M&>(self).any_forward(values);
  });
}

template <class M>
Tensor tensor_forward(Module& module, const Tensor& input) {
  return call_module(static_cast<M&>(module), input);
}

template <class M>
std::shared_ptr<Module> copy_module(const Module& module) {
  return std::make_shared<M>(static_cast<const M&>(module));
}

// Whether forward() can be called with values of types known only at run time.
template <class M>
constexpr bool takes_any_values() {
  if constexpr (HasAnyForward<M>) {
    return true;
  } else if constexpr (HasForward<M>) {
    using Traits = ForwardTraits<decltype(&M::forward)>;
    return !std::is_void_v<typename Traits::Result> && !Traits::takes_references;
  } else {
    return false;
  }
}

template <class M>
constexpr ModuleOps make_module_ops() {
  ModuleOps ops{&typeid(M), nullptr, nullptr, nullptr};
  if constexpr (std::is_copy_constructible_v<M> && !std::is_base_of_v<CloneableTag, M>) {
    ops.copy = copy_module<M>;
  }
  if constexpr (HasAnyForward<M>) {
    ops.forward = own_any_forward<M>;
  } else if constexpr (takes_any_values<M>()) {
    ops.forward = any_forward<M>;
  }
  if constexpr (HasForward<M>) {
    if constexpr (ForwardTraits<decltype(&M::forward)>::one_tensor) {
      ops.tensor_forward = tensor_forward<M>;
    }
  }
  return ops;
}
template <class M>
inline constexpr ModuleOps module_ops = make_module_ops<M>();

}  // namespace detail
}  // namespace sinter::nn
