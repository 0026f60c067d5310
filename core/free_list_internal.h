// A stack of free blocks, linked through their first bytes.
#pragma once
#include <cstddef>
#include <cstdint>

namespace sinter::detail {

struct FreeBlock {
  FreeBlock* next;
};

struct FreeList {
  FreeBlock* head = nullptr;
  std::size_t count = 0;

  void push(void* block) {
    auto* free = static_cast<FreeBlock*>(block);
    free->next = head;
    head = free;
    ++count;
  }
  // The list must not be empty.
  void* pop() {
    FreeBlock* block = head;
    head = block->next;
    --count;
    return block;
  }
  // Moves up to n blocks from the top of this list to another one.
  void move_to(FreeList& other, std::size_t n) {
    while (n-- > 0 && head != nullptr) other.push(pop());
  }
};

}  // namespace sinter::detail
