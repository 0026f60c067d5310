// Operations of a warp: shuffles, votes, matches and __syncwarp.
#include "block.h"

namespace sinter::ptx {

using State = Thread::State;

bool Block::wait_in_warp(Thread& t, const Instruction& i) {
  t.mask = static_cast<std::uint32_t>(value(t, i.in.back()));
  t.state = State::in_warp_op;
  if ((t.mask >> (t.id % kWarpSize) & 1) == 0) fail(t, i, "the lane is not in its own mask");
  // The last lane to come goes on at once; the others when their turn comes.
  return warp_complete(t, i);
}

bool Block::warp_complete(const Thread& t, const Instruction& i) {
  const int base = t.id / kWarpSize * kWarpSize;
  const std::uint32_t mask = t.mask;
  for (int lane = 0; lane < kWarpSize; ++lane) {
    if ((mask >> lane & 1) == 0) continue;
    if (base + lane >= count_) fail(t, i, "the mask names a lane beyond the block");
    const Thread& other = threads_[static_cast<std::size_t>(base + lane)];
    if (other.state == State::done) {
      fail(t, i, "the mask names lane " + std::to_string(lane) + ", which has exited");
    }
    if (other.state != State::in_warp_op || other.pc != t.pc) return false;
    if (other.mask != mask) fail(t, i, "lanes come with different masks");
  }
  if (i.op == Op::shfl) shuffle(base, mask, i);
  if (i.op == Op::vote) vote(base, mask, i);
  if (i.op == Op::match) match(base, mask, i);
  for (int lane = 0; lane < kWarpSize; ++lane) {
    if ((mask >> lane & 1) == 0) continue;
    Thread& other = threads_[static_cast<std::size_t>(base + lane)];
    if (i.op == Op::warp_bar) ++other.warp_barriers;
    other.state = State::ready;
    ++other.pc;
  }
  return true;
}

namespace {

struct Source {
  int lane;
  bool in_range;
};

// Which lane a lane reads: PTX's rule for b (an offset or an index) and c (clamp and segments).
Source source_lane(const std::string& variant, int lane, std::uint32_t b, std::uint32_t c) {
  const int offset = static_cast<int>(b & 31);
  const int segment = static_cast<int>(c >> 8 & 31), clamp = static_cast<int>(c & 31);
  const int most = (lane & segment) | (clamp & ~segment), least = lane & segment;
  if (variant == "up") return {lane - offset, lane - offset >= most};
  if (variant == "down") return {lane + offset, lane + offset <= most};
  if (variant == "bfly") return {lane ^ offset, (lane ^ offset) <= most};
  const int index = least | (offset & ~segment);
  return {index, index <= most};
}

}  // namespace

void Block::shuffle(int base, std::uint32_t mask, const Instruction& i) {
  std::array<std::uint64_t, kWarpSize> given{};
  for (int lane = 0; lane < kWarpSize; ++lane) {
    if ((mask >> lane & 1) != 0) {
      given[static_cast<std::size_t>(lane)] =
          value(threads_[static_cast<std::size_t>(base + lane)], i.in[1]);
    }
  }
  for (int lane = 0; lane < kWarpSize; ++lane) {
    if ((mask >> lane & 1) == 0) continue;
    Thread& t = threads_[static_cast<std::size_t>(base + lane)];
    const Source from = source_lane(i.variant, lane, static_cast<std::uint32_t>(value(t, i.in[2])),
                                    static_cast<std::uint32_t>(value(t, i.in[3])));
    const int read = from.in_range ? from.lane : lane;
    if ((mask >> read & 1) == 0) {
      fail(t, i, "shuffle reads lane " + std::to_string(read) + " outside of the mask");
    }
    assign(t, i.in[0], given[static_cast<std::size_t>(read)]);
    if (i.in[0].second >= 0) t.registers[i.in[0].second] = from.in_range ? 1 : 0;
  }
}

void Block::vote(int base, std::uint32_t mask, const Instruction& i) {
  std::uint32_t ballot = 0;
  for (int lane = 0; lane < kWarpSize; ++lane) {
    if ((mask >> lane & 1) == 0) continue;
    const Thread& t = threads_[static_cast<std::size_t>(base + lane)];
    if ((value(t, i.in[1]) & 1) != 0) ballot |= 1U << lane;
  }
  const bool agreed = i.variant == "any"   ? ballot != 0
                      : i.variant == "all" ? ballot == mask
                                           : ballot == mask || ballot == 0;
  for (int lane = 0; lane < kWarpSize; ++lane) {
    if ((mask >> lane & 1) == 0) continue;
    Thread& t = threads_[static_cast<std::size_t>(base + lane)];
    assign(t, i.in[0], i.variant == "ballot" ? ballot : static_cast<std::uint64_t>(agreed));
  }
}

void Block::match(int base, std::uint32_t mask, const Instruction& i) {
  if (i.variant != "any") {
    fail(threads_[static_cast<std::size_t>(base)], i, "only match.any is supported");
  }
  for (int lane = 0; lane < kWarpSize; ++lane) {
    if ((mask >> lane & 1) == 0) continue;
    Thread& t = threads_[static_cast<std::size_t>(base + lane)];
    std::uint32_t same = 0;
    for (int k = 0; k < kWarpSize; ++k) {
      if ((mask >> k & 1) == 0) continue;
      const Thread& other = threads_[static_cast<std::size_t>(base + k)];
      if (value(other, i.in[1]) == value(t, i.in[1])) same |= 1U << k;
    }
    assign(t, i.in[0], same);
  }
}

}  // namespace sinter::ptx
