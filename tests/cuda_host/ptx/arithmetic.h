// What instructions that only compute do.
#pragma once
#include "program.h"

namespace sinter::ptx {

// The destination's bits from those of the sources. For setp, bit 0 is the first predicate and bit
// 1 the second. Approximate instructions (.approx, .full) are computed exactly. Throws Error for a
// form that is not supported.
std::uint64_t evaluate(const Instruction& i, const std::uint64_t* x);

// Whether it reads or writes the thread's carry: add.cc, addc and their like.
inline bool uses_carry(const Instruction& i) { return i.carry || i.op >= Op::addc; }
// Such an instruction; the carry is that of the thread.
std::uint64_t evaluate_with_carry(const Instruction& i, const std::uint64_t* x, bool& carry);

// cvt.
std::uint64_t convert(const Instruction& i, const std::uint64_t* x);

// The result of an atomic operation on old, or of min/max and the like, by its name.
std::uint64_t combine(const Instruction& i, std::uint64_t old, const std::uint64_t* x);

}  // namespace sinter::ptx
