// One block of a launch: its threads, its shared memory, and how they wait for each other.
#pragma once
#include <random>
#include <string>
#include <vector>

#include "launch.h"
#include "memory.h"

namespace sinter::ptx {

inline constexpr int kWarpSize = 32;
// Generic addresses of shared and local memory.
inline constexpr std::uint64_t kSharedWindow = std::uint64_t{1} << 56;
inline constexpr std::uint64_t kLocalWindow = std::uint64_t{2} << 56;

struct Thread {
  enum class State : std::uint8_t { ready, at_barrier, in_warp_op, done };
  std::uint64_t* registers = nullptr;
  std::int32_t pc = 0;
  std::int32_t id = 0;
  State state = State::ready;
  bool carry = false;
  std::uint32_t mask = 0;  // of the warp operation it waits in
  std::uint32_t warp_barriers = 0;
  std::int32_t depth = 0;  // of calls
  std::array<std::int32_t, 16> returns{};
};

enum class Access : std::uint8_t { read, write, atomic };

class Block {
 public:
  Block(const Kernel& kernel, const Launch& launch, const std::vector<std::uint8_t>& parameters,
        std::uint64_t launch_number);
  // Runs block `index` of the grid.
  void run(std::uint32_t index);
  std::uint64_t instructions() const { return instructions_; }

 private:
  void start(std::uint32_t index);
  void shuffle_order();
  bool run_ready();
  void release_barrier();
  void run_thread(Thread& t);
  // Runs one instruction that is not plain arithmetic; false when the thread has to wait.
  bool control(Thread& t, const Instruction& i);
  bool branch(Thread& t, const Instruction& i);
  void compute(Thread& t, const Instruction& i);
  void move_list(Thread& t, const Instruction& i);
  void load_or_store(Thread& t, const Instruction& i);
  void atomic(Thread& t, const Instruction& i);
  void to_window(Thread& t, const Instruction& i);
  void copy_parameter(Thread& t, const Instruction& i);
  bool wait_in_warp(Thread& t, const Instruction& i);

  // A whole warp operation, once all lanes of the mask are there.
  bool warp_complete(const Thread& t, const Instruction& i);
  void shuffle(int base, std::uint32_t mask, const Instruction& i);
  void vote(int base, std::uint32_t mask, const Instruction& i);
  void match(int base, std::uint32_t mask, const Instruction& i);

  // The place of an access, checked.
  std::uint8_t* locate(Thread& t, const Instruction& i, std::uint64_t address, std::uint32_t bytes,
                       Access access);
  std::uint8_t* locate_shared(Thread& t, const Instruction& i, std::uint64_t offset,
                              std::uint32_t bytes, Access access);
  std::uint8_t* locate_local(Thread& t, const Instruction& i, std::uint64_t offset,
                             std::uint32_t bytes);
  std::uint8_t* locate_global(Thread& t, const Instruction& i, std::uint64_t address,
                              std::uint32_t bytes, Access access);
  void note_touches(const Thread& t, const Instruction& i, Touches* touches, std::uint32_t bytes,
                    Access access, bool global);
  bool conflicts(const Thread& t, const Touch& earlier, bool global) const;
  [[noreturn]] void fail(const Thread& t, const Instruction& i, const std::string& what) const;

  std::uint64_t value(const Thread& t, const Operand& o) const;
  std::uint64_t address_of(const Thread& t, const Operand& o) const;
  std::uint64_t special(const Thread& t, Special which) const;
  void assign(Thread& t, const Operand& o, std::uint64_t v) const {
    if (o.kind == Operand::Kind::reg) t.registers[o.reg] = v;
  }

  const Kernel& kernel_;
  const Launch& launch_;
  const std::vector<std::uint8_t>& parameters_;
  std::uint64_t launch_number_;
  int count_;  // threads
  std::uint32_t index_ = 0;
  std::array<std::uint32_t, 3> place_{};
  std::uint32_t barriers_ = 0;
  std::uint64_t instructions_ = 0;
  std::vector<Thread> threads_;
  std::vector<std::int32_t> order_;
  std::vector<std::uint64_t> registers_;
  std::vector<std::uint8_t> shared_, shared_written_, local_;
  std::vector<Touches> shared_touches_;
  Allocation* recent_ = nullptr;  // where the last global access was
  std::mt19937 random_;
};

}  // namespace sinter::ptx
