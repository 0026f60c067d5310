#include "block.h"

#include <algorithm>
#include <numeric>

#include "arithmetic.h"

namespace sinter::ptx {

using State = Thread::State;

Block::Block(const Kernel& kernel, const Launch& launch,
             const std::vector<std::uint8_t>& parameters, std::uint64_t launch_number)
    : kernel_(kernel),
      launch_(launch),
      parameters_(parameters),
      launch_number_(launch_number),
      count_(static_cast<int>(launch.block[0] * launch.block[1] * launch.block[2])),
      threads_(static_cast<std::size_t>(count_)),
      order_(static_cast<std::size_t>(count_)),
      registers_(static_cast<std::size_t>(count_) * static_cast<std::size_t>(kernel.registers)),
      shared_(kernel.shared_bytes + launch.dynamic_shared),
      shared_written_(shared_.size()),
      local_(static_cast<std::size_t>(count_) * kernel.local_bytes),
      shared_touches_(launch.check_races ? shared_.size() : 0),
      random_(launch.seed) {
  std::iota(order_.begin(), order_.end(), 0);
  if (launch.order == Order::backward) std::reverse(order_.begin(), order_.end());
}

void Block::start(std::uint32_t index) {
  index_ = index;
  place_ = {index % launch_.grid[0], index / launch_.grid[0] % launch_.grid[1],
            index / launch_.grid[0] / launch_.grid[1]};
  barriers_ = 0;
  std::fill(shared_.begin(), shared_.end(), std::uint8_t{0xff});
  std::fill(shared_written_.begin(), shared_written_.end(), std::uint8_t{0});
  std::fill(shared_touches_.begin(), shared_touches_.end(), Touches{});
  std::fill(registers_.begin(), registers_.end(), 0xccccccccccccccccU);
  for (std::size_t k = 0; k < threads_.size(); ++k) {
    threads_[k] = Thread{};
    threads_[k].id = static_cast<std::int32_t>(k);
    threads_[k].registers = registers_.data() + k * static_cast<std::size_t>(kernel_.registers);
  }
  shuffle_order();
}

void Block::shuffle_order() {
  if (launch_.order == Order::random) std::shuffle(order_.begin(), order_.end(), random_);
}

void Block::run(std::uint32_t index) {
  start(index);
  for (;;) {
    if (run_ready()) continue;
    const bool all_done = std::all_of(threads_.begin(), threads_.end(),
                                      [](const Thread& t) { return t.state == State::done; });
    if (all_done) return;
    release_barrier();
  }
}

bool Block::run_ready() {
  bool any = false;
  for (const std::int32_t k : order_) {
    Thread& t = threads_[static_cast<std::size_t>(k)];
    if (t.state != State::ready) continue;
    run_thread(t);
    any = true;
  }
  return any;
}

// Nobody can run on: all wait at one barrier, or something is wrong.
void Block::release_barrier() {
  const Thread* first = nullptr;
  int waiting = 0;
  for (const Thread& t : threads_) {
    const Instruction& i = kernel_.code[static_cast<std::size_t>(t.pc)];
    if (t.state == State::in_warp_op) fail(t, i, "waits for lanes of its mask that never come");
    if (t.state != State::at_barrier) continue;
    if (first == nullptr) first = &t;
    ++waiting;
    if (t.pc != first->pc) {
      fail(t, i,
           "divergent barrier: thread " + std::to_string(first->id) + " waits at line " +
               std::to_string(kernel_.code[static_cast<std::size_t>(first->pc)].line));
    }
  }
  const Instruction& barrier = kernel_.code[static_cast<std::size_t>(first->pc)];
  if (waiting != count_) {
    fail(*first, barrier,
         "barrier reached by " + std::to_string(waiting) + " of " + std::to_string(count_) +
             " threads; the others have exited");
  }
  for (Thread& t : threads_) {
    t.state = State::ready;
    ++t.pc;
  }
  ++barriers_;
  shuffle_order();
}

void Block::fail(const Thread& t, const Instruction& i, const std::string& what) const {
  throw Error(kernel_.name + ": " + what + "; block " + std::to_string(index_) + ", thread " +
              std::to_string(t.id) + ", line " + std::to_string(i.line) + ": " +
              std::string(i.text));
}

std::uint64_t Block::special(const Thread& t, Special which) const {
  const auto id = static_cast<std::uint32_t>(t.id);
  const auto k = static_cast<std::size_t>(which);
  const std::uint32_t x = id % launch_.block[0], y = id / launch_.block[0] % launch_.block[1];
  const std::array<std::uint32_t, 3> in_block{x, y, id / launch_.block[0] / launch_.block[1]};
  if (which <= Special::tid_z) return in_block[k];
  if (which <= Special::ntid_z) return launch_.block[k - 3];
  if (which <= Special::ctaid_z) return place_[k - 6];
  if (which <= Special::nctaid_z) return launch_.grid[k - 9];
  if (which == Special::laneid) return id % kWarpSize;
  if (which == Special::warpid) return id / kWarpSize;
  if (which == Special::lanemask_lt) return (std::uint64_t{1} << (id % kWarpSize)) - 1;
  return instructions_;
}

std::uint64_t Block::value(const Thread& t, const Operand& o) const {
  switch (o.kind) {
    case Operand::Kind::reg: {
      const std::uint64_t v = t.registers[o.reg];
      return o.negated ? static_cast<std::uint64_t>((v & 1) == 0) : v;
    }
    case Operand::Kind::special:
      return special(t, static_cast<Special>(o.imm));
    default:
      return o.imm;
  }
}

std::uint64_t Block::address_of(const Thread& t, const Operand& o) const {
  return o.imm + (o.reg >= 0 ? t.registers[o.reg] : 0);
}

void Block::run_thread(Thread& t) {
  for (;;) {
    const Instruction& i = kernel_.code[static_cast<std::size_t>(t.pc)];
    ++instructions_;
    if (i.predicate >= 0 && ((t.registers[i.predicate] & 1) != 0) == i.predicate_negated) {
      ++t.pc;
      continue;
    }
    if (i.op < Op::cvta) {
      compute(t, i);
      ++t.pc;
    } else if (!control(t, i)) {
      return;
    }
  }
}

void Block::compute(Thread& t, const Instruction& i) {
  constexpr std::size_t kMost = 5;
  if (i.op == Op::mov &&
      (i.in[0].kind == Operand::Kind::list || i.in[1].kind == Operand::Kind::list)) {
    return move_list(t, i);
  }
  std::uint64_t x[kMost] = {};
  for (std::size_t k = 1; k < i.in.size(); ++k) x[k - 1] = value(t, i.in[k]);
  const std::uint64_t result = uses_carry(i) ? evaluate_with_carry(i, x, t.carry) : evaluate(i, x);
  if (i.op != Op::setp) return assign(t, i.in[0], result);
  assign(t, i.in[0], result & 1);
  if (i.in[0].second >= 0) t.registers[i.in[0].second] = result >> 1;
}

// mov.b64 {lo, hi}, x and back.
void Block::move_list(Thread& t, const Instruction& i) {
  const bool unpack = i.in[0].kind == Operand::Kind::list;
  const std::vector<Operand>& parts = i.in[unpack ? 0 : 1].list;
  const int bits = bits_of(i.type) / static_cast<int>(parts.size());
  const std::uint64_t mask = (std::uint64_t{1} << bits) - 1;
  std::uint64_t whole = unpack ? value(t, i.in[1]) : 0;
  for (std::size_t k = 0; k < parts.size(); ++k) {
    const int at = bits * static_cast<int>(k);
    if (unpack) {
      assign(t, parts[k], whole >> at & mask);
    } else {
      whole |= (value(t, parts[k]) & mask) << at;
    }
  }
  if (!unpack) assign(t, i.in[0], whole);
}

bool Block::branch(Thread& t, const Instruction& i) {
  switch (i.op) {
    case Op::bra:
      t.pc = i.target;
      return true;
    case Op::brx: {
      const std::uint64_t at = zero_extend(value(t, i.in[0]), Type::u32);
      if (at >= i.table.size()) fail(t, i, "branch beyond its table");
      t.pc = i.table[at];
      return true;
    }
    case Op::call:
      if (t.depth == static_cast<std::int32_t>(t.returns.size())) fail(t, i, "calls are too deep");
      t.returns[static_cast<std::size_t>(t.depth++)] = t.pc + 1;
      t.pc = i.target;
      return true;
    default:
      if (t.depth == 0) {
        t.state = State::done;
        return false;
      }
      t.pc = t.returns[static_cast<std::size_t>(--t.depth)];
      return true;
  }
}

bool Block::control(Thread& t, const Instruction& i) {
  switch (i.op) {
    case Op::bra:
    case Op::brx:
    case Op::call:
    case Op::ret:
      return branch(t, i);
    case Op::ld:
    case Op::st:
      load_or_store(t, i);
      break;
    case Op::atom:
    case Op::red:
      atomic(t, i);
      break;
    case Op::cvta:
      to_window(t, i);
      break;
    case Op::copy_param:
      copy_parameter(t, i);
      break;
    case Op::bar:
      if (!i.variant.empty() || i.in.size() != 1 || value(t, i.in[0]) != 0) {
        fail(t, i, "only the barrier of the whole block is supported");
      }
      t.state = State::at_barrier;
      return false;
    case Op::shfl:
    case Op::vote:
    case Op::match:
    case Op::warp_bar:
      return wait_in_warp(t, i);
    case Op::nop:
      break;
    default:
      fail(t, i, "trap");
  }
  ++t.pc;
  return true;
}

void Block::to_window(Thread& t, const Instruction& i) {
  std::uint64_t address = value(t, i.in[1]);
  if (i.space == Space::shared || i.space == Space::local) {
    const std::uint64_t window = i.space == Space::shared ? kSharedWindow : kLocalWindow;
    address = zero_extend(address, Type::u32) | (i.to ? 0 : window);
  }
  assign(t, i.in[0], address);
}

void Block::copy_parameter(Thread& t, const Instruction& i) {
  std::uint8_t* local = local_.data() + static_cast<std::size_t>(t.id) * kernel_.local_bytes;
  std::memcpy(local + i.in[0].imm, local + i.in[1].imm, i.in[2].imm);
}

}  // namespace sinter::ptx
