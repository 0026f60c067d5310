// Cloneable: modules that can be copied deeply, whatever members they have.
#pragma once
#include <sinter/nn/module.h>

#include <memory>
#include <optional>
#include <utility>

namespace sinter::nn {

namespace detail {
// A copy that requires a gradient where the original does; undefined stays undefined.
Tensor copy_to(const Tensor& tensor, const std::optional<Device>& device);
[[noreturn]] void throw_wrong_clone(const Module& wanted, const Module& got);

// What a module has registered.
struct ClonedState {
  static void clear(Module& module);
  // Gives what the copy registered the values of the original.
  static void fill(Module& copy, const Module& original, const std::optional<Device>& device);
};
}  // namespace detail

// As libtorch's Cloneable. struct NetImpl : nn::Cloneable<NetImpl> registers all its tensors and
// submodules in reset(), which its constructor calls; clone() then copies the object, calls reset()
// on the copy, and fills the new tensors with the values of the old.
//
// Base is Module, or a class derived from it that several classes share.
template <class Derived, class Base = Module>
class Cloneable : public Base, public detail::CloneableTag {
 public:
  using Base::Base;

  // Makes and registers everything anew, with the constructor's settings.
  virtual void reset() = 0;

  // Throws Error `[clone] ...` when reset() did not register what the module has.
  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override {
    auto copy = std::make_shared<Derived>(static_cast<const Derived&>(*this));
    detail::ClonedState::clear(*copy);
    copy->reset();
    detail::ClonedState::fill(*copy, *this, device);
    return copy;
  }

 private:
  void clone_(Module& source, const std::optional<Device>& device) final {
    const auto clone = std::dynamic_pointer_cast<Derived>(source.clone(device));
    if (!clone) detail::throw_wrong_clone(*this, source);
    static_cast<Derived&>(*this) = *clone;
  }
};

}  // namespace sinter::nn
