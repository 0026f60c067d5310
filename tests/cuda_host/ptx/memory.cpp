#include "memory.h"

#include <cstdlib>
#include <cstring>

namespace sinter::ptx {

DeviceMemory& DeviceMemory::instance() {
  static auto* memory = new DeviceMemory;  // outlives whoever frees memory at exit
  return *memory;
}

void* DeviceMemory::allocate(std::size_t bytes) {
  void* block = nullptr;
  if (posix_memalign(&block, 256, bytes) != 0) return nullptr;
  std::memset(block, 0xff, bytes);
  adopt(block, bytes);
  return block;
}

void DeviceMemory::adopt(void* memory, std::size_t bytes) {
  auto allocation = std::make_unique<Allocation>();
  allocation->begin = reinterpret_cast<std::uint64_t>(memory);
  allocation->bytes = bytes;
  blocks_[allocation->begin] = std::move(allocation);
}

bool DeviceMemory::free(void* block) {
  if (blocks_.erase(reinterpret_cast<std::uint64_t>(block)) == 0) return false;
  std::free(block);
  return true;
}

Allocation* DeviceMemory::find(std::uint64_t address, std::uint64_t bytes) {
  const auto after = blocks_.upper_bound(address);
  if (after == blocks_.begin()) return nullptr;
  Allocation* found = std::prev(after)->second.get();
  return address + bytes <= found->end() ? found : nullptr;
}

}  // namespace sinter::ptx
