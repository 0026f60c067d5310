#include <sinter/core/error.h>
#include <sinter/core/parallel.h>
#include <sinter/graph/gradient_program_internal.h>
#include <sinter/graph/specialisations_internal.h>
#include <sinter/ops/dispatch.h>

namespace sinter::graph {

Signature Signature::of(const std::vector<Tensor>& inputs) {
  Signature out;
  for (const Tensor& input : inputs) {
    SINTER_CHECK_AS(ValueError, input.defined(),
                    "[compile] inputs must be defined; got an undefined tensor as input ",
                    out.inputs.size());
    out.inputs.push_back(input.impl()->meta);
    out.inputs.back().offset = 0;
    out.wants_grad.push_back(input.requires_grad());
  }
  out.threads = get_num_threads();
  out.deterministic = sinter::deterministic();
  out.grad_enabled = ops::dispatch_state().grad_enabled;
  return out;
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

Specialisations::Entry* Specialisations::find(const Signature& signature) {
  report_.reason = "first capture";
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    std::string why = signature.difference(entry->signature);
    for (const ModuleMode& mode : entry->modes) {
      const auto module = mode.module.lock();
      if (!why.empty() || !module || module->is_training() == mode.training) continue;
      why =
          str("a ", module->name(), " is in ", mode.training ? "evaluation" : "training", " mode");
    }
    if (why.empty()) {
      entries_.splice(entries_.begin(), entries_, entry);
      return &entries_.front();
    }
    if (entry == entries_.begin()) report_.reason = why;
  }
  return nullptr;
}

Specialisations::Entry& Specialisations::insert(Entry entry) {
  entries_.push_front(std::move(entry));
  if (entries_.size() > options_.max_specialisations) entries_.pop_back();
  ++report_.captures;
  return entries_.front();
}

const Program& Specialisations::program_of(const Entry& entry) {
  return entry.gradient ? entry.gradient->forward() : *entry.program;
}

std::vector<Tensor> Specialisations::run_program(Entry& entry, const std::vector<Tensor>& inputs) {
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

std::vector<Tensor> Specialisations::run_entry(Entry& entry, const std::vector<Tensor>& inputs) {
  std::vector<Tensor> out = run_program(entry, inputs);
  const Program& program = program_of(entry);
  const Program* backward = entry.gradient ? entry.gradient->backward() : nullptr;
  report_.memory = program.memory();
  report_.backward_memory = backward != nullptr ? backward->memory() : MemoryReport();
  report_.steps = program.num_steps();
  report_.allocations = program.allocations_in_run();
  report_.programs = entries_.size();
  return out;
}

CompileReport Specialisations::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

std::string Specialisations::graph_text() const {
  const std::lock_guard lock(mutex_);
  return entries_.empty() ? std::string() : program_of(entries_.front()).graph().str();
}

std::vector<Tensor> detail::run_compiled(Specialisations& compiled,
                                         const std::vector<Tensor>& inputs) {
  return compiled.run(inputs);
}
CompileReport detail::report_of(const Specialisations& compiled) { return compiled.report(); }
std::string detail::graph_text(const Specialisations& compiled) { return compiled.graph_text(); }

}  // namespace sinter::graph
