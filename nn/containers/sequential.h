// Sequential: modules called one after the other.
#pragma once
#include <sinter/nn/cloneable.h>
#include <sinter/nn/containers/any_module.h>

#include <concepts>
#include <cstddef>
#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sinter::nn {

// Passes the arguments of forward() to the first module, and the result of each module to the next:
//   Sequential net(Linear(3, 4), ReLU(), Linear(4, 2));
//   Sequential named({{"fc", Linear(3, 4)}, {"act", ReLU()}});
// Modules without a name are called by their place: "0", "1", ...
class SequentialImpl : public Cloneable<SequentialImpl> {
 public:
  using Iterator = std::vector<AnyModule>::iterator;
  using ConstIterator = std::vector<AnyModule>::const_iterator;

  SequentialImpl() = default;
  template <class... Modules>
  requires(sizeof...(Modules) > 0 && (std::is_constructible_v<AnyModule, Modules> && ...) &&
           !(sizeof...(Modules) == 1 && (std::same_as<std::decay_t<Modules>, SequentialImpl> &&
                                         ...))) explicit SequentialImpl(Modules&&... modules) {
    (push_back(std::forward<Modules>(modules)), ...);
  }
  explicit SequentialImpl(OrderedDict<std::string, AnyModule>&& modules);
  explicit SequentialImpl(std::initializer_list<NamedAnyModule> modules);

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;

  // Throws Error `[sequential] is empty`, TypeError where a result does not fit the next module, or
  // the last is not of type R.
  template <class R = Tensor, class... Args>
  R forward(Args&&... args) {
    if constexpr (sizeof...(Args) == 1 && std::same_as<R, Tensor> &&
                  (std::same_as<std::remove_cvref_t<Args>, Tensor> && ...)) {
      return tensor_forward(args...);
    } else {
      std::vector<AnyValue> values;
      values.reserve(sizeof...(Args));
      (values.emplace_back(std::forward<Args>(args)), ...);
      AnyValue result = any_forward(values);
      if (R* value = result.try_get<R>()) return std::move(*value);
      detail::throw_wrong_result(typeid(R), result.type_info());
    }
  }
  AnyValue any_forward(std::vector<AnyValue>& arguments);

  // Adds a module (by holder, shared_ptr, value or as AnyModule) at the end.
  template <class M>
  requires std::is_constructible_v<AnyModule, M>
  void push_back(M&& module) { push_back(std::to_string(size()), std::forward<M>(module)); }
  template <class M>
  requires std::is_constructible_v<AnyModule, M>
  void push_back(std::string name, M&& module) {
    add(std::move(name), AnyModule(std::forward<M>(module)));
  }
  // Adds the modules of a container one by one.
  template <class Container>
  void extend(const Container& container) {
    for (const auto& module : container) push_back(module);
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
    return checked(index).get<T>();
  }
  std::shared_ptr<Module> ptr(std::size_t index) const { return checked(index).ptr(); }
  template <detail::IsModule T>
  std::shared_ptr<T> ptr(std::size_t index) const {
    return checked(index).ptr<T>();
  }
  std::shared_ptr<Module> operator[](std::size_t index) const { return ptr(index); }

 private:
  void add(std::string name, AnyModule module);
  const AnyModule& checked(std::size_t index) const;
  Tensor tensor_forward(const Tensor& input);

  std::vector<AnyModule> modules_;
};

class Sequential : public ModuleHolder<SequentialImpl> {
 public:
  using ModuleHolder<SequentialImpl>::ModuleHolder;
  using Impl = SequentialImpl;
  Sequential() = default;
  Sequential(std::initializer_list<NamedAnyModule> modules)
      : ModuleHolder(std::make_shared<SequentialImpl>(modules)) {}
};

}  // namespace sinter::nn
