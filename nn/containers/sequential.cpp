#include <sinter/nn/containers/sequential.h>

#include <ostream>

namespace sinter::nn {

SequentialImpl::SequentialImpl(OrderedDict<std::string, AnyModule>&& modules) {
  for (auto& item : modules) push_back(item.key(), std::move(*item));
}

SequentialImpl::SequentialImpl(std::initializer_list<NamedAnyModule> modules) {
  for (const NamedAnyModule& item : modules) push_back(item.name(), item.module());
}

void SequentialImpl::pretty_print(std::ostream& stream) const {
  stream << "sinter::nn::Sequential";
}

std::shared_ptr<Module> SequentialImpl::clone(const std::optional<Device>& device) const {
  auto copy = std::make_shared<SequentialImpl>(*this);
  detail::ClonedState::clear(*copy);
  copy->modules_.clear();
  const auto names = named_children().keys();
  for (std::size_t i = 0; i < size(); ++i) copy->push_back(names[i], modules_[i].clone(device));
  return copy;
}

void SequentialImpl::add(std::string name, AnyModule module) {
  register_module(std::move(name), module.ptr());
  modules_.push_back(std::move(module));
}

const AnyModule& SequentialImpl::checked(std::size_t index) const {
  SINTER_CHECK_AS(IndexError, index < size(), "[sequential] index out of range (size ", size(),
                  "); got ", index);
  return modules_[index];
}

namespace {
AnyValue run(std::vector<AnyModule>& modules, std::size_t first, std::vector<AnyValue>& values) {
  for (std::size_t i = first; i < modules.size(); ++i) {
    AnyValue result = modules[i].call(values);
    values.clear();
    values.push_back(std::move(result));
  }
  return std::move(values.front());
}
}  // namespace

AnyValue SequentialImpl::any_forward(std::vector<AnyValue>& arguments) {
  SINTER_CHECK(!is_empty(), "[sequential] is empty");
  return run(modules_, 0, arguments);
}

Tensor SequentialImpl::tensor_forward(const Tensor& input) {
  SINTER_CHECK(!is_empty(), "[sequential] is empty");
  Tensor x = input;
  for (std::size_t i = 0; i < modules_.size(); ++i) {
    if (auto result = modules_[i].try_tensor_forward(x)) {
      x = std::move(*result);
      continue;
    }
    std::vector<AnyValue> values;
    values.emplace_back(std::move(x));
    AnyValue result = run(modules_, i, values);
    if (Tensor* value = result.try_get<Tensor>()) return std::move(*value);
    detail::throw_wrong_result(typeid(Tensor), result.type_info());
  }
  return x;
}

}  // namespace sinter::nn
