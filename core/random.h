// Random numbers by counter: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as
// 1, 2, 3", SC 2011).
#pragma once
#include <array>
#include <cstdint>
#include <memory>

namespace sinter {

// The block of four 32-bit random numbers that key and counter determine.
std::array<std::uint32_t, 4> philox4x32(std::array<std::uint32_t, 4> counter,
                                        std::array<std::uint32_t, 2> key);

// A reserved piece of the random stream: element i of a fill reads the Philox block with key seed
// and counter (offset + i / 4, 0), word i % 4 (64-bit draws use two words). The same numbers come
// out on every device and with any number of threads.
struct PhiloxState {
  std::uint64_t seed = 0;
  std::uint64_t offset = 0;  // in blocks of four 32-bit words
};

// The state of a random stream: a seed and the next unused block. Copies share the state; moving
// copies, so that no generator is ever without one.
class Generator {
 public:
  Generator(const Generator&) = default;
  Generator& operator=(const Generator&) = default;
  explicit Generator(std::uint64_t seed = default_seed);
  static constexpr std::uint64_t default_seed = 67280421310721;

  // Restarts the stream.
  void set_current_seed(std::uint64_t seed);
  std::uint64_t current_seed() const;
  // Seed and offset, to be given back to set_state.
  PhiloxState get_state() const;
  void set_state(PhiloxState state);
  // Takes blocks from the stream and returns where they start. Safe to call from several threads.
  PhiloxState reserve(std::uint64_t blocks);
  // A new generator with the same state that does not share it.
  Generator clone() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

// The generator that ops use when none is given.
Generator& default_generator();
// Seeds the default generator and returns it.
Generator& manual_seed(std::uint64_t seed);

}  // namespace sinter
