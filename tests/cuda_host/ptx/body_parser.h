// From the text of a kernel, and of the functions it calls, to instructions.
#pragma once
#include "lexer.h"
#include "program.h"

namespace sinter::ptx {

// A variable or parameter: [.align n] [.ptr ...] .type name[count]...
struct Declaration {
  Type type = Type::none;
  std::string name;
  std::uint32_t bytes = 0, align = 1;
  bool open = false;  // name[] without a size
};
Declaration parse_declaration(Lexer& lexer);

// Throws Error for what it does not know.
Kernel parse_kernel(Module& module, const std::string& name);

// The type that a suffix (without its dot) names, or none.
Type type_named(std::string_view suffix);

// An instruction from its dotted name: operation, types, and the rest of the suffixes. False when
// the name is unknown.
bool decode_name(std::string_view name, Instruction& out);

}  // namespace sinter::ptx
