#include <sinter/core/allocator.h>
#include <sinter/core/block_size_internal.h>
#include <sinter/core/sanitizer_internal.h>
#include <sinter/core/tensor_factory.h>

#include <catch2/catch.hpp>
#include <cstring>
#include <limits>
#include <thread>
#include <vector>

#include "error_message.h"

using namespace sinter;
using test::message_of;

namespace {

std::int64_t current() { return cpu_allocator::stats().current_bytes; }

std::int64_t rounded(std::size_t bytes) {
  return static_cast<std::int64_t>(detail::block_bytes(bytes));
}

struct Block {
  explicit Block(std::size_t size) : bytes(size), data(cpu_allocator::allocate(size)) {}
  ~Block() { cpu_allocator::deallocate(data, bytes); }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;
  std::size_t bytes;
  void* data;
};

}  // namespace

TEST_CASE("block sizes rise, fit the request and waste at most a quarter") {
  std::size_t last = 0;
  for (std::size_t bytes = 1; bytes < (std::size_t{1} << 40); bytes += 1 + bytes / 37) {
    const std::size_t block = detail::block_bytes(bytes);
    REQUIRE(block >= bytes);
    REQUIRE(block >= last);
    REQUIRE(block % detail::kBlockAlignment == 0);
    REQUIRE(block <= bytes + bytes / 4 + 64);
    REQUIRE(detail::block_bytes(block) == block);
    last = block;
  }
  CHECK(detail::block_bytes(1) == 64);
  CHECK(detail::block_bytes(detail::kMaxSmall) == detail::kMaxSmall);
  CHECK(detail::block_bytes(detail::kMaxSmall + 1) == detail::kMaxSmall / 8 * 9);
  CHECK(detail::block_bytes(detail::kMaxRequest) == detail::kMaxRequest);
}

TEST_CASE("blocks of any size are aligned, writable and apart") {
  std::vector<std::unique_ptr<Block>> blocks;
  for (std::size_t bytes = 1; bytes < (64 << 20); bytes = bytes * 3 / 2 + 1) {
    blocks.push_back(std::make_unique<Block>(bytes));
    REQUIRE(reinterpret_cast<std::uintptr_t>(blocks.back()->data) % 64 == 0);
    std::memset(blocks.back()->data, static_cast<int>(blocks.size()), bytes);
  }
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const auto* data = static_cast<const unsigned char*>(blocks[i]->data);
    REQUIRE(data[0] == i + 1);
    REQUIRE(data[blocks[i]->bytes - 1] == i + 1);
  }
}

TEST_CASE("nothing is allocated for zero bytes") {
  const std::int64_t before = cpu_allocator::stats().allocations;
  CHECK(cpu_allocator::allocate(0) == nullptr);
  cpu_allocator::deallocate(nullptr, 0);
  cpu_allocator::deallocate(nullptr, 100);
  CHECK(cpu_allocator::stats().allocations == before);
}

TEST_CASE("live bytes and their peak are counted exactly, small blocks and large") {
  for (const std::size_t bytes : {std::size_t{40}, std::size_t{5000}, std::size_t{3} << 20}) {
    const std::int64_t size = rounded(bytes);
    cpu_allocator::reset_peak();
    const AllocatorStats before = cpu_allocator::stats();
    CHECK(before.peak_bytes == before.current_bytes);
    {
      const Block a(bytes);
      { const Block b(bytes), c(bytes); }
      const Block d(bytes);
      CHECK(current() == before.current_bytes + 2 * size);
    }
    const AllocatorStats after = cpu_allocator::stats();
    CHECK(after.current_bytes == before.current_bytes);
    CHECK(after.peak_bytes == before.current_bytes + 3 * size);
    CHECK(after.allocations == before.allocations + 4);
    cpu_allocator::reset_peak();
    CHECK(cpu_allocator::stats().peak_bytes == before.current_bytes);
  }
}

TEST_CASE("freed memory is used again, without asking the system") {
  if (!detail::kRecycleMemory) return;
  for (const std::size_t bytes : {std::size_t{100}, std::size_t{100000}, std::size_t{10} << 20}) {
    void* first = cpu_allocator::allocate(bytes);
    cpu_allocator::deallocate(first, bytes);
    const std::int64_t before = cpu_allocator::stats().system_allocations;
    for (int i = 0; i < 100; ++i) {
      const Block block(bytes - static_cast<std::size_t>(i % 5));
      CHECK(block.data == first);
    }
    CHECK(cpu_allocator::stats().system_allocations == before);
  }
}

TEST_CASE("cached bytes are those of the free blocks") {
  if (!detail::kRecycleMemory) return;
  cpu_allocator::empty_cache();
  const std::int64_t before = cpu_allocator::stats().cached_bytes;
  const std::vector<std::size_t> sizes = {64, 64, 300, 70000, std::size_t{5} << 20};
  std::int64_t total = 0;
  {
    std::vector<std::unique_ptr<Block>> blocks;
    for (const std::size_t bytes : sizes) {
      blocks.push_back(std::make_unique<Block>(bytes));
      total += rounded(bytes);
    }
    CHECK(cpu_allocator::stats().cached_bytes == before);
  }
  CHECK(cpu_allocator::stats().cached_bytes == before + total);
  {
    const Block again(300);
    CHECK(cpu_allocator::stats().cached_bytes == before + total - rounded(300));
  }
  cpu_allocator::empty_cache();
  CHECK(cpu_allocator::stats().cached_bytes == before);
}

TEST_CASE("many small blocks overflow a thread's cache without being lost") {
  const std::int64_t before = current();
  std::vector<std::unique_ptr<Block>> blocks;
  for (int i = 0; i < 5000; ++i) blocks.push_back(std::make_unique<Block>(128));
  CHECK(current() == before + 5000 * 128);
  blocks.clear();
  CHECK(current() == before);
  const std::int64_t system = cpu_allocator::stats().system_allocations;
  for (int i = 0; i < 5000; ++i) blocks.push_back(std::make_unique<Block>(128));
  if (detail::kRecycleMemory) CHECK(cpu_allocator::stats().system_allocations == system);
}

TEST_CASE("a thread may free what another one allocated, also after that one has ended") {
  const AllocatorStats before = cpu_allocator::stats();
  for (const std::size_t bytes : {std::size_t{64}, std::size_t{4096}, std::size_t{2} << 20}) {
    std::vector<void*> blocks;
    std::thread([&] {
      for (int i = 0; i < 300; ++i) blocks.push_back(cpu_allocator::allocate(bytes));
    }).join();
    CHECK(current() == before.current_bytes + 300 * rounded(bytes));
    std::thread([&] {
      for (void* block : blocks) cpu_allocator::deallocate(block, bytes);
    }).join();
    CHECK(current() == before.current_bytes);
    cpu_allocator::empty_cache();
  }
  CHECK(cpu_allocator::stats().allocations == before.allocations + 900);
}

TEST_CASE("the blocks of a thread that ended serve the others") {
  if (!detail::kRecycleMemory) return;
  cpu_allocator::empty_cache();
  void* block = nullptr;
  std::thread([&] {
    block = cpu_allocator::allocate(200);
    cpu_allocator::deallocate(block, 200);
  }).join();
  const std::int64_t before = cpu_allocator::stats().system_allocations;
  const Block mine(200);
  CHECK(mine.data == block);
  CHECK(cpu_allocator::stats().system_allocations == before);
}

TEST_CASE("blocks may be freed while a thread ends") {
  // Its destructor runs after that of the thread's cache, which is made later.
  struct Late {
    std::vector<void*> blocks;
    ~Late() {
      for (void* block : blocks) cpu_allocator::deallocate(block, 500);
      void* more = cpu_allocator::allocate(500);
      cpu_allocator::deallocate(more, 500);
    }
  };
  const std::int64_t before = current();
  std::thread([] {
    thread_local Late late;
    for (int i = 0; i < 100; ++i) late.blocks.push_back(cpu_allocator::allocate(500));
  }).join();
  CHECK(current() == before);
}

TEST_CASE("threads allocate and free at once, and the counts add up") {
  const AllocatorStats before = cpu_allocator::stats();
  std::vector<std::thread> threads;
  for (unsigned t = 0; t < 4; ++t) {
    threads.emplace_back([t] {
      std::vector<std::unique_ptr<Block>> blocks;
      for (unsigned i = 0; i < 3000; ++i) {
        const unsigned bits = (i * 7 + t) % 17;
        blocks.push_back(std::make_unique<Block>((std::size_t{1} << bits) + i % 13));
        *static_cast<unsigned char*>(blocks.back()->data) = 1;
        if (blocks.size() > 20) blocks.erase(blocks.begin() + i % 20);
      }
    });
  }
  for (auto& thread : threads) thread.join();
  const AllocatorStats after = cpu_allocator::stats();
  CHECK(after.current_bytes == before.current_bytes);
  CHECK(after.allocations == before.allocations + 12000);
  CHECK(after.peak_bytes >= after.current_bytes);
}

TEST_CASE("requests that no machine can serve throw, and change nothing") {
  constexpr std::size_t max = std::numeric_limits<std::size_t>::max();
  const std::int64_t before = current();
  for (const std::size_t bytes : {max, max - 63, max / 2 + 1, max / 2, max / 4 + 2, max / 4 + 1}) {
    CHECK(message_of<OutOfMemoryError>([&] { cpu_allocator::allocate(bytes); }) ==
          str("[allocate] out of memory; got ", bytes, " bytes"));
  }
  CHECK(current() == before);
  const Block still_works(1000);
}

TEST_CASE("the fault hook makes allocations fail, and those that fail leak nothing") {
  static std::size_t limit = 0;
  limit = 1000;
  const std::int64_t before = current();
  cpu_allocator::set_fault_hook([](std::size_t bytes) { return bytes > limit; });
  CHECK(message_of<OutOfMemoryError>([] { cpu_allocator::allocate(1001); }) ==
        "[allocate] out of memory; got 1001 bytes");
  CHECK(message_of<OutOfMemoryError>([] { empty_tensor("empty", {300}, kFloat32); }) ==
        "[allocate] out of memory; got 1200 bytes");
  CHECK(empty_tensor("empty", {250}, kFloat32).defined());
  cpu_allocator::set_fault_hook(nullptr);
  CHECK(empty_tensor("empty", {300}, kFloat32).defined());
  CHECK(current() == before);
}
