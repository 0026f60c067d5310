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

constexpr std::size_t kRegionAlignment = 4096;

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

std::size_t page_aligned(std::size_t bytes) {
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

void Program::plan() {
  std::vector<PlannedBlock> blocks;
  std::vector<Slot*> owners;
  for (Slot& slot : slots_) {
    if (slot.place == Place::arena && !slot.headers.empty()) {
      blocks.push_back({slot.bytes, slot.first, slot.last});
      owners.push_back(&slot);
    }
    if (slot.place == Place::input) report_.inputs += slot.bytes;
    if (slot.place == Place::state || slot.place == Place::pinned) report_.state += slot.bytes;
    if (slot.place == Place::output) report_.outputs += slot.bytes;
    if (slot.place == Place::pinned) bind(slot, zeros_for(slot.bytes));
  }
  report_.lower_bound = lower_bound(blocks);
  report_.arena = plan_offsets(blocks);
  for (std::size_t i = 0; i < blocks.size(); ++i) owners[i]->offset = blocks[i].offset;
}

void Program::note_bound() {
  for (Slot& slot : slots_) {
    if (slot.place == Place::input) inputs_.push_back(&slot);
    if (slot.place == Place::state) state_.push_back(&slot);
    if (slot.place == Place::output) outputs_.push_back(&slot);
  }
}

void Program::place_arena(char* memory) {
  for (Slot& slot : slots_) {
    if (slot.place != Place::arena || slot.headers.empty()) continue;
    bind(slot, StorageImpl::wrap(memory + slot.offset, slot.bytes, {}, {}));
  }
}

// Runs every step once, on zeros in place of what it would change, to see how much scratch memory
// its kernel takes. What caches hold for unchanging weights is filled on the way.
void Program::measure_scratch() {
  const auto threads = static_cast<std::size_t>(get_num_threads());
  constexpr std::size_t kSpace = std::size_t{1} << 34;
  std::vector<std::unique_ptr<Reserved>> space;
  std::vector<cpu_allocator::ScratchRegion> regions;
  for (std::size_t t = 0; t < threads; ++t) {
    space.push_back(std::make_unique<Reserved>(kSpace));
    const bool got = space.back()->data() != nullptr;
    regions.emplace_back(space.back()->data(), got ? kSpace : 0);
  }
  const Storage zeros = zeros_for(report_.arena);
  place_arena(static_cast<char*>(zeros->data()));
  for (Slot& slot : slots_) {
    if (slot.place == Place::arena || slot.place == Place::pinned) continue;
    const bool unchanged = slot.place == Place::state && !slot.written;
    bind(slot, unchanged ? slot.owner.impl()->storage : zeros_for(slot.bytes));
  }
  {
    const cpu_allocator::ScratchScope scope(regions);
    for (int pass = 0; pass < 2; ++pass) {  // the second use of a weight keeps its packed form
      for (Step& step : steps_) {
        try {
          run_step(step);
        } catch (const Error&) {
          // Zeros are no arguments for it; its scratch comes from the allocator.
        }
      }
    }
  }
  std::size_t others = 0;
  for (std::size_t t = 1; t < threads; ++t) others = std::max(others, regions[t].peak());
  const std::size_t own = page_aligned(regions[0].peak());
  others = page_aligned(others);
  report_.scratch = own + others * (threads - 1);
  const std::size_t arena = page_aligned(report_.arena);
  arena_ = StorageImpl::create(arena + report_.scratch);
  char* base = static_cast<char*>(arena_->data());
  place_arena(base);
  regions_.emplace_back(base + arena, own);
  for (std::size_t t = 1; t < threads; ++t) {
    regions_.emplace_back(base + arena + own + (t - 1) * others, others);
  }
  unbind();
}

}  // namespace sinter::graph
