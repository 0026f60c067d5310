// Memory accesses of a block: where they go, and whether they may.
#include <algorithm>

#include "arithmetic.h"
#include "block.h"

namespace sinter::ptx {

namespace {

const char* name_of(Access access) {
  if (access == Access::read) return "read";
  return access == Access::write ? "write" : "atomic operation";
}

std::string range(std::uint64_t begin, std::uint32_t bytes) {
  return std::to_string(begin) + " to " + std::to_string(begin + bytes);
}

}  // namespace

void Block::load_or_store(Thread& t, const Instruction& i) {
  const bool load = i.op == Op::ld;
  const Operand& data = i.in[load ? 0 : 1];
  const auto size = static_cast<std::uint32_t>(size_of(i.type));
  const std::uint32_t bytes = size * i.vector;
  const std::uint64_t address = address_of(t, i.in[load ? 1 : 0]);
  if (i.space == Space::param) {
    if (address + bytes > parameters_.size()) fail(t, i, "parameter out of bounds");
  }
  std::uint8_t* at = i.space == Space::param
                         ? const_cast<std::uint8_t*>(parameters_.data()) + address
                         : locate(t, i, address, bytes, load ? Access::read : Access::write);
  for (std::uint8_t k = 0; k < i.vector; ++k, at += size) {
    const Operand& o = i.vector == 1 ? data : data.list[k];
    if (load) {
      std::uint64_t v = 0;
      std::memcpy(&v, at, size);
      assign(t, o, is_signed(i.type) ? static_cast<std::uint64_t>(sign_extend(v, i.type)) : v);
    } else {
      const std::uint64_t v = value(t, o);
      std::memcpy(at, &v, size);
    }
  }
}

void Block::atomic(Thread& t, const Instruction& i) {
  const std::size_t first = i.op == Op::atom ? 1 : 0;
  const auto size = static_cast<std::uint32_t>(size_of(i.type));
  std::uint8_t* at = locate(t, i, address_of(t, i.in[first]), size, Access::atomic);
  std::uint64_t old = 0;
  std::memcpy(&old, at, size);
  const std::uint64_t x[2] = {value(t, i.in[first + 1]),
                              i.in.size() > first + 2 ? value(t, i.in[first + 2]) : 0};
  const std::uint64_t result = combine(i, old, x);
  std::memcpy(at, &result, size);
  if (i.op == Op::atom) assign(t, i.in[0], old);
}

std::uint8_t* Block::locate(Thread& t, const Instruction& i, std::uint64_t address,
                            std::uint32_t bytes, Access access) {
  Space space = i.space;
  if (space == Space::generic || space == Space::global) {
    const std::uint64_t window = address & ~((std::uint64_t{1} << 56) - 1);
    space = window == kSharedWindow  ? Space::shared
            : window == kLocalWindow ? Space::local
                                     : Space::global;
  }
  if (space != Space::global) address = zero_extend(address, Type::u32);
  if (address % bytes != 0) {
    fail(t, i,
         "misaligned " + std::string(name_of(access)) + " of " + std::to_string(bytes) + " bytes");
  }
  if (space == Space::shared) return locate_shared(t, i, address, bytes, access);
  if (space == Space::local) return locate_local(t, i, address, bytes);
  return locate_global(t, i, address, bytes, access);
}

std::uint8_t* Block::locate_local(Thread& t, const Instruction& i, std::uint64_t offset,
                                  std::uint32_t bytes) {
  if (offset + bytes > kernel_.local_bytes) fail(t, i, "local access out of bounds");
  return local_.data() + static_cast<std::size_t>(t.id) * kernel_.local_bytes + offset;
}

std::uint8_t* Block::locate_shared(Thread& t, const Instruction& i, std::uint64_t offset,
                                   std::uint32_t bytes, Access access) {
  if (offset + bytes > shared_.size()) {
    fail(t, i,
         "shared " + std::string(name_of(access)) + " out of bounds: bytes " +
             range(offset, bytes) + " of " + std::to_string(shared_.size()));
  }
  const auto written = shared_written_.begin() + static_cast<std::ptrdiff_t>(offset);
  if (access != Access::write && std::find(written, written + bytes, 0) != written + bytes) {
    fail(t, i, "shared memory is read before it was written: bytes " + range(offset, bytes));
  }
  if (access != Access::read) std::fill(written, written + bytes, std::uint8_t{1});
  if (launch_.check_races) note_touches(t, i, &shared_touches_[offset], bytes, access, false);
  return shared_.data() + offset;
}

std::uint8_t* Block::locate_global(Thread& t, const Instruction& i, std::uint64_t address,
                                   std::uint32_t bytes, Access access) {
  if (recent_ == nullptr || address < recent_->begin || address + bytes > recent_->end()) {
    recent_ = DeviceMemory::instance().find(address, bytes);
  }
  if (recent_ == nullptr) {
    fail(t, i,
         "global " + std::string(name_of(access)) + " out of bounds: " + std::to_string(bytes) +
             " bytes at " + std::to_string(address));
  }
  if (launch_.check_races) {
    if (recent_->touches.empty()) recent_->touches.resize(recent_->bytes);
    note_touches(t, i, &recent_->touches[address - recent_->begin], bytes, access, true);
  }
  return reinterpret_cast<std::uint8_t*>(address);
}

// Whether an earlier touch of the byte is not ordered before one by this thread now.
bool Block::conflicts(const Thread& t, const Touch& earlier, bool global) const {
  if (earlier.launch != launch_number_) return false;
  if (global && (earlier.block != index_ || earlier.several_blocks)) return true;
  if (earlier.barrier != barriers_) return false;
  const bool others = earlier.thread != t.id || earlier.several_threads;
  const bool same_warp = earlier.thread / kWarpSize == t.id / kWarpSize;
  const bool warp_waited =
      same_warp && !earlier.several_threads && earlier.warp_barrier != t.warp_barriers;
  return others && !warp_waited;
}

void Block::note_touches(const Thread& t, const Instruction& i, Touches* touches,
                         std::uint32_t bytes, Access access, bool global) {
  Touch now;
  now.launch = launch_number_;
  now.block = index_;
  now.barrier = barriers_;
  now.warp_barrier = t.warp_barriers;
  now.thread = static_cast<std::uint16_t>(t.id);
  now.atomic = access == Access::atomic;
  for (std::uint32_t k = 0; k < bytes; ++k) {
    Touch& write = touches[k].write;
    Touch& read = touches[k].read;
    const bool after_write = conflicts(t, write, global) && !(now.atomic && write.atomic);
    const bool after_read = access != Access::read && conflicts(t, read, global);
    if (after_write || after_read) {
      const Touch& other = after_write ? write : read;
      fail(t, i,
           std::string("race on ") + (global ? "global" : "shared") + " memory: " +
               name_of(access) + " of a byte that block " + std::to_string(other.block) +
               ", thread " + std::to_string(other.thread) + (after_write ? " wrote" : " read"));
    }
    if (access != Access::read) {
      write = now;
      continue;
    }
    const bool same_launch = read.launch == launch_number_;
    const bool same_block = same_launch && read.block == index_;
    const bool same_epoch = same_block && read.barrier == barriers_;
    const bool several = same_epoch && (read.several_threads || read.thread != t.id);
    const bool blocks = same_launch && (read.several_blocks || !same_block);
    read = now;
    read.several_threads = several;
    read.several_blocks = blocks;
  }
}

}  // namespace sinter::ptx
