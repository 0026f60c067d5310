#include <sinter/nn/containers/module_dict.h>

#include <ostream>

namespace sinter::nn {

void ModuleDictImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::ModuleDict";
}

std::shared_ptr<Module> ModuleDictImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<ModuleDictImpl>(*this);
  detail::ClonedState::clear(*copy);
  copy->modules_.clear();
  for (const auto& item : modules_) copy->put(item.key(), item.value()->clone(device));
  return copy;
}

void ModuleDictImpl::put(const std::string& key, const Pointer& module) {
  if (Pointer* old = modules_.find(key)) {
    replace_module(key, module);
    *old = module;
  } else {
    register_module(key, module);
    modules_.insert(key, module);
  }
}

void ModuleDictImpl::update(const std::vector<std::pair<std::string, Pointer>>& modules) {
  for (const auto& [key, module] : modules) put(key, module);
}

void ModuleDictImpl::update(const OrderedDict<std::string, Pointer>& modules) {
  for (const auto& item : modules) put(item.key(), item.value());
}

ModuleDictImpl::Pointer ModuleDictImpl::pop(const std::string& key) {
  Pointer module = modules_[key];
  modules_.erase(key);
  unregister_module(key);
  return module;
}

void ModuleDictImpl::clear() {
  for (const std::string& key : keys()) pop(key);
}

void ModuleDictImpl::throw_wrong_class(const std::string& key, const std::type_info& wanted) const {
  const Module& module = *modules_[key];
  fail<TypeError>("[module_dict] '", key, "' is not of the class asked for (",
                  detail::type_name(wanted), "); got ", detail::type_name(typeid(module)));
}

}  // namespace sinter::nn
