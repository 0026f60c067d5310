#include <sinter/core/error.h>
#include <sinter/core/parallel.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "error_message.h"

using namespace sinter;
using test::message_of;

namespace {

class WithThreads {
 public:
  explicit WithThreads(int threads) { set_num_threads(threads); }
  ~WithThreads() { set_num_threads(before_); }

 private:
  int before_ = get_num_threads();
};

// The ranges in which a loop over [begin, end) runs, in order.
std::vector<std::pair<std::int64_t, std::int64_t>> ranges(std::int64_t begin, std::int64_t end,
                                                          std::int64_t grain) {
  std::vector<std::pair<std::int64_t, std::int64_t>> all(64);
  std::atomic<std::size_t> count{0};
  parallel_for(begin, end, grain, [&](std::int64_t b, std::int64_t e) { all[count++] = {b, e}; });
  all.resize(count);
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

TEST_CASE("a parallel loop visits each index once") {
  for (const int threads : {1, 2, 3, 8}) {
    const WithThreads with(threads);
    for (const std::int64_t count : {0, 1, 2, 7, 1000, 1001}) {
      std::vector<std::atomic<int>> visits(static_cast<std::size_t>(count));
      parallel_for(0, count, 3, [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) ++visits[static_cast<std::size_t>(i)];
      });
      for (const auto& visit : visits) REQUIRE(visit == 1);
    }
  }
}

TEST_CASE("work of less than two grains stays on the calling thread") {
  const WithThreads with(4);
  CHECK(ranges(5, 24, 10).size() == 1);
  CHECK(ranges(5, 25, 10).size() == 2);
  CHECK(ranges(0, 100, 10).size() == 4);
  CHECK(ranges(0, 100, 0).size() == 4);
  CHECK(ranges(3, 3, 1).empty());
  CHECK(ranges(4, 3, 1).empty());
}

TEST_CASE("ranges follow one another") {
  const WithThreads with(3);
  const auto all = ranges(10, 111, 1);
  CHECK(all.front().first == 10);
  CHECK(all.back().second == 111);
  for (std::size_t i = 1; i < all.size(); ++i) CHECK(all[i].first == all[i - 1].second);
}

TEST_CASE("a loop inside a loop runs on one thread") {
  const WithThreads with(4);
  std::atomic<int> inner{0};
  parallel_for(0, 4, 1, [&](std::int64_t, std::int64_t) {
    const std::thread::id self = std::this_thread::get_id();
    parallel_for(0, 100, 1, [&](std::int64_t, std::int64_t) {
      inner += std::this_thread::get_id() == self ? 1 : 1000;
    });
  });
  CHECK(inner == 4);
}

TEST_CASE("the first exception of a loop reaches the caller, and later loops work") {
  const WithThreads with(3);
  for (const int only : {-1, 0, 50, 99}) {
    CHECK(message_of([only] {
            parallel_for(0, 100, 1, [only](std::int64_t begin, std::int64_t end) {
              if (only < 0 || (begin <= only && only < end)) fail("[test] broken; got ", only);
            });
          }) == "[test] broken; got " + std::to_string(only));
  }
  CHECK(ranges(0, 100, 1).size() == 3);
}

TEST_CASE("the number of threads holds for all threads and is at least one") {
  const WithThreads with(3);
  int seen = 0;
  std::size_t parts = 0;
  std::thread([&] {
    seen = get_num_threads();
    parts = ranges(0, 100, 1).size();
    set_num_threads(2);
  }).join();
  CHECK(seen == 3);
  CHECK(parts == 3);
  CHECK(get_num_threads() == 2);
  CHECK(ranges(0, 100, 1).size() == 2);
  CHECK(message_of<ValueError>([] { set_num_threads(0); }) ==
        "[set_num_threads] there must be at least 1 thread; got 0");
  CHECK(message_of<ValueError>([] { set_num_threads(-2147483647 - 1); }) ==
        "[set_num_threads] there must be at least 1 thread; got -2147483648");
  CHECK(get_num_threads() == 2);
}

TEST_CASE("several threads may run loops at once") {
  const WithThreads with(2);
  std::atomic<std::int64_t> sum{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&sum] {
      for (int i = 0; i < 50; ++i) {
        parallel_for(0, 100, 1, [&](std::int64_t b, std::int64_t e) { sum += e - b; });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(sum == 4 * 50 * 100);
}

TEST_CASE("deterministic mode is off until asked for") {
  CHECK_FALSE(deterministic());
  set_deterministic(true);
  CHECK(deterministic());
  set_deterministic(false);
}
