#include <sinter/core/object_pool_internal.h>
#include <sinter/core/sanitizer_internal.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <limits>
#include <set>
#include <thread>
#include <vector>

#include "error_message.h"

using namespace sinter;

TEST_CASE("objects of every size are aligned and apart") {
  std::vector<std::pair<unsigned char*, std::size_t>> objects;
  for (std::size_t bytes = 0; bytes < 1500; bytes += 11) {
    auto* object = static_cast<unsigned char*>(object_pool::allocate(bytes));
    REQUIRE(reinterpret_cast<std::uintptr_t>(object) % alignof(std::max_align_t) == 0);
    std::memset(object, static_cast<int>(bytes % 251), bytes);
    objects.emplace_back(object, bytes);
  }
  for (const auto& [object, bytes] : objects) {
    if (bytes != 0) REQUIRE(object[bytes - 1] == bytes % 251);
    object_pool::deallocate(object, bytes);
  }
}

TEST_CASE("a freed object's memory is the next one of its size") {
  if (!detail::kRecycleMemory) return;
  void* first = object_pool::allocate(300);
  object_pool::deallocate(first, 300);
  void* second = object_pool::allocate(310);
  CHECK(second == first);
  object_pool::deallocate(second, 310);
}

TEST_CASE("no object is handed out twice") {
  std::set<void*> live;
  std::vector<void*> objects;
  for (int i = 0; i < 2000; ++i) {
    objects.push_back(object_pool::allocate(96));
    REQUIRE(live.insert(objects.back()).second);
    if (i % 3 == 0) {
      live.erase(objects.back());
      object_pool::deallocate(objects.back(), 96);
      objects.pop_back();
    }
  }
  for (void* object : objects) object_pool::deallocate(object, 96);
}

TEST_CASE("objects may be freed by other threads, and while a thread ends") {
  struct Late {
    std::vector<void*> objects;
    ~Late() {
      for (void* object : objects) object_pool::deallocate(object, 200);
      object_pool::deallocate(object_pool::allocate(200), 200);
    }
  };
  std::vector<void*> objects;
  std::thread([&] {
    thread_local Late late;
    for (int i = 0; i < 500; ++i) objects.push_back(object_pool::allocate(200));
    for (int i = 0; i < 500; ++i) late.objects.push_back(object_pool::allocate(200));
  }).join();
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < objects.size(); i += 4) object_pool::deallocate(objects[i], 200);
      for (int i = 0; i < 1000; ++i) object_pool::deallocate(object_pool::allocate(200), 200);
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(objects.size() == 500);
}

TEST_CASE("an object that no machine can hold throws") {
  constexpr std::size_t bytes = std::numeric_limits<std::size_t>::max() / 2;
  CHECK(test::message_of<OutOfMemoryError>([] { object_pool::allocate(bytes); }) ==
        str("[allocate] out of memory for an object; got ", bytes, " bytes"));
}
