// Module: the base of all layers and models.
#pragma once
#include <sinter/core/callable.h>
#include <sinter/core/tensor.h>
#include <sinter/nn/hooks.h>
#include <sinter/nn/module_ops.h>
#include <sinter/nn/ordered_dict.h>

#include <cstddef>
#include <iosfwd>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace sinter {
namespace serialize {
class OutputArchive;
class InputArchive;
}  // namespace serialize

namespace nn {

template <class Contained>
class ModuleHolder;
namespace detail {
struct ModuleHolderIndicator {};
template <class T>
concept IsHolder = std::is_base_of_v<ModuleHolderIndicator, std::decay_t<T>>;
class Cloner;
class CallScope;
struct ClonedState;
bool is_watched(const Module& module);
const ModuleOps* recorded_ops(const Module& module);
// Records what the class of module can do, if that is M.
template <class M>
void record_ops(const std::shared_ptr<M>& module);
}  // namespace detail

// The keys on which a state dict and a module disagree.
struct IncompatibleKeys {
  std::vector<std::string> missing_keys;     // the module has them, the dict does not
  std::vector<std::string> unexpected_keys;  // the dict has them, the module does not
};

// A part of a model: named parameters (tensors that are trained), buffers (tensors that are not)
// and submodules. As libtorch's torch::nn::Module.
//
//   struct NetImpl : nn::Module {
//     NetImpl() : fc(register_module("fc", nn::Linear(4, 2))) {}
//     Tensor forward(const Tensor& x) { return fc(x); }
//     nn::Linear fc;
//   };
//   SINTER_MODULE(Net);
//
// Copying a Module copies handles: both share tensors and submodules. clone() copies deeply.
class Module : public std::enable_shared_from_this<Module> {
 public:
  using ModuleApplyFunction = Callable<void(Module&)>;
  using ConstModuleApplyFunction = Callable<void(const Module&)>;
  using NamedModuleApplyFunction = Callable<void(const std::string&, Module&)>;
  using ConstNamedModuleApplyFunction = Callable<void(const std::string&, const Module&)>;
  using ModulePointerApplyFunction = Callable<void(const std::shared_ptr<Module>&)>;
  using NamedModulePointerApplyFunction =
      Callable<void(const std::string&, const std::shared_ptr<Module>&)>;

  // A module called by the name of its class.
  Module();
  explicit Module(std::string name);
  Module(const Module&) = default;
  Module& operator=(const Module&) = default;
  Module(Module&&) noexcept = default;
  Module& operator=(Module&&) noexcept = default;
  virtual ~Module();

  // The name given to the constructor, or that of the class: "NetImpl".
  const std::string& name() const noexcept;

  // A deep copy: tensors and submodules are copied, to device if one is given; hooks come along.
  // Works for classes derived from Cloneable, and for others that were put into a holder or
  // registered and whose members are submodules (by holder) and plain values. Throws
  // NotImplementedError where a member would still refer to the original.
  virtual std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const;

  // Calls function for this module and all below, parents first; the named forms also get the path
  // below name_prefix. The forms with a pointer need this module to be held by a shared_ptr.
  void apply(const ModuleApplyFunction& function);
  void apply(const ConstModuleApplyFunction& function) const;
  void apply(const NamedModuleApplyFunction& function, const std::string& name_prefix = {});
  void apply(const ConstNamedModuleApplyFunction& function,
             const std::string& name_prefix = {}) const;
  void apply(const ModulePointerApplyFunction& function) const;
  void apply(const NamedModulePointerApplyFunction& function,
             const std::string& name_prefix = {}) const;

  // The defined parameters of this module and, if recurse, of those below, in the order of
  // registration, a module's own first. Names are paths: "layer1.0.weight".
  std::vector<Tensor> parameters(bool recurse = true) const;
  OrderedDict<std::string, Tensor> named_parameters(bool recurse = true) const;
  // The same for buffers.
  std::vector<Tensor> buffers(bool recurse = true) const;
  OrderedDict<std::string, Tensor> named_buffers(bool recurse = true) const;
  // All modules below, parents first. With include_self, this one comes first under the name
  // name_prefix; it must be held by a shared_ptr, else Error is thrown.
  std::vector<std::shared_ptr<Module>> modules(bool include_self = true) const;
  OrderedDict<std::string, std::shared_ptr<Module>> named_modules(
      const std::string& name_prefix = {}, bool include_self = true) const;
  // The direct submodules.
  std::vector<std::shared_ptr<Module>> children() const;
  OrderedDict<std::string, std::shared_ptr<Module>> named_children() const;

  // Switches this module and all below between training and evaluation: what dropout and batch norm
  // do depends on it.
  virtual void train(bool on = true);
  void eval() { train(false); }
  virtual bool is_training() const noexcept { return is_training_; }

  // Converts parameters, buffers and gradients in place; a dtype (which must be floating point,
  // else TypeError) changes the floating point ones only, as in Python.
  virtual void to(Device device, DType dtype, bool non_blocking = false);
  virtual void to(DType dtype, bool non_blocking = false);
  virtual void to(Device device, bool non_blocking = false);

  // Forgets the gradients of all parameters, or fills them with zeros.
  virtual void zero_grad(bool set_to_none = true);

  // This module as another class, or nullptr: module.as<nn::Linear>() or as<nn::LinearImpl>().
  template <class T>
  auto* as() noexcept {
    if constexpr (detail::IsHolder<T>) {
      return dynamic_cast<typename T::ContainedType*>(this);
    } else {
      return dynamic_cast<T*>(this);
    }
  }
  template <class T>
  const auto* as() const noexcept {
    return const_cast<Module*>(this)->as<T>();
  }

  // All parameters and persistent buffers by path, sharing memory with the module but detached from
  // autograd: a module's parameters, then its buffers, then its submodules.
  OrderedDict<std::string, Tensor> state_dict() const;
  // Copies tensors into parameters and buffers by name, converting dtype and device. A key that is
  // missing or unexpected (unless strict is false) or a shape that differs throws ValueError; one
  // message names all of them, and nothing has been changed then.
  IncompatibleKeys load_state_dict(const OrderedDict<std::string, Tensor>& state,
                                   bool strict = true);

  // What sinter::save and state_dict() write, and sinter::load and load_state_dict() read. A class
  // with more state than parameters and buffers overrides both.
  virtual void save(serialize::OutputArchive& archive) const;
  virtual void load(serialize::InputArchive& archive);
  // Whether the module is written at all, where it is a submodule.
  virtual bool is_serializable() const { return true; }

  // Writes one line without its submodules; operator<< adds those.
  virtual void pretty_print(std::ostream& stream) const;

  // Registers a parameter under a name that is not empty, has no dot and is not taken (ValueError),
  // and returns it. An undefined tensor registers a parameter that this module does without.
  // requires_grad is set on a defined tensor, which must then be floating point.
  Tensor& register_parameter(std::string name, Tensor tensor, bool requires_grad = true);
  // The same for a buffer. Buffers that are not persistent stay out of state_dict().
  Tensor& register_buffer(std::string name, Tensor tensor, bool persistent = true);
  // The same for a submodule, which must not be empty.
  template <class M>
  std::shared_ptr<M> register_module(std::string name, std::shared_ptr<M> module);
  template <class M>
  std::shared_ptr<M> register_module(std::string name, ModuleHolder<M> holder) {
    return register_module(std::move(name), holder.ptr());
  }
  // Puts another module in the place of a registered one. Throws IndexError for an unknown name.
  template <class M>
  std::shared_ptr<M> replace_module(const std::string& name, std::shared_ptr<M> module);
  template <class M>
  std::shared_ptr<M> replace_module(const std::string& name, ModuleHolder<M> holder) {
    return replace_module(name, holder.ptr());
  }
  // Takes a submodule out. Throws IndexError for an unknown name.
  void unregister_module(const std::string& name);

  // Has hook called before, or after, every forward() that goes through a holder, a container or
  // AnyModule. Hooks run in the order of registration.
  HookHandle register_forward_pre_hook(ForwardPreHook hook);
  HookHandle register_forward_hook(ForwardHook hook);

 protected:
  // How many arguments forward() needs and the values of the others; see FORWARD_HAS_DEFAULT_ARGS.
  virtual std::vector<std::pair<unsigned, AnyValue>> _forward_default_args() const { return {}; }

  OrderedDict<std::string, Tensor> parameters_{"Parameter"};

 private:
  template <class Derived, class Base>
  friend class Cloneable;
  friend struct detail::ClonedState;
  friend class detail::Cloner;
  friend class detail::CallScope;
  friend bool detail::is_watched(const Module& module);
  friend const detail::ModuleOps* detail::recorded_ops(const Module& module);
  friend void detail::complete_arguments(Module&, std::vector<AnyValue>&, std::size_t);
  template <class M>
  friend void detail::record_ops(const std::shared_ptr<M>& module);
  friend std::ostream& operator<<(std::ostream& stream, const Module& module);

  // Takes over the values of source, a clone of the module that this one stands for.
  virtual void clone_(Module& source, const std::optional<Device>& device);
  void add_child(std::string name, std::shared_ptr<Module> module);
  void set_child(const std::string& name, std::shared_ptr<Module> module);
  bool is_persistent(const std::string& buffer) const;
  void print_recursive(std::ostream& stream, const std::string& indentation) const;
  std::shared_ptr<Module> shared_from_this_checked() const;

  OrderedDict<std::string, Tensor> buffers_{"Buffer"};
  OrderedDict<std::string, std::shared_ptr<Module>> children_{"Submodule"};
  std::vector<std::string> non_persistent_;
  std::string name_;
  mutable const detail::ModuleOps* ops_ = nullptr;
  detail::Hooks hooks_;
  bool is_training_ = true;
};

// The module's line, and its submodules indented below it.
std::ostream& operator<<(std::ostream& stream, const Module& module);

namespace detail {
template <class M>
void record_ops(const std::shared_ptr<M>& module) {
  static_assert(std::is_base_of_v<Module, M>, "a module derives from sinter::nn::Module");
  if constexpr (!std::is_abstract_v<M> && !std::is_same_v<M, Module>) {
    const Module* base = module.get();
    if (base == nullptr || base->ops_ != nullptr || typeid(*base) != typeid(M)) return;
    base->ops_ = &module_ops<M>;
  }
}
}  // namespace detail

template <class M>
std::shared_ptr<M> Module::register_module(std::string name, std::shared_ptr<M> module) {
  detail::record_ops(module);
  add_child(std::move(name), module);
  return module;
}

template <class M>
std::shared_ptr<M> Module::replace_module(const std::string& name, std::shared_ptr<M> module) {
  detail::record_ops(module);
  set_child(name, module);
  return module;
}

}  // namespace nn
}  // namespace sinter

// In a class whose forward() has default arguments: FORWARD_HAS_DEFAULT_ARGS({1, AnyValue(0.5)})
// says that argument 1 (counted from 0) is 0.5 when a container or AnyModule calls without it.
#define FORWARD_HAS_DEFAULT_ARGS(...)                                              \
  std::vector<std::pair<unsigned, ::sinter::nn::AnyValue>> _forward_default_args() \
      const override {                                                             \
    return {__VA_ARGS__};                                                          \
  }
