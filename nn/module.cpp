#include <sinter/autograd/grad_mode.h>
#include <sinter/nn/module.h>

#include <algorithm>
#include <ostream>

namespace sinter::nn {

namespace {

std::string join(const std::string& prefix, const std::string& name) {
  return prefix.empty() ? name : prefix + "." + name;
}

void check_name(const char* op, const char* what, const std::string& name) {
  SINTER_CHECK_AS(ValueError, !name.empty(), "[", op, "] the name of a ", what,
                  " must not be empty; got ''");
  SINTER_CHECK_AS(ValueError, name.find('.') == std::string::npos, "[", op, "] the name of a ",
                  what, " must not contain a dot; got '", name, "'");
}

void check_free(const char* op, const char* what, bool taken, const std::string& name) {
  SINTER_CHECK_AS(ValueError, !taken, "[", op, "] each ", what,
                  " of a module needs a name of its own; got '", name, "' again");
}

}  // namespace

Module::Module() = default;
Module::Module(std::string name) : name_(std::move(name)) {}
Module::~Module() = default;

const std::string& Module::name() const noexcept {
  return name_.empty() ? detail::interned_type_name(typeid(*this)) : name_;
}

// --- Walking the tree.

std::shared_ptr<Module> Module::shared_from_this_checked() const {
  const auto self = weak_from_this().lock();
  SINTER_CHECK(self != nullptr, "[modules] ", name(),
               " must be held by a shared_ptr (std::make_shared or a holder) to be listed itself; "
               "got one that is not; pass include_self = false");
  return std::const_pointer_cast<Module>(self);
}

void Module::apply(const NamedModuleApplyFunction& function, const std::string& name_prefix) {
  function(name_prefix, *this);
  for (const auto& child : children_) {
    child.value()->apply(function, join(name_prefix, child.key()));
  }
}
void Module::apply(const ConstNamedModuleApplyFunction& function,
                   const std::string& name_prefix) const {
  function(name_prefix, *this);
  for (const auto& child : children_) {
    std::as_const(*child.value()).apply(function, join(name_prefix, child.key()));
  }
}
void Module::apply(const NamedModulePointerApplyFunction& function,
                   const std::string& name_prefix) const {
  function(name_prefix, shared_from_this_checked());
  for (const auto& child : children_) {
    child.value()->apply(function, join(name_prefix, child.key()));
  }
}
void Module::apply(const ModuleApplyFunction& function) {
  function(*this);
  for (const auto& child : children_) child.value()->apply(function);
}
void Module::apply(const ConstModuleApplyFunction& function) const {
  function(*this);
  for (const auto& child : children_) std::as_const(*child.value()).apply(function);
}
void Module::apply(const ModulePointerApplyFunction& function) const {
  function(shared_from_this_checked());
  for (const auto& child : children_) child.value()->apply(function);
}

OrderedDict<std::string, Tensor> Module::named_parameters(bool recurse) const {
  OrderedDict<std::string, Tensor> result("Parameter");
  const auto add = [&](const std::string& path, const Module& module) {
    for (const auto& parameter : module.parameters_) {
      if (parameter->defined()) result.insert(join(path, parameter.key()), *parameter);
    }
  };
  if (recurse) {
    apply(ConstNamedModuleApplyFunction(add));
  } else {
    add("", *this);
  }
  return result;
}

std::vector<Tensor> Module::parameters(bool recurse) const {
  return named_parameters(recurse).values();
}

OrderedDict<std::string, Tensor> Module::named_buffers(bool recurse) const {
  OrderedDict<std::string, Tensor> result("Buffer");
  const auto add = [&](const std::string& path, const Module& module) {
    for (const auto& buffer : module.buffers_) {
      if (buffer->defined()) result.insert(join(path, buffer.key()), *buffer);
    }
  };
  if (recurse) {
    apply(ConstNamedModuleApplyFunction(add));
  } else {
    add("", *this);
  }
  return result;
}

std::vector<Tensor> Module::buffers(bool recurse) const { return named_buffers(recurse).values(); }

OrderedDict<std::string, std::shared_ptr<Module>> Module::named_modules(
    const std::string& name_prefix, bool include_self) const {
  OrderedDict<std::string, std::shared_ptr<Module>> result("Module");
  if (include_self) result.insert(name_prefix, shared_from_this_checked());
  for (const auto& child : children_) {
    child.value()->apply(NamedModulePointerApplyFunction(
                             [&](const std::string& path, const std::shared_ptr<Module>& module) {
                               result.insert(path, module);
                             }),
                         join(name_prefix, child.key()));
  }
  return result;
}

std::vector<std::shared_ptr<Module>> Module::modules(bool include_self) const {
  return named_modules({}, include_self).values();
}

std::vector<std::shared_ptr<Module>> Module::children() const { return children_.values(); }
OrderedDict<std::string, std::shared_ptr<Module>> Module::named_children() const {
  return children_;
}

// --- Changing all of it.

void Module::train(bool on) {
  for (const auto& child : children_) child.value()->train(on);
  is_training_ = on;
}

namespace {

void convert(const Tensor& tensor, std::optional<Device> device, std::optional<DType> dtype,
             bool non_blocking) {
  TensorOptions options = tensor.options();
  if (device) options = options.device(*device);
  if (dtype && tensor.is_floating_point()) options = options.dtype(*dtype);
  const Tensor converted = tensor.to(options, non_blocking);
  if (!converted.is_same(tensor)) tensor.set_data(converted);
}

void convert_all(const Module& module, std::optional<Device> device, std::optional<DType> dtype,
                 bool non_blocking) {
  if (dtype) {
    SINTER_CHECK_AS(TypeError, is_floating_point(*dtype),
                    "[to] a module can be converted to a floating point dtype only; got ", *dtype);
  }
  const NoGradGuard no_grad;
  for (const Tensor& parameter : module.parameters(false)) {
    if (parameter.grad().defined()) convert(parameter.grad(), device, dtype, non_blocking);
    convert(parameter, device, dtype, non_blocking);
  }
  for (const Tensor& buffer : module.buffers(false)) {
    convert(buffer, device, dtype, non_blocking);
  }
}

}  // namespace

void Module::to(Device device, DType dtype, bool non_blocking) {
  for (const auto& child : children_) child.value()->to(device, dtype, non_blocking);
  convert_all(*this, device, dtype, non_blocking);
}
void Module::to(DType dtype, bool non_blocking) {
  for (const auto& child : children_) child.value()->to(dtype, non_blocking);
  convert_all(*this, std::nullopt, dtype, non_blocking);
}
void Module::to(Device device, bool non_blocking) {
  for (const auto& child : children_) child.value()->to(device, non_blocking);
  convert_all(*this, device, std::nullopt, non_blocking);
}

void Module::zero_grad(bool set_to_none) {
  for (const auto& child : children_) child.value()->zero_grad(set_to_none);
  for (const Tensor& parameter : parameters(false)) {
    Tensor& grad = parameter.mutable_grad();
    if (!grad.defined()) continue;
    if (set_to_none) {
      grad.reset();
    } else {
      grad = grad.detach();
      grad.zero_();
    }
  }
}

// --- Registration.

Tensor& Module::register_parameter(std::string name, Tensor tensor, bool requires_grad) {
  check_name("register_parameter", "parameter", name);
  check_free("register_parameter", "parameter",
             parameters_.contains(name) || buffers_.contains(name), name);
  if (tensor.defined()) {
    SINTER_CHECK_AS(TypeError, !requires_grad || tensor.is_floating_point(),
                    "[register_parameter] only a floating point parameter can require a gradient; "
                    "got '",
                    name, "' of type ", tensor.dtype());
    tensor.set_requires_grad(requires_grad);
  }
  return parameters_.insert(std::move(name), std::move(tensor));
}

Tensor& Module::register_buffer(std::string name, Tensor tensor, bool persistent) {
  check_name("register_buffer", "buffer", name);
  check_free("register_buffer", "buffer", buffers_.contains(name) || parameters_.contains(name),
             name);
  if (!persistent) non_persistent_.push_back(name);
  return buffers_.insert(std::move(name), std::move(tensor));
}

bool Module::is_persistent(const std::string& buffer) const {
  return std::find(non_persistent_.begin(), non_persistent_.end(), buffer) == non_persistent_.end();
}

void Module::add_child(std::string name, std::shared_ptr<Module> module) {
  check_name("register_module", "submodule", name);
  check_free("register_module", "submodule", children_.contains(name), name);
  SINTER_CHECK_AS(ValueError, module != nullptr,
                  "[register_module] a submodule must not be empty; got nullptr for '", name, "'");
  children_.insert(std::move(name), std::move(module));
}

void Module::set_child(const std::string& name, std::shared_ptr<Module> module) {
  SINTER_CHECK_AS(ValueError, module != nullptr,
                  "[replace_module] a submodule must not be empty; got nullptr for '", name, "'");
  std::shared_ptr<Module>* child = children_.find(name);
  SINTER_CHECK_AS(IndexError, child != nullptr, "[replace_module] ", this->name(),
                  " has no submodule of that name; got '", name, "'");
  *child = std::move(module);
}

void Module::unregister_module(const std::string& name) {
  SINTER_CHECK_AS(IndexError, children_.contains(name), "[unregister_module] ", this->name(),
                  " has no submodule of that name; got '", name, "'");
  children_.erase(name);
}

// --- Text.

void Module::pretty_print(std::ostream& stream) const { stream << name(); }

void Module::print_recursive(std::ostream& stream, const std::string& indentation) const {
  pretty_print(stream);
  if (children_.is_empty()) return;
  stream << "(\n";
  const std::string inner = indentation + "  ";
  for (const auto& child : children_) {
    stream << inner << "(" << child.key() << "): ";
    child.value()->print_recursive(stream, inner);
    stream << '\n';
  }
  stream << indentation << ")";
}

std::ostream& operator<<(std::ostream& stream, const Module& module) {
  module.print_recursive(stream, "");
  return stream;
}

namespace detail {

void complete_arguments(Module& module, std::vector<AnyValue>& arguments, std::size_t arity) {
  if (arguments.size() == arity) return;
  const auto defaults = module._forward_default_args();
  for (const auto& [place, value] : defaults) {
    if (place == arguments.size() && arguments.size() < arity) arguments.push_back(value);
  }
  SINTER_CHECK_AS(TypeError, arguments.size() == arity, "[forward] ", module.name(), " takes ",
                  arity, arity == 1 ? " argument" : " arguments",
                  defaults.empty() ? "" : " less its defaults", "; got ", arguments.size());
}

void throw_bad_argument(std::size_t index, const std::type_info& wanted,
                        const std::type_info& got) {
  fail<TypeError>("[forward] argument ", index, " must be of type ", type_name(wanted), "; got ",
                  type_name(got));
}

}  // namespace detail

}  // namespace sinter::nn
