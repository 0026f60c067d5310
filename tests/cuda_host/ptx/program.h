// A parsed PTX module: its functions as lists of instructions, and its variables.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "types.h"

namespace sinter::ptx {

enum class Op : std::uint8_t {
  // Arithmetic: registers to a register.
  mov,
  add,
  sub,
  mul,
  mad,
  fma,
  div,
  rem,
  abs,
  neg,
  min,
  max,
  and_,
  or_,
  xor_,
  not_,
  cnot,
  shl,
  shr,
  setp,
  set,
  selp,
  slct,
  cvt,
  rcp,
  sqrt,
  rsqrt,
  sin,
  cos,
  ex2,
  lg2,
  tanh,
  copysign,
  testp,
  popc,
  clz,
  brev,
  bfind,
  bfe,
  bfi,
  prmt,
  shf,
  lop3,
  sad,
  mul24,
  addc,
  subc,
  madc,
  // Everything else.
  cvta,
  ld,
  st,
  atom,
  red,
  bra,
  brx,
  call,
  ret,
  copy_param,
  bar,
  warp_bar,
  shfl,
  vote,
  match,
  nop,
  trap,
};

enum class Space : std::uint8_t { generic, global, shared, local, param };

enum class Compare : std::uint8_t {
  none,
  eq,
  ne,
  lt,
  le,
  gt,
  ge,
  lo,
  ls,
  hi,
  hs,
  equ,
  neu,
  ltu,
  leu,
  gtu,
  geu,
  num,
  nan
};

// How a result is rounded: of floating type (rn ... rp), or to an integer (rni ... rpi).
enum class Round : std::uint8_t { none, rn, rz, rm, rp, rni, rzi, rmi, rpi };

enum class Special : std::uint8_t {
  tid_x,
  tid_y,
  tid_z,
  ntid_x,
  ntid_y,
  ntid_z,
  ctaid_x,
  ctaid_y,
  ctaid_z,
  nctaid_x,
  nctaid_y,
  nctaid_z,
  laneid,
  warpid,
  lanemask_lt,
  clock
};

struct Operand {
  enum class Kind : std::uint8_t { reg, imm, special, list, sink };
  Kind kind = Kind::sink;
  bool negated = false;          // !p
  bool dynamic_shared = false;   // imm is counted from the end of static shared memory
  Space space = Space::generic;  // of the variable that imm is an address in
  bool address = false;          // [reg + imm]
  std::int32_t reg = -1;
  std::int32_t second = -1;  // d|p
  std::uint64_t imm = 0;
  std::vector<Operand> list;
};

struct Instruction {
  Op op = Op::nop;
  Type type = Type::none, from = Type::none;
  Space space = Space::generic;
  Compare compare = Compare::none;
  Round round = Round::none;
  std::uint8_t vector = 1;
  bool wide = false, high = false, saturate = false, flush = false, to = false, left = false;
  bool clamp = false, nan = false, relu = false, predicate_negated = false, carry = false;
  std::int32_t predicate = -1;
  std::int32_t target = -1;         // of a branch or a call
  std::string variant;              // "add" of atom.add, "bfly" of shfl.bfly, "and" of setp.eq.and
  std::vector<Operand> in;          // destination first, where there is one
  std::vector<std::int32_t> table;  // of brx
  int line = 0;
  std::string_view text;
};

struct Parameter {
  std::string name;
  std::uint32_t offset = 0, bytes = 0;
};

struct Kernel {
  std::string name;
  std::vector<Parameter> parameters;
  std::uint32_t parameter_bytes = 0;
  std::int32_t registers = 0;
  std::uint32_t local_bytes = 0;
  std::uint32_t shared_bytes = 0;  // static
  std::vector<Instruction> code;
};

// Where a declaration lies in the text.
struct Span {
  std::size_t begin = 0;
  int line = 1;
};
struct SharedVariable {
  std::uint32_t bytes = 0, align = 1;
  bool dynamic = false;
};

class Module {
 public:
  // Finds functions and variables; bodies are parsed when they are first asked for. Throws Error.
  explicit Module(std::string text);
  ~Module();
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;

  bool has(const std::string& kernel) const { return entries.count(kernel) != 0; }
  // Throws Error when there is no such kernel, or its text has something unknown.
  const Kernel& kernel(const std::string& name);

  // For the parser.
  const std::string text;
  std::map<std::string, Span> entries, functions;
  std::map<std::string, std::uint64_t> globals;  // addresses
  std::map<std::string, SharedVariable> shared;

 private:
  std::map<std::string, std::unique_ptr<Kernel>> parsed_;
};

}  // namespace sinter::ptx
