// Device memory: what is allocated, and who touched which byte last.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <vector>

namespace sinter::ptx {

// Who touched a byte: a thread of a block, between two barriers.
struct Touch {
  std::uint64_t launch = 0;  // 0: nobody
  std::uint32_t block = 0;
  std::uint32_t barrier = 0;       // barriers that the block had passed
  std::uint32_t warp_barrier = 0;  // those of the warp
  std::uint16_t thread = 0;
  bool atomic = false;
  bool several_threads = false;  // of this block, since the barrier
  bool several_blocks = false;
};

// The last write and the last reads of a byte.
struct Touches {
  Touch write, read;
};

struct Allocation {
  std::uint64_t begin = 0, bytes = 0;
  std::vector<Touches> touches;  // one per byte, once a race check asks

  std::uint64_t end() const { return begin + bytes; }
};

// All memory that kernels may use, by address: the addresses are those of the host.
class DeviceMemory {
 public:
  // The process has one.
  static DeviceMemory& instance();

  // Aligned to 256 bytes and filled with 0xff, which is NaN; null when there is none left.
  void* allocate(std::size_t bytes);
  // Whether there was such a block.
  bool free(void* block);
  // Makes host memory that lives on a block of the device: a module's variables.
  void adopt(void* memory, std::size_t bytes);
  // The allocation that holds [address, address + bytes), or null.
  Allocation* find(std::uint64_t address, std::uint64_t bytes);
  std::size_t live_blocks() const { return blocks_.size(); }

 private:
  std::map<std::uint64_t, std::unique_ptr<Allocation>> blocks_;
};

}  // namespace sinter::ptx
