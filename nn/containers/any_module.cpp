#include <sinter/nn/containers/any_module.h>

namespace sinter::nn {

namespace detail {

const ModuleOps* recorded_ops(const Module& module) { return module.ops_; }

void throw_no_forward(const Module* module) {
  fail<TypeError>("[any_module] needs a module with a forward() that is one function; got ",
                  module == nullptr ? "nullptr" : module->name().c_str());
}

void throw_wrong_result(const std::type_info& wanted, const std::type_info& got) {
  fail<TypeError>("[forward] the result is not of the type asked for (", type_name(wanted),
                  "); got ", type_name(got));
}

}  // namespace detail

void AnyModule::set(std::shared_ptr<Module> module) {
  if (module == nullptr) detail::throw_no_forward(nullptr);
  const detail::ModuleOps* ops = detail::recorded_ops(*module);
  if (ops == nullptr || ops->forward == nullptr) detail::throw_no_forward(module.get());
  ops_ = ops;
  module_ = std::move(module);
}

AnyModule AnyModule::clone(std::optional<Device> device) const {
  AnyModule copy;
  if (!is_empty()) {
    copy.module_ = module_->clone(device);
    copy.ops_ = ops_;
  }
  return copy;
}

AnyValue AnyModule::call(std::vector<AnyValue>& arguments) {
  return ops_ == nullptr ? (ptr(), AnyValue(0)) : ops_->forward(*module_, arguments);
}

std::optional<Tensor> AnyModule::try_tensor_forward(const Tensor& input) {
  if (ops_ == nullptr || ops_->tensor_forward == nullptr) return std::nullopt;
  return ops_->tensor_forward(*module_, input);
}

std::shared_ptr<Module> AnyModule::ptr() const {
  SINTER_CHECK(module_ != nullptr, "[any_module] is empty");
  return module_;
}

const std::type_info& AnyModule::type_info() const {
  const Module& module = *ptr();
  return typeid(module);
}

Module& AnyModule::checked(const std::type_info& type) const {
  if (type_info() != type) {
    fail<TypeError>("[any_module] holds another class than the one asked for (",
                    detail::type_name(type), "); got ", detail::type_name(type_info()));
  }
  return *module_;
}

}  // namespace sinter::nn
