// ModuleList: registered modules in a list.
#pragma once
#include <sinter/nn/cloneable.h>
#include <sinter/nn/containers/any_module.h>

#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sinter::nn {

// Holds modules and registers them as "0", "1", ...; it has no forward():
//   ModuleList blocks(Linear(3, 4), ReLU());
//   for (const auto& block : *blocks) x = block->as<Linear>()->forward(x);
class ModuleListImpl : public Cloneable<ModuleListImpl> {
 public:
  using Iterator = std::vector<std::shared_ptr<Module>>::iterator;
  using ConstIterator = std::vector<std::shared_ptr<Module>>::const_iterator;

  ModuleListImpl() = default;
  template <class... Modules>
  requires(sizeof...(Modules) > 0 &&
           !(sizeof...(Modules) == 1 && (std::is_same_v<std::decay_t<Modules>, ModuleListImpl> &&
                                         ...))) explicit ModuleListImpl(Modules&&... modules) {
    (push_back(std::forward<Modules>(modules)), ...);
  }

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;

  // Adds a module at the end: by shared_ptr, by holder, or by value.
  template <class M>
  void push_back(std::shared_ptr<M> module) {
    detail::record_ops(module);
    add(size(), std::move(module));
  }
  template <class M>
  void push_back(const ModuleHolder<M>& holder) {
    push_back(holder.ptr());
  }
  template <detail::IsModule M>
  void push_back(M&& module) {
    push_back(std::make_shared<std::decay_t<M>>(std::forward<M>(module)));
  }
  // Adds the modules of a container one by one.
  template <class Container>
  void extend(const Container& container) {
    for (const auto& module : container) push_back(module);
  }
  // Puts a module before the one at index. Throws IndexError past the end.
  template <class M>
  void insert(std::size_t index, std::shared_ptr<M> module) {
    detail::record_ops(module);
    add(index, std::move(module));
  }
  template <class M>
  void insert(std::size_t index, const ModuleHolder<M>& holder) {
    insert(index, holder.ptr());
  }

  Iterator begin() { return modules_.begin(); }
  ConstIterator begin() const { return modules_.begin(); }
  Iterator end() { return modules_.end(); }
  ConstIterator end() const { return modules_.end(); }
  std::size_t size() const noexcept { return modules_.size(); }
  bool is_empty() const noexcept { return modules_.empty(); }
  // A module by its place. Throw IndexError past the end, TypeError for another class.
  template <detail::IsModule T>
  T& at(std::size_t index) const {
    return *ptr<T>(index);
  }
  std::shared_ptr<Module> ptr(std::size_t index) const;
  template <detail::IsModule T>
  std::shared_ptr<T> ptr(std::size_t index) const {
    auto module = std::dynamic_pointer_cast<T>(ptr(index));
    if (module == nullptr) throw_wrong_class(index, typeid(T));
    return module;
  }
  std::shared_ptr<Module> operator[](std::size_t index) const { return ptr(index); }

 private:
  void add(std::size_t index, std::shared_ptr<Module> module);
  [[noreturn]] void throw_wrong_class(std::size_t index, const std::type_info& wanted) const;

  std::vector<std::shared_ptr<Module>> modules_;
};
SINTER_MODULE(ModuleList);

}  // namespace sinter::nn
