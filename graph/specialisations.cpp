#include <sinter/core/error.h>
#include <sinter/core/parallel.h>
#include <sinter/graph/gradient_program_internal.h>
#include <sinter/graph/specialisations_internal.h>
#include <sinter/ops/dispatch.h>

#include <algorithm>

namespace sinter::graph {

namespace {

bool same_description(const TensorMeta& a, const TensorMeta& b) {
  return a.dtype == b.dtype && a.sizes == b.sizes && a.strides == b.strides &&
         a.free_layout == b.free_layout && a.device == b.device;
}

}  // namespace

Signature Signature::of(const std::vector<Tensor>& inputs, const nn::Module* module) {
  Signature out;
  for (const Tensor& input : inputs) {
    SINTER_CHECK_AS(ValueError, input.defined(),
                    "[compile] inputs must be defined; got an undefined tensor as input ",
                    out.inputs.size());
    out.inputs.push_back(input.impl()->meta);
    out.wants_grad.push_back(input.requires_grad());
  }
  out.threads = get_num_threads();
  out.deterministic = sinter::deterministic();
  out.grad_enabled = ops::dispatch_state().grad_enabled;
  if (module != nullptr && out.grad_enabled) out.parameters = module->parameters();
  for (const Tensor& parameter : out.parameters) out.trainable.push_back(parameter.requires_grad());
  return out;
}

bool Signature::fits(const std::vector<Tensor>& call) const {
  if (call.size() != inputs.size() || threads != get_num_threads() ||
      deterministic != sinter::deterministic() ||
      grad_enabled != ops::dispatch_state().grad_enabled)
    return false;
  for (std::size_t i = 0; i < call.size(); ++i) {
    if (!call[i].defined() || call[i].requires_grad() != wants_grad[i] ||
        !same_description(call[i].impl()->meta, inputs[i]))
      return false;
  }
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    if (parameters[i].requires_grad() != trainable[i]) return false;
  }
  return true;
}

std::string Signature::difference(const Signature& other) const {
  if (inputs.size() != other.inputs.size()) {
    return str("the number of inputs is ", inputs.size(), ", not ", other.inputs.size());
  }
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const TensorMeta& a = inputs[i];
    const TensorMeta& b = other.inputs[i];
    if (!(a.sizes == b.sizes)) {
      return str("input ", i, " has sizes ", IntArrayRef(a.sizes), ", not ", IntArrayRef(b.sizes));
    }
    if (a.dtype != b.dtype) return str("input ", i, " is ", a.dtype, ", not ", b.dtype);
    if (!(a.device == b.device)) return str("input ", i, " is on ", a.device, ", not ", b.device);
    if (!(a.strides == b.strides) || a.free_layout != b.free_layout) {
      return str("input ", i, " has strides ", IntArrayRef(a.strides), ", not ",
                 IntArrayRef(b.strides));
    }
    if (wants_grad[i] != other.wants_grad[i]) {
      return str("input ", i, wants_grad[i] ? " requires" : " does not require", " a gradient");
    }
  }
  if (threads != other.threads) return str(threads, " threads, not ", other.threads);
  if (deterministic != other.deterministic) {
    return deterministic ? "deterministic mode is on" : "deterministic mode is off";
  }
  if (grad_enabled != other.grad_enabled)
    return grad_enabled ? "grad mode is on" : "grad mode is off";
  if (trainable != other.trainable) return "other parameters require a gradient";
  return {};
}

bool Specialisations::Entry::fits(const std::vector<Tensor>& call) const {
  return signature.fits(call) &&
         std::none_of(modes.begin(), modes.end(),
                      [](const ModuleMode& mode) { return mode.changed(); }) &&
         std::all_of(numbers.begin(), numbers.end(),
                     [](const GuardedNumber& number) { return number.holds(); });
}

std::string Specialisations::Entry::difference(const Entry& other) const {
  std::string out = signature.difference(other.signature);
  for (const ModuleMode& mode : other.modes) {
    if (!out.empty() || !mode.changed()) continue;
    const char* now = mode.training ? "evaluation" : "training";
    out = str("a ", mode.module->name(), " is in ", now, " mode");
  }
  for (const GuardedNumber& number : other.numbers) {
    if (!out.empty() || number.holds()) continue;
    out = str("a ", number.tensor.dtype(), " that the program branches on has changed");
  }
  return out;
}

const Program& Specialisations::Entry::forward() const {
  return gradient ? gradient->forward() : *program;
}

const Program* Specialisations::Entry::backward() const {
  return gradient ? gradient->backward() : nullptr;
}

Specialisations::Entry* Specialisations::find(const std::vector<Tensor>& inputs) {
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (!entry->fits(inputs)) continue;
    entries_.splice(entries_.begin(), entries_, entry);
    return &entries_.front();
  }
  return nullptr;
}

Specialisations::Entry& Specialisations::insert(Entry entry) {
  report_.reason = entries_.empty() ? "first capture" : entry.difference(entries_.front());
  entries_.push_front(std::move(entry));
  if (entries_.size() > options_.max_specialisations) entries_.pop_back();
  ++report_.captures;
  return entries_.front();
}

Storage Specialisations::gradient_memory(const Tensor& parameter) const {
  for (const Entry& entry : entries_) {
    for (std::size_t i = 0; i < entry.parameters.size(); ++i) {
      if (entry.parameters[i].is_same(parameter)) return entry.program->pinned()[i].impl()->storage;
    }
  }
  return {};
}

std::vector<Tensor> Specialisations::run_program(const std::vector<Tensor>& inputs) {
  Entry* entry = find(inputs);
  return run_entry(entry != nullptr ? *entry : insert(capture(inputs)), inputs);
}

std::vector<Tensor> Specialisations::run_entry(Entry& entry, const std::vector<Tensor>& inputs) {
  if (entry.gradient) return entry.gradient->run(inputs);
  for (optim::OptimizerParamGroup* group : entry.groups) group->lr_tensor();
  Draws draws;
  std::vector<Tensor> out = entry.program->run(inputs, draws);
  const std::vector<Tensor>& gradients = entry.program->pinned();
  for (std::size_t i = 0; i < gradients.size(); ++i) {
    Tensor& grad = entry.parameters[i].mutable_grad();
    if (!grad.defined() || grad.impl() != gradients[i].impl()) grad = gradients[i];
  }
  return out;
}

CompileReport Specialisations::report() const {
  const std::lock_guard lock(mutex_);
  CompileReport out = report_;
  out.programs = entries_.size();
  if (entries_.empty()) return out;
  const Program& program = entries_.front().forward();
  const Program* backward = entries_.front().backward();
  out.memory = program.memory();
  if (backward != nullptr) out.backward_memory = backward->memory();
  out.steps = program.num_steps();
  out.allocations = program.allocations_in_run();
  return out;
}

std::string Specialisations::graph_text() const {
  const std::lock_guard lock(mutex_);
  return entries_.empty() ? std::string() : entries_.front().forward().graph().str();
}

std::vector<Tensor> detail::run_compiled(Specialisations& compiled,
                                         const std::vector<Tensor>& inputs) {
  return compiled.run(inputs);
}
CompileReport detail::report_of(const Specialisations& compiled) { return compiled.report(); }
std::string detail::graph_text(const Specialisations& compiled) { return compiled.graph_text(); }

}  // namespace sinter::graph
