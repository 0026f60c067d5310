#include <sinter/autograd/grad_mode.h>
#include <sinter/core/safetensors.h>
#include <sinter/nn/module.h>
#include <sinter/nn/serialize.h>
#include <sinter/ops/creation.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace sinter::serialize {

// --- Writing.

void OutputArchive::write(const std::string& key, const Tensor& tensor, bool /*is_buffer*/) {
  if (tensor.defined()) tensors_.insert(key, tensor.detach());
}

void OutputArchive::write(const std::string& key, const Scalar& value) {
  write(key, full({}, value, value.dtype()));
}

void OutputArchive::write(const std::string& key, const OutputArchive& nested) {
  for (const auto& item : nested.tensors_) tensors_.insert(key + "." + item.key(), *item);
}

void OutputArchive::save_to(const std::string& path) const {
  safetensors::save(path, tensors_.pairs());
}

// --- Reading.

struct InputArchive::State {
  OrderedDict<std::string, Tensor> tensors{"Tensor"};
  // While a module loads: what to copy where, and what does not fit.
  bool collecting = false;
  std::unordered_set<std::string> used;
  std::vector<std::string> missing;
  std::vector<std::string> mismatches;
  std::vector<std::pair<Tensor, Tensor>> copies;
};

InputArchive::InputArchive() : state_(std::make_shared<State>()) {}
InputArchive::InputArchive(const OrderedDict<std::string, Tensor>& tensors) : InputArchive() {
  state_->tensors = tensors;
}
InputArchive::InputArchive(std::shared_ptr<State> state, std::string prefix)
    : state_(std::move(state)), prefix_(std::move(prefix)) {}
InputArchive::~InputArchive() = default;
InputArchive::InputArchive(const InputArchive&) = default;
InputArchive& InputArchive::operator=(const InputArchive&) = default;

void InputArchive::load_from(const std::string& path, std::optional<Device> device) {
  state_ = std::make_shared<State>();
  prefix_.clear();
  for (auto& [name, tensor] : safetensors::load(path).tensors) {
    state_->tensors.insert(name, device ? tensor.to(*device) : tensor);
  }
}

namespace {
void copy_elements(Tensor& target, const Tensor& source) {
  const NoGradGuard no_grad;
  target.copy_(source);
}
}  // namespace

bool InputArchive::try_read(const std::string& key, Tensor& tensor, bool /*is_buffer*/) {
  const std::string name = prefix_ + key;
  const Tensor* source = state_->tensors.find(name);
  if (source == nullptr || !source->defined()) return false;
  state_->used.insert(name);
  if (!tensor.defined()) {
    // The file may be mapped: what outlives the archive must not keep it so.
    tensor = source->clone();
    return true;
  }
  const bool fits = tensor.sizes() == source->sizes();
  if (!state_->collecting) {
    SINTER_CHECK_AS(ValueError, fits, "[load] '", name, "' must have shape ", tensor.sizes(),
                    "; got ", source->sizes());
    copy_elements(tensor, *source);
  } else if (fits) {
    state_->copies.emplace_back(tensor, *source);
  } else {
    state_->mismatches.push_back(
        str("shape ", source->sizes(), " for '", name, "' of shape ", tensor.sizes()));
  }
  return true;
}

void InputArchive::read(const std::string& key, Tensor& tensor, bool is_buffer) {
  if (try_read(key, tensor, is_buffer)) return;
  if (!state_->collecting) {
    fail<ValueError>("[load] a tensor is missing; got none named '", prefix_ + key, "'");
  }
  state_->missing.push_back(prefix_ + key);
}

Scalar InputArchive::read_scalar(const std::string& key) {
  const Tensor* tensor = state_->tensors.find(prefix_ + key);
  SINTER_CHECK_AS(ValueError, tensor != nullptr && tensor->numel() == 1,
                  "[load] a number is missing; got none named '", prefix_ + key, "'");
  state_->used.insert(prefix_ + key);
  return tensor->item();
}

bool InputArchive::try_read(const std::string& key, InputArchive& nested) {
  const std::string prefix = prefix_ + key + ".";
  nested = InputArchive(state_, prefix);
  return std::any_of(state_->tensors.begin(), state_->tensors.end(), [&](const auto& item) {
    return item.key().compare(0, prefix.size(), prefix) == 0;
  });
}

void InputArchive::read(const std::string& key, InputArchive& nested) {
  if (try_read(key, nested) || state_->collecting) return;
  fail<ValueError>("[load] tensors are missing; got none under '", prefix_ + key, ".'");
}

std::vector<std::string> InputArchive::keys() const {
  std::vector<std::string> out;
  std::unordered_set<std::string> seen;
  for (const auto& item : state_->tensors) {
    if (item.key().compare(0, prefix_.size(), prefix_) != 0) continue;
    std::string first = item.key().substr(prefix_.size());
    first.resize(std::min(first.size(), first.find('.')));
    if (seen.insert(first).second) out.push_back(std::move(first));
  }
  return out;
}

bool InputArchive::contains(const std::string& key) const {
  return state_->tensors.contains(prefix_ + key);
}

// --- Modules.

namespace {
void append_list(std::string& out, const char* what, const std::vector<std::string>& names) {
  if (names.empty()) return;
  out += out.empty() ? "" : "; ";
  out += what;
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += (i == 0 ? " '" : ", '") + names[i] + "'";
  }
}
}  // namespace

nn::IncompatibleKeys InputArchive::load(nn::Module& module,
                                        const OrderedDict<std::string, Tensor>& tensors,
                                        bool strict) {
  InputArchive archive(tensors);
  State& state = *archive.state_;
  state.collecting = true;
  module.load(archive);

  nn::IncompatibleKeys result;
  result.missing_keys = std::move(state.missing);
  for (const auto& item : state.tensors) {
    if (state.used.count(item.key()) == 0) result.unexpected_keys.push_back(item.key());
  }
  std::string problems;
  if (strict) {
    append_list(problems, "missing", result.missing_keys);
    append_list(problems, "unexpected", result.unexpected_keys);
  }
  for (const std::string& mismatch : state.mismatches) {
    problems += (problems.empty() ? "" : "; ") + mismatch;
  }
  SINTER_CHECK_AS(ValueError, problems.empty(),
                  "[load_state_dict] names and shapes must be those of ", module.name(), "; got ",
                  problems);
  for (auto& [target, source] : state.copies) copy_elements(target, source);
  return result;
}

}  // namespace sinter::serialize

namespace sinter::nn {

void Module::save(serialize::OutputArchive& archive) const {
  for (const auto& parameter : parameters_) archive.write(parameter.key(), *parameter);
  for (const auto& buffer : buffers_) {
    if (is_persistent(buffer.key())) archive.write(buffer.key(), *buffer, true);
  }
  for (const auto& child : children_) {
    if (!child.value()->is_serializable()) continue;
    serialize::OutputArchive nested;
    child.value()->save(nested);
    archive.write(child.key(), nested);
  }
}

void Module::load(serialize::InputArchive& archive) {
  for (auto& parameter : parameters_) {
    if (parameter->defined()) archive.read(parameter.key(), *parameter);
  }
  for (auto& buffer : buffers_) {
    if (buffer->defined() && is_persistent(buffer.key())) {
      archive.read(buffer.key(), *buffer, true);
    }
  }
  for (const auto& child : children_) {
    if (!child.value()->is_serializable()) continue;
    serialize::InputArchive nested;
    archive.read(child.key(), nested);
    child.value()->load(nested);
  }
}

OrderedDict<std::string, Tensor> Module::state_dict() const {
  serialize::OutputArchive archive;
  save(archive);
  return archive.tensors();
}

IncompatibleKeys Module::load_state_dict(const OrderedDict<std::string, Tensor>& state,
                                         bool strict) {
  return serialize::InputArchive::load(*this, state, strict);
}

}  // namespace sinter::nn
