#include <sinter/core/random.h>

#include <catch2/catch.hpp>
#include <cmath>
#include <set>
#include <thread>
#include <vector>

using namespace sinter;

namespace {

using Block = std::array<std::uint32_t, 4>;

// The block that a fill reads at that offset.
Block block_at(PhiloxState state, std::uint64_t i) {
  const std::uint64_t counter = state.offset + i;
  return philox4x32(
      {static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), 0, 0},
      {static_cast<std::uint32_t>(state.seed), static_cast<std::uint32_t>(state.seed >> 32)});
}

}  // namespace

TEST_CASE("Philox gives the known answers of its authors") {
  constexpr std::uint32_t ones = 0xffffffff;
  CHECK(philox4x32({0, 0, 0, 0}, {0, 0}) == Block{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(philox4x32({ones, ones, ones, ones}, {ones, ones}) ==
        Block{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
        Block{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("the stream's bits are balanced, and its neighbours independent") {
  const PhiloxState state{42, 0};
  int ones[32] = {};
  double product = 0;
  double previous = 0;
  constexpr int blocks = 50000;
  for (int i = 0; i < blocks; ++i) {
    for (const std::uint32_t word : block_at(state, static_cast<std::uint64_t>(i))) {
      for (int bit = 0; bit < 32; ++bit) ones[bit] += static_cast<int>(word >> bit & 1U);
      const double centred = word * 0x1p-32 - 0.5;
      product += centred * previous;
      previous = centred;
    }
  }
  // Five standard deviations.
  constexpr double words = 4.0 * blocks;
  for (const int count : ones) CHECK(std::abs(count - words / 2) < 5 * std::sqrt(words) / 2);
  CHECK(std::abs(product) < 5 * std::sqrt(words) / 12);
}

TEST_CASE("a generator hands out each block once") {
  Generator generator(7);
  CHECK(generator.current_seed() == 7);
  CHECK(generator.reserve(10).offset == 0);
  CHECK(generator.reserve(5).offset == 10);
  CHECK(generator.get_state().offset == 15);
  CHECK(generator.get_state().seed == 7);
}

TEST_CASE("seeds and states restart the stream") {
  Generator generator;
  CHECK(generator.current_seed() == Generator::default_seed);
  generator.reserve(3);
  const PhiloxState saved = generator.get_state();
  generator.reserve(100);
  generator.set_state(saved);
  CHECK(generator.reserve(1).offset == 3);
  generator.set_current_seed(9);
  CHECK(generator.get_state().seed == 9);
  CHECK(generator.get_state().offset == 0);
}

TEST_CASE("copies of a generator share its state, clones and moved-from ones keep one") {
  Generator generator(1);
  Generator copy = generator;
  copy.reserve(4);
  CHECK(generator.get_state().offset == 4);
  Generator clone = generator.clone();
  clone.reserve(4);
  CHECK(generator.get_state().offset == 4);
  Generator moved = std::move(generator);
  CHECK(generator.current_seed() == 1);  // NOLINT: moving copies
  CHECK(moved.get_state().offset == 4);
}

TEST_CASE("manual_seed restarts the default generator") {
  const PhiloxState before = default_generator().get_state();
  manual_seed(5).reserve(2);
  CHECK(default_generator().get_state().seed == 5);
  CHECK(default_generator().get_state().offset == 2);
  default_generator().set_state(before);
}

TEST_CASE("threads reserve from one generator without meeting") {
  Generator generator(3);
  std::vector<std::vector<std::uint64_t>> offsets(4);
  std::vector<std::thread> threads;
  for (auto& mine : offsets) {
    threads.emplace_back([&generator, &mine] {
      for (int i = 0; i < 1000; ++i) mine.push_back(generator.reserve(2).offset);
    });
  }
  for (auto& thread : threads) thread.join();
  std::set<std::uint64_t> all;
  for (const auto& mine : offsets) all.insert(mine.begin(), mine.end());
  CHECK(all.size() == 4000);
  CHECK(*all.rbegin() == 7998);
}
