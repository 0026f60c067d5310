#include <sinter/core/allocator.h>
#include <sinter/core/error.h>
#include <sinter/core/strided_copy.h>
#include <sinter/core/tensor_factory.h>
#include <sinter/graph/program_internal.h>
#include <sinter/ops/random_attrs.h>

namespace sinter::graph {

std::vector<Tensor> Program::run(const std::vector<Tensor>& inputs, Draws& draws) {
  const std::lock_guard lock(arena_->mutex);
  bind_arena();
  bind_inputs(inputs);
  bind_state();
  bind_outputs();
  try {
    const cpu_allocator::ScratchScope scope(regions_);
    run_steps(draws);
  } catch (...) {
    unbind();
    throw;
  }
  allocations_in_run_ = 0;
  for (cpu_allocator::ScratchRegion& region : regions_) allocations_in_run_ += region.take_misses();
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

void Program::bind(Slot& slot, const Storage& storage) {
  for (TensorImpl* header : slot.headers) header->storage = storage;
}

// The arena grows to the largest of its programs.
void Program::bind_arena() {
  Storage& memory = arena_->memory;
  if (!memory || memory->nbytes() < report_.arena) {
    memory = {};
    cpu_allocator::empty_cache();  // what eager calls have left would come on top of it
    memory = StorageImpl::create(report_.arena);
  }
  char* base = static_cast<char*>(memory->data());
  if (base != base_ || base == nullptr) place_arena(base);
}

void Program::bind_inputs(const std::vector<Tensor>& inputs) {
  for (Slot* slot : inputs_) {
    const TensorImpl& input = *inputs.at(slot->index).impl();
    const std::int64_t shift = input.meta.offset - input_offsets_[slot->index];
    input_offsets_[slot->index] = input.meta.offset;
    bind(*slot, input.storage);
    if (shift == 0) continue;
    for (TensorImpl* header : slot->headers) header->meta.offset += shift;
  }
}

// State stays bound from run to run: its owner, which is kept, may be given other memory.
void Program::bind_state() {
  for (Slot* slot : state_) {
    const Storage& storage = slot->owner.impl()->storage;
    if (!(slot->headers[0]->storage == storage)) bind(*slot, storage);
  }
}

void Program::bind_outputs() {
  for (Slot* slot : outputs_) bind(*slot, StorageImpl::create(slot->bytes));
}

// Nothing of the caller's is kept alive between runs.
void Program::unbind() {
  for (Slot* slot : inputs_) bind(*slot, {});
  for (Slot* slot : outputs_) bind(*slot, {});
}

void Program::run_steps(Draws& draws) {
  for (Step& step : steps_) {
    give_scratch(step.scratch);
    if (step.draws) draws.renew(*step.node, *step.node->op()->draw(step.attributes.data()));
    run_step(step);
  }
}

void Program::give_scratch(const Scratch& scratch) {
  char* next = base_ + scratch.offset;
  std::size_t bytes = scratch.own;
  for (cpu_allocator::ScratchRegion& region : regions_) {
    region.use(next, bytes);
    next += bytes;
    bytes = scratch.others;
  }
}

void Program::run_step(Step& step) {
  switch (step.kind) {
    case Step::Kind::kernel:
      step.kernel({*step.node->op(),
                   {step.refs.data(), step.refs.size()},
                   step.attributes.data(),
                   step.out});
      for (const TensorImpl* impl : step.written) impl->storage->bump_version();
      return;
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
