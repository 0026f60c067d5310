#include <sinter/core/random.h>

#include <mutex>

namespace sinter {

namespace {

struct Product {
  std::uint32_t high;
  std::uint32_t low;
};

Product multiply(std::uint32_t a, std::uint32_t b) {
  const std::uint64_t product = std::uint64_t{a} * b;
  return {static_cast<std::uint32_t>(product >> 32), static_cast<std::uint32_t>(product)};
}

}  // namespace

std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const Product a = multiply(0xD2511F53U, counter[0]);
    const Product b = multiply(0xCD9E8D57U, counter[2]);
    counter = {b.high ^ counter[1] ^ key[0], b.low, a.high ^ counter[3] ^ key[1], a.low};
    key[0] += 0x9E3779B9U;
    key[1] += 0xBB67AE85U;
  }
  return counter;
}

struct Generator::State {
  mutable std::mutex mutex;
  PhiloxState philox;
};

Generator::Generator(std::uint64_t seed) : state_(std::make_shared<State>()) {
  state_->philox.seed = seed;
}

void Generator::set_current_seed(std::uint64_t seed) { set_state({seed, 0}); }

std::uint64_t Generator::current_seed() const { return get_state().seed; }

PhiloxState Generator::get_state() const {
  const std::lock_guard lock(state_->mutex);
  return state_->philox;
}

void Generator::set_state(PhiloxState state) {
  const std::lock_guard lock(state_->mutex);
  state_->philox = state;
}

PhiloxState Generator::reserve(std::uint64_t blocks) {
  const std::lock_guard lock(state_->mutex);
  const PhiloxState start = state_->philox;
  state_->philox.offset += blocks;
  return start;
}

Generator Generator::clone() const {
  Generator copy;
  copy.set_state(get_state());
  return copy;
}

Generator& default_generator() {
  // Never destroyed: static destructors may still draw numbers.
  static auto& generator = *new Generator;
  return generator;
}

Generator& manual_seed(std::uint64_t seed) {
  default_generator().set_current_seed(seed);
  return default_generator();
}

}  // namespace sinter
