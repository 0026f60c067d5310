// ModuleDict: registered modules by name.
#pragma once
#include <sinter/nn/cloneable.h>
#include <sinter/nn/containers/any_module.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace sinter::nn {

// Holds modules and registers them under their names; it has no forward():
//   ModuleDict heads({{"age", Linear(8, 1).ptr()}, {"name", Linear(8, 100).ptr()}});
//   heads["age"]->as<Linear>()->forward(x);
class ModuleDictImpl : public Cloneable<ModuleDictImpl> {
 public:
  using Pointer = std::shared_ptr<Module>;

  ModuleDictImpl() = default;
  explicit ModuleDictImpl(const std::vector<std::pair<std::string, Pointer>>& modules) {
    update(modules);
  }
  explicit ModuleDictImpl(const OrderedDict<std::string, Pointer>& modules) { update(modules); }

  std::shared_ptr<Module> clone(const std::optional<Device>& device = std::nullopt) const override;
  void reset() override {}
  void pretty_print(std::ostream& stream) const override;

  // Adds modules, replacing those of the same name.
  void update(const std::vector<std::pair<std::string, Pointer>>& modules);
  void update(const OrderedDict<std::string, Pointer>& modules);
  // Takes a module out and returns it. Throws IndexError for an unknown name.
  Pointer pop(const std::string& key);
  void clear();

  std::vector<std::pair<std::string, Pointer>> items() const { return modules_.pairs(); }
  std::vector<std::string> keys() const { return modules_.keys(); }
  std::vector<Pointer> values() const { return modules_.values(); }
  auto begin() { return modules_.begin(); }
  auto begin() const { return modules_.begin(); }
  auto end() { return modules_.end(); }
  auto end() const { return modules_.end(); }
  std::size_t size() const noexcept { return modules_.size(); }
  bool empty() const noexcept { return modules_.is_empty(); }
  bool contains(const std::string& key) const noexcept { return modules_.contains(key); }
  // A module by name. Throw IndexError for an unknown one, TypeError for another class.
  Pointer operator[](const std::string& key) const { return modules_[key]; }
  template <detail::IsModule T>
  T& at(const std::string& key) const {
    auto* module = modules_[key]->template as<T>();
    if (module == nullptr) throw_wrong_class(key, typeid(T));
    return *module;
  }

 private:
  void put(const std::string& key, const Pointer& module);
  [[noreturn]] void throw_wrong_class(const std::string& key, const std::type_info& wanted) const;

  OrderedDict<std::string, Pointer> modules_{"Module"};
};
SINTER_MODULE(ModuleDict);

}  // namespace sinter::nn
