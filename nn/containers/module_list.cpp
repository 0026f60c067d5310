#include <sinter/nn/containers/module_list.h>

#include <ostream>

namespace sinter::nn {

void ModuleListImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::ModuleList";
}

std::shared_ptr<Module> ModuleListImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<ModuleListImpl>(*this);
  detail::ClonedState::clear(*copy);
  copy->modules_.clear();
  for (const auto& module : modules_) copy->add(copy->size(), module->clone(device));
  return copy;
}

void ModuleListImpl::add(std::size_t index, std::shared_ptr<Module> module) {
  SINTER_CHECK_AS(IndexError, index <= size(), "[module_list] index out of range (size ", size(),
                  "); got ", index);
  register_module(std::to_string(size()), module);
  modules_.insert(modules_.begin() + static_cast<std::ptrdiff_t>(index), std::move(module));
  for (std::size_t i = index; i < size(); ++i) replace_module(std::to_string(i), modules_[i]);
}

std::shared_ptr<Module> ModuleListImpl::ptr(std::size_t index) const {
  SINTER_CHECK_AS(IndexError, index < size(), "[module_list] index out of range (size ", size(),
                  "); got ", index);
  return modules_[index];
}

void ModuleListImpl::throw_wrong_class(std::size_t index, const std::type_info& wanted) const {
  const Module& module = *modules_[index];
  fail<TypeError>("[module_list] element ", index, " is not of the class asked for (",
                  detail::type_name(wanted), "); got ", detail::type_name(typeid(module)));
}

}  // namespace sinter::nn
