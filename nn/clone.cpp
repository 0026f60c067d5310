#include <sinter/autograd/grad_mode.h>
#include <sinter/core/error.h>
#include <sinter/nn/cloneable.h>
#include <sinter/nn/module_holder.h>

#include <utility>

namespace sinter::nn {

namespace detail {

constinit thread_local Cloner* cloner = nullptr;

Tensor copy_to(const Tensor& tensor, const std::optional<Device>& device) {
  if (!tensor.defined()) return {};
  const NoGradGuard no_grad;
  Tensor copy = device && !(tensor.device() == *device) ? tensor.to(*device) : tensor.clone();
  return copy.set_requires_grad(tensor.requires_grad() && tensor.is_leaf());
}

// The copies made so far by the outermost clone() on this thread, so that what is shared stays so.
class Cloner {
 public:
  static std::shared_ptr<Module> clone(const Module& original,
                                       const std::optional<Device>& device) {
    if (cloner != nullptr) return cloner->clone_module(original, device);
    struct Reset {
      ~Reset() { cloner = nullptr; }
    } const reset;
    Cloner outermost;
    cloner = &outermost;
    return outermost.clone_module(original, device);
  }

  std::shared_ptr<Module> find(const Module* original) const {
    for (const auto& [from, to] : modules_) {
      if (from == original) return to;
    }
    return nullptr;
  }

 private:
  std::shared_ptr<Module> clone_module(const Module& original,
                                       const std::optional<Device>& device) {
    for (const auto& child : original.children_) {
      if (find(child.value().get()) != nullptr) continue;
      auto copy = child.value()->clone(device);
      modules_.emplace_back(child.value().get(), std::move(copy));
    }
    auto copy = copy_object(original);
    for (auto& child : copy->children_) child.value() = find(child.value().get());
    for (auto& parameter : copy->parameters_) *parameter = clone_tensor(*parameter, device);
    for (auto& buffer : copy->buffers_) *buffer = clone_tensor(*buffer, device);
    return copy;
  }

  // What a module has registered: how many references there are to it, and how many of them are in
  // the module's dictionaries.
  struct References {
    std::string name;
    const void* object;
    long count;
    long registered;
  };

  static std::vector<References> references(const Module& module) {
    std::vector<References> out;
    const auto add = [&](const std::string& name, const void* object, long count) {
      if (object == nullptr) return;
      long registered = 1;
      for (References& other : out) {
        if (other.object == object) registered = ++other.registered;
      }
      out.push_back({name, object, count, registered});
    };
    for (const auto* tensors : {&module.parameters_, &module.buffers_}) {
      for (const auto& item : *tensors) {
        add(item.key(), item->impl(), static_cast<long>(item->use_count()));
      }
    }
    for (const auto& child : module.children_) {
      add(child.key(), child.value().get(), child.value().use_count());
    }
    return out;
  }

  // Copies the object itself. Its dictionaries then refer to the original's tensors and submodules
  // too; any further reference is a member that nobody can redirect.
  static std::shared_ptr<Module> copy_object(const Module& original) {
    const std::vector<References> before = references(original);
    auto copy = original.ops_->copy(original);
    const std::vector<References> after = references(original);
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (after[i].count == before[i].count + before[i].registered) continue;
      fail<NotImplementedError>(
          "[clone] ", original.name(), " has a member that refers to its '", before[i].name,
          "' and cannot be copied; derive the class from sinter::nn::Cloneable and register in "
          "reset(), or hold submodules by holder");
    }
    return copy;
  }

  Tensor clone_tensor(const Tensor& original, const std::optional<Device>& device) {
    for (const auto& [from, to] : tensors_) {
      if (from.is_same(original)) return to;
    }
    tensors_.emplace_back(original, copy_to(original, device));
    return tensors_.back().second;
  }

  std::vector<std::pair<const Module*, std::shared_ptr<Module>>> modules_;
  std::vector<std::pair<Tensor, Tensor>> tensors_;
};

std::shared_ptr<Module> clone_of(const Module* original) { return cloner->find(original); }

void fail_empty_holder() { fail("[module_holder] is empty"); }

namespace {

void check_same_number(const char* what, std::size_t copies, std::size_t originals) {
  SINTER_CHECK(copies == originals, "[clone] reset() must register every ", what,
               " that the module has (", originals, "), and the constructor none besides; got ",
               copies);
}

// The copies keep their identity: members of the module refer to them.
void fill_tensors(const char* what, OrderedDict<std::string, Tensor>& copies,
                  const OrderedDict<std::string, Tensor>& originals,
                  const std::optional<Device>& device) {
  check_same_number(what, copies.size(), originals.size());
  for (const auto& original : originals) {
    Tensor& copy = copies[original.key()];
    if (!original->defined()) continue;
    if (copy.defined()) {
      copy.set_data(copy_to(*original, device));
      copy.set_requires_grad(original->requires_grad());
    } else {
      copy = copy_to(*original, device);
    }
  }
}

}  // namespace

void ClonedState::clear(Module& module) {
  module.parameters_.clear();
  module.buffers_.clear();
  module.children_.clear();
  module.non_persistent_.clear();
}

void ClonedState::fill(Module& copy, const Module& original, const std::optional<Device>& device) {
  fill_tensors("parameter", copy.parameters_, original.parameters_, device);
  fill_tensors("buffer", copy.buffers_, original.buffers_, device);
  check_same_number("submodule", copy.children_.size(), original.children_.size());
  for (const auto& child : original.children_) {
    copy.children_[child.key()]->clone_(*child.value(), device);
  }
}

void throw_wrong_clone(const Module& wanted, const Module& got) {
  fail<TypeError>("[clone] reset() must register submodules of the same class (", wanted.name(),
                  "); got ", got.name());
}

}  // namespace detail

std::shared_ptr<Module> Module::clone(const std::optional<Device>& device) const {
  if (ops_ == nullptr || ops_->copy == nullptr) {
    fail<NotImplementedError>(
        "[clone] a class must derive from sinter::nn::Cloneable, or be "
        "copyable and held by a holder; got ",
        name());
  }
  return detail::Cloner::clone(*this, device);
}

namespace {
// Replaces the values of tensors by name; the tensors stay the ones that members refer to.
void take_values(OrderedDict<std::string, Tensor>& targets,
                 const OrderedDict<std::string, Tensor>& sources,
                 const std::optional<Device>& device) {
  for (auto& target : targets) {
    const Tensor* source = sources.find(target.key());
    if (source == nullptr || !source->defined()) continue;
    const Tensor copy = detail::copy_to(*source, device);
    if (target->defined()) {
      target->set_data(copy);
    } else {
      *target = copy;
    }
  }
}
}  // namespace

void Module::clone_(Module& source, const std::optional<Device>& device) {
  take_values(parameters_, source.parameters_, device);
  take_values(buffers_, source.buffers_, device);
  for (auto& child : children_) {
    if (const auto* other = source.children_.find(child.key())) {
      child.value()->clone_(**other, device);
    }
  }
}

}  // namespace sinter::nn
