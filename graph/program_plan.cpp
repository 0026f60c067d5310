#include <sinter/core/allocator.h>
#include <sinter/core/error.h>
#include <sinter/core/parallel.h>
#include <sinter/graph/fake_mode_internal.h>
#include <sinter/graph/program_internal.h>

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

namespace sinter::graph {

namespace {

constexpr std::size_t kRegionAlignment = 64;

// Address space without memory behind it until it is touched.
class Reserved {
 public:
  explicit Reserved(std::size_t bytes) : bytes_(bytes) {
    data_ = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (data_ == MAP_FAILED) data_ = nullptr;
  }
  ~Reserved() {
    if (data_ != nullptr) munmap(data_, bytes_);
  }
  Reserved(const Reserved&) = delete;
  Reserved& operator=(const Reserved&) = delete;
  void* data() const { return data_; }

 private:
  void* data_;
  std::size_t bytes_;
};

Storage zeros_for(std::size_t bytes) {
  Storage storage = StorageImpl::create(bytes);
  if (bytes != 0) std::memset(storage->data(), 0, bytes);
  return storage;
}

std::size_t aligned(std::size_t bytes) {
  return (bytes + kRegionAlignment - 1) / kRegionAlignment * kRegionAlignment;
}

}  // namespace

// A pointwise call may write over an argument that nobody reads later.
void Program::reuse_inputs() {
  for (std::size_t number = 0; number < steps_.size(); ++number) {
    Step& step = steps_[number];
    const bool pointwise =
        step.kind == Step::Kind::fused ||
        (step.kind == Step::Kind::kernel && step.node->op()->pointwise != nullptr &&
         step.node->op()->in_place && !step.node->in_place());
    for (std::size_t output = 0; pointwise && output < step.out.size(); ++output) {
      reuse_input_for(step, number, output);
    }
  }
}

void Program::reuse_input_for(Step& step, std::size_t number, std::size_t output) {
  const auto target = arena_slot(step.out[output]);
  if (!target) return;
  for (std::size_t input = 0; input < step.in.size(); ++input) {
    if (!can_write_over(step, number, input, output)) continue;
    return merge_slots(*arena_slot(step.in[input]), *target);
  }
}

std::optional<std::size_t> Program::arena_slot(const Tensor& tensor) const {
  const auto found = slot_of_.find(tensor.impl());
  const bool arena = found != slot_of_.end() && slots_[found->second].place == Place::arena;
  return arena ? std::optional(found->second) : std::nullopt;
}

// The input is all of its memory, lies as the output does, and is read here for the last time,
// once. Memory that an output of the step has taken over already is in use after it.
bool Program::can_write_over(const Step& step, std::size_t number, std::size_t input,
                             std::size_t output) const {
  const auto source = arena_slot(step.in[input]);
  if (!source || slots_[*source].last != number) return false;
  const TensorMeta& in = step.in[input].impl()->meta;
  const TensorMeta& out = step.out[output].impl()->meta;
  if (!in.same_layout(out) || slots_[*source].bytes != reached_bytes(out)) return false;
  const auto uses = std::count_if(step.in.begin(), step.in.end(),
                                  [&](const Tensor& other) { return arena_slot(other) == source; });
  if (uses != 1) return false;
  if (!step.fused) return true;
  const std::size_t writer = step.fused->spec().outputs[output] - step.fused->spec().inputs.size();
  return step.fused->last_read(input) <= writer;
}

void Program::merge_slots(std::size_t into, std::size_t from) {
  Slot& slot = slots_[into];
  slot.last = std::max(slot.last, slots_[from].last);
  for (TensorImpl* header : slots_[from].headers) {
    slot.headers.push_back(header);
    slot_of_[header] = into;
  }
  slots_[from] = {};
}

// Gives every arena slot, and the scratch memory of every step, a place.
void Program::plan() {
  std::vector<PlannedBlock> blocks;
  std::vector<std::size_t*> offsets;
  for (Slot& slot : slots_) {
    if (slot.place != Place::arena || slot.headers.empty()) continue;
    blocks.push_back({slot.bytes, slot.first, slot.last});
    offsets.push_back(&slot.offset);
  }
  for (std::size_t number = 0; number < steps_.size(); ++number) {
    Scratch& scratch = steps_[number].scratch;
    if (scratch.bytes == 0) continue;
    blocks.push_back({scratch.bytes, number, number});
    offsets.push_back(&scratch.offset);
    report_.scratch = std::max(report_.scratch, scratch.bytes);
  }
  report_.lower_bound = lower_bound(blocks);
  report_.arena = plan_offsets(blocks);
  for (std::size_t i = 0; i < blocks.size(); ++i) *offsets[i] = blocks[i].offset;
}

// What runs bind or keep, and how large it is.
void Program::note_bound() {
  for (Slot& slot : slots_) {
    switch (slot.place) {
      case Place::arena:
        break;
      case Place::input:
        inputs_.push_back(&slot);
        report_.inputs += slot.bytes;
        break;
      case Place::output:
        outputs_.push_back(&slot);
        report_.outputs += slot.bytes;
        break;
      case Place::state:
        state_.push_back(&slot);
        report_.state += slot.bytes;
        break;
      case Place::pinned:
        report_.state += slot.bytes;
        break;
    }
  }
}

void Program::bind_pinned(const std::vector<Storage>& pinned) {
  for (std::size_t i = 0; i < pinned.size(); ++i) {
    Slot& slot = slots_[slot_of_.at(pinned_[i].impl())];
    const bool fits = pinned[i] && pinned[i]->nbytes() == slot.bytes;
    bind(slot, fits ? pinned[i] : zeros_for(slot.bytes));
  }
}

void Program::place_arena(char* memory) {
  base_ = memory;
  for (Slot& slot : slots_) {
    if (slot.place != Place::arena || slot.headers.empty()) continue;
    bind(slot, StorageImpl::wrap(base_ + slot.offset, slot.bytes, {}, {}));
  }
}

// Runs every step, on zeros in place of what it would change, to see how much scratch memory its
// kernel takes. What caches hold for unchanging weights is filled on the way.
void Program::measure_scratch() {
  const std::lock_guard lock(arena_->mutex);
  bind_arena();
  if (report_.arena != 0) std::memset(base_, 0, report_.arena);
  for (Slot& slot : slots_) {
    if (slot.place == Place::arena) continue;
    bind(slot, slot.is_unchanging() ? slot.owner.impl()->storage : zeros_for(slot.bytes));
  }
  constexpr std::size_t kSpace = std::size_t{1} << 34;
  std::vector<std::unique_ptr<Reserved>> space;
  for (int t = 0; t < get_num_threads(); ++t) space.push_back(std::make_unique<Reserved>(kSpace));
  for (Step& step : steps_) {
    // The second use of a weight keeps its packed form.
    for (int use = 0; use < (reads_unchanging(step) ? 2 : 1); ++use) {
      regions_.clear();
      for (const auto& each : space) {
        regions_.emplace_back(each->data(), each->data() != nullptr ? kSpace : 0);
      }
      measure_scratch(step);
    }
  }
  unbind();
  base_ = nullptr;  // the next plan has other places
}

bool Program::reads_unchanging(const Step& step) const {
  return std::any_of(step.in.begin(), step.in.end(), [&](const Tensor& tensor) {
    const auto found = slot_of_.find(tensor.impl());
    return found != slot_of_.end() && slots_[found->second].is_unchanging();
  });
}

void Program::measure_scratch(Step& step) {
  try {
    const cpu_allocator::ScratchScope scope(regions_);
    run_step(step);
  } catch (const Error&) {
    // Zeros are no arguments for it; its scratch comes from the allocator.
  }
  std::size_t others = 0;
  for (std::size_t t = 1; t < regions_.size(); ++t) others = std::max(others, regions_[t].peak());
  Scratch& scratch = step.scratch;
  scratch.own = std::max(scratch.own, aligned(regions_[0].peak()));
  scratch.others = std::max(scratch.others, aligned(others));
  scratch.bytes = scratch.own + scratch.others * (regions_.size() - 1);
  for (const auto& region : regions_) {
    if (region.live() != 0) cannot_plan(*step.node, " keeps memory that it took for its call");
  }
}

}  // namespace sinter::graph
