#include <sinter/core/allocator.h>
#include <sinter/core/error.h>
#include <sinter/core/parallel.h>
#include <sinter/graph/program_internal.h>

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <numeric>

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
  std::vector<std::size_t> same(slots_.size());  // the slot that a slot has become
  std::iota(same.begin(), same.end(), std::size_t{0});
  for (std::size_t s = 0; s < steps_.size(); ++s) {
    Step& step = steps_[s];
    const bool pointwise =
        step.kind == Step::Kind::fused ||
        (step.kind == Step::Kind::kernel && step.node->op()->pointwise != nullptr &&
         step.node->op()->in_place && !step.node->in_place());
    if (!pointwise) continue;
    std::vector<bool> taken(step.in.size(), false);
    for (std::size_t o = 0; o < step.out.size(); ++o) {
      const TensorMeta& out = step.out[o].impl()->meta;
      const std::size_t target = slot_of_.at(step.out[o].impl());
      if (slots_[target].place != Place::arena) continue;
      for (std::size_t i = 0; i < step.in.size(); ++i) {
        const auto found = slot_of_.find(step.in[i].impl());
        if (taken[i] || found == slot_of_.end()) continue;
        const std::size_t source = same[found->second];
        Slot& slot = slots_[source];
        const TensorMeta& in = step.in[i].impl()->meta;
        const bool fits = slot.place == Place::arena && slot.last == s &&
                          slot.bytes == slots_[target].bytes && in.dtype == out.dtype &&
                          in.sizes == out.sizes && in.strides == out.strides && in.offset == 0;
        const auto uses = std::count_if(step.in.begin(), step.in.end(), [&](const Tensor& other) {
          const auto at = slot_of_.find(other.impl());
          return at != slot_of_.end() && same[at->second] == source;
        });
        if (!fits || uses != 1) continue;
        if (step.fused) {
          const std::size_t inputs = step.fused->spec().inputs.size();
          const std::size_t writer = step.fused->spec().outputs[o] - inputs;
          if (step.fused->last_read(i) > writer) continue;
        }
        taken[i] = true;
        same[target] = source;
        slot.last = std::max(slot.last, slots_[target].last);
        for (TensorImpl* header : slots_[target].headers) {
          slot.headers.push_back(header);
          slot_of_[header] = source;
        }
        slots_[target].headers.clear();
        slots_[target].bytes = 0;
        break;
      }
    }
  }
}

void Program::plan() {
  std::vector<PlannedBlock> blocks;
  std::vector<std::size_t> owners;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = slots_[i];
    if (slot.place == Place::arena && slot.bytes != 0) {
      blocks.push_back({slot.bytes, slot.first, slot.last});
      owners.push_back(i);
    }
    if (slot.place == Place::input) report_.inputs += slot.bytes;
    if (slot.place == Place::state) report_.state += slot.bytes;
    if (slot.place == Place::output) report_.outputs += slot.bytes;
    if (slot.place == Place::pinned) report_.state += slot.bytes;
  }
  report_.lower_bound = lower_bound(blocks);
  report_.arena = plan_offsets(blocks);
  arena_ = StorageImpl::create(report_.arena);
  for (std::size_t k = 0; k < blocks.size(); ++k) {
    char* at = static_cast<char*>(arena_->data()) + blocks[k].offset;
    const Storage storage = StorageImpl::wrap(at, blocks[k].bytes, {}, {});
    for (TensorImpl* header : slots_[owners[k]].headers) header->storage = storage;
  }
  for (Slot& slot : slots_) {
    const bool empty = slot.place == Place::arena && slot.bytes == 0 && !slot.headers.empty();
    if (slot.place != Place::pinned && !empty) continue;
    const Storage storage = zeros_for(slot.bytes);
    for (TensorImpl* header : slot.headers) header->storage = storage;
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
  for (Slot& slot : slots_) {
    const bool state = slot.place == Place::state && !slot.written;
    if (slot.place == Place::arena || slot.place == Place::pinned) continue;
    const Storage storage = state ? slot.owner.impl()->storage : zeros_for(slot.bytes);
    for (TensorImpl* header : slot.headers) header->storage = storage;
  }
  if (arena_->nbytes() != 0) std::memset(arena_->data(), 0, arena_->nbytes());
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
  const Storage all = StorageImpl::create(arena + report_.scratch);
  char* base = static_cast<char*>(all->data());
  for (Slot& slot : slots_) {
    if (slot.place != Place::arena || slot.bytes == 0 || slot.headers.empty()) continue;
    const auto offset = static_cast<const char*>(slot.headers[0]->storage->data()) -
                        static_cast<const char*>(arena_->data());
    const Storage storage = StorageImpl::wrap(base + offset, slot.bytes, {}, {});
    for (TensorImpl* header : slot.headers) header->storage = storage;
  }
  arena_ = all;
  regions_.clear();
  if (own != 0 || others != 0) {
    regions_.emplace_back(base + arena, own);
    for (std::size_t t = 1; t < threads; ++t) {
      regions_.emplace_back(base + arena + own + (t - 1) * others, others);
    }
  }
  unbind();
}

}  // namespace sinter::graph
