#include <sinter/core/allocator.h>
#include <sinter/core/error.h>
#include <sinter/core/strided_copy.h>
#include <sinter/core/tensor_factory.h>
#include <sinter/graph/program_internal.h>
#include <sinter/ops/random_attrs.h>

#include <optional>

namespace sinter::graph {

std::vector<Tensor> Program::run(const std::vector<Tensor>& inputs, Draws& draws) {
  const std::lock_guard lock(mutex_);
  bind_inputs(inputs);
  bind_state();
  bind_outputs();
  const std::int64_t before = cpu_allocator::stats().allocations;
  try {
    run_steps(draws);
  } catch (...) {
    unbind();
    throw;
  }
  allocations_in_run_ = cpu_allocator::stats().allocations - before;
  std::vector<Tensor> out;
  out.reserve(results_.size());
  for (const Tensor& result : results_) {
    out.push_back(make_view(result.impl()->storage, result.impl()->meta));
  }
  unbind();
  return out;
}

std::vector<TensorMeta> Program::results() const {
  std::vector<TensorMeta> out;
  for (const Tensor& result : results_) out.push_back(result.impl()->meta);
  return out;
}

void Program::bind_inputs(const std::vector<Tensor>& inputs) {
  for (Slot& slot : slots_) {
    if (slot.place != Place::input) continue;
    const TensorImpl& input = *inputs.at(slot.index).impl();
    const std::int64_t shift = input.meta.offset - input_offsets_[slot.index];
    input_offsets_[slot.index] = input.meta.offset;
    for (TensorImpl* header : slot.headers) {
      header->storage = input.storage;
      header->meta.offset += shift;
    }
  }
}

void Program::bind(Slot& slot, const Storage& storage) {
  for (TensorImpl* header : slot.headers) header->storage = storage;
}

void Program::bind_state() {
  for (Slot& slot : slots_) {
    if (slot.place != Place::state) continue;
    bind(slot, slot.owner.impl()->storage);
  }
}

void Program::bind_outputs() {
  for (Slot& slot : slots_) {
    if (slot.place != Place::output) continue;
    bind(slot, StorageImpl::create(slot.bytes));
  }
}

// Nothing of the caller's is kept alive between runs.
void Program::unbind() {
  for (Slot& slot : slots_) {
    if (slot.place == Place::arena || slot.place == Place::pinned) continue;
    bind(slot, {});
  }
}

void Program::run_steps(Draws& draws) {
  std::optional<cpu_allocator::ScratchScope> scope;
  if (!regions_.empty()) scope.emplace(regions_);
  for (Step& step : steps_) {
    if (step.node != nullptr && step.node->uses_rng()) {
      draws.renew(*step.node, *step.node->op()->draw(step.attributes.data()));
    }
    run_step(step);
  }
}

void Program::run_step(Step& step) {
  switch (step.kind) {
    case Step::Kind::kernel: {
      const ops::OpDef& op = *step.node->op();
      op.kernel[static_cast<std::size_t>(DeviceType::CPU)](
          {op, {step.refs.data(), step.refs.size()}, step.attributes.data(), step.out});
      for (const TensorImpl* impl : step.written) impl->storage->bump_version();
      return;
    }
    case Step::Kind::fused:
      return step.fused->run(step.fused_in, step.fused_out);
    case Step::Kind::copy: {
      const TensorImpl& from = *step.in[0].impl();
      const TensorImpl& to = *step.out[0].impl();
      return copy_strided(to.data(), to.meta.strides, from.data(), from.meta.strides,
                          from.meta.sizes, element_size(from.meta.dtype));
    }
  }
}

}  // namespace sinter::graph
