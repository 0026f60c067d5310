#include "body_parser.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace sinter::ptx {

namespace {

const std::map<std::string_view, Special>& specials() {
  static const std::map<std::string_view, Special> table{{"%tid.x", Special::tid_x},
                                                         {"%tid.y", Special::tid_y},
                                                         {"%tid.z", Special::tid_z},
                                                         {"%ntid.x", Special::ntid_x},
                                                         {"%ntid.y", Special::ntid_y},
                                                         {"%ntid.z", Special::ntid_z},
                                                         {"%ctaid.x", Special::ctaid_x},
                                                         {"%ctaid.y", Special::ctaid_y},
                                                         {"%ctaid.z", Special::ctaid_z},
                                                         {"%nctaid.x", Special::nctaid_x},
                                                         {"%nctaid.y", Special::nctaid_y},
                                                         {"%nctaid.z", Special::nctaid_z},
                                                         {"%laneid", Special::laneid},
                                                         {"%warpid", Special::warpid},
                                                         {"%lanemask_lt", Special::lanemask_lt},
                                                         {"%clock", Special::clock},
                                                         {"%clock64", Special::clock}};
  return table;
}

std::uint32_t aligned(std::uint32_t offset, std::uint32_t align) {
  return (offset + align - 1) / align * align;
}

// A name with an address: a parameter, a local or a shared variable.
struct Symbol {
  Space space = Space::generic;
  std::uint64_t address = 0;
  std::uint32_t bytes = 0;
  bool dynamic = false;
};

// What a call needs to know of a function that is already in the kernel's code.
struct Callee {
  std::int32_t start = 0;
  std::vector<Symbol> results, parameters;
};

// Parses one kernel; functions that it calls are appended to its code, each once. None of them
// calls itself, so their registers and variables can have fixed places.
class BodyParser {
 public:
  BodyParser(Module& module, Kernel& kernel) : module_(module), kernel_(kernel) {}
  void entry(Span at);
  void finish();

 private:
  struct Body {
    std::vector<std::map<std::string, std::int32_t, std::less<>>> registers;
    std::map<std::string, Symbol, std::less<>> symbols;
    std::map<std::string, std::int32_t, std::less<>> labels;
    std::map<std::string, std::vector<std::string>, std::less<>> tables;
    std::vector<std::pair<std::size_t, std::string>> jumps, table_jumps;
  };

  void body(Lexer& lexer, Body& b);
  void statement(Lexer& lexer, Body& b, std::string_view word);
  bool declaration(Lexer& lexer, Body& b, std::string_view word);
  void registers(Lexer& lexer, Body& b);
  Symbol local_variable(const Declaration& d);
  void shared_variable(Body& b, const std::string& name, const SharedVariable& v);
  void instruction(Lexer& lexer, Body& b, std::string_view word);
  void call(Lexer& lexer, Body& b, Instruction& i);
  Instruction copy(const Symbol& to, const Symbol& from, int line) const;
  const Callee& callee(const std::string& name);
  std::vector<Symbol> formals(Lexer& lexer, Body& b);
  Operand operand(Lexer& lexer, Body& b);
  Operand address(Lexer& lexer, Body& b);
  Operand name(Lexer& lexer, Body& b, std::string_view word);
  std::optional<std::int32_t> find_register(const Body& b, std::string_view name) const;
  Symbol symbol(Lexer& lexer, Body& b, std::string_view name);
  void resolve(Lexer& lexer, Body& b);

  Module& module_;
  Kernel& kernel_;
  std::map<std::string, Callee> callees_;
  std::set<std::string> waiting_;
  std::vector<std::pair<std::size_t, std::string>> calls_;
};

void BodyParser::entry(Span at) {
  Lexer lexer(module_.text, at);
  kernel_.name = lexer.next();
  Body b;
  if (lexer.accept("(")) {
    while (!lexer.accept(")")) {
      if (lexer.accept(",")) continue;
      lexer.expect(".param");
      const Declaration d = parse_declaration(lexer);
      const std::uint32_t offset = aligned(kernel_.parameter_bytes, d.align);
      kernel_.parameters.push_back({d.name, offset, d.bytes});
      kernel_.parameter_bytes = offset + d.bytes;
      b.symbols[d.name] = {Space::param, offset, d.bytes, false};
    }
  }
  lexer.skip_past("{");
  body(lexer, b);
}

// Dynamic shared memory lies behind the static variables, whose size is known now.
void BodyParser::finish() {
  for (Instruction& i : kernel_.code) {
    for (Operand& o : i.in) {
      if (o.dynamic_shared) o.imm += aligned(kernel_.shared_bytes, 16);
    }
  }
  kernel_.shared_bytes = aligned(kernel_.shared_bytes, 16);
}

void BodyParser::body(Lexer& lexer, Body& b) {
  b.registers.emplace_back();
  while (!b.registers.empty()) {
    const std::string_view word = lexer.next();
    if (word.empty()) lexer.fail("a body does not end");
    if (word == "{") {
      b.registers.emplace_back();
    } else if (word == "}") {
      b.registers.pop_back();
    } else if (word != ";") {
      statement(lexer, b, word);
    }
  }
  Instruction end;
  end.op = Op::ret;
  end.line = lexer.line();
  kernel_.code.push_back(end);
  resolve(lexer, b);
}

void BodyParser::statement(Lexer& lexer, Body& b, std::string_view word) {
  if (declaration(lexer, b, word)) return;
  if (lexer.accept(":")) {
    if (lexer.accept(".branchtargets")) {
      auto& targets = b.tables[std::string(word)];
      while (!lexer.accept(";")) {
        if (!lexer.accept(",")) targets.emplace_back(lexer.next());
      }
      return;
    }
    b.labels[std::string(word)] = static_cast<std::int32_t>(kernel_.code.size());
    return;
  }
  instruction(lexer, b, word);
}

bool BodyParser::declaration(Lexer& lexer, Body& b, std::string_view word) {
  if (word == ".reg") {
    registers(lexer, b);
  } else if (word == ".local" || word == ".param") {
    const Declaration d = parse_declaration(lexer);
    b.symbols[d.name] = local_variable(d);
    lexer.expect(";");
  } else if (word == ".shared") {
    const Declaration d = parse_declaration(lexer);
    shared_variable(b, d.name, {d.bytes, d.align, d.open});
    lexer.expect(";");
  } else if (word == ".loc") {
    lexer.skip_line();
  } else if (word == ".pragma") {
    lexer.skip_past(";");
  } else {
    return false;
  }
  return true;
}

void BodyParser::registers(Lexer& lexer, Body& b) {
  lexer.next();  // the type
  do {
    const std::string base(lexer.next());
    if (!lexer.accept("<")) {
      b.registers.back()[base] = kernel_.registers++;
      continue;
    }
    const auto count = parse_number(lexer.next());
    lexer.expect(">");
    for (std::uint64_t k = 0; k < count; ++k) {
      b.registers.back()[base + std::to_string(k)] = kernel_.registers++;
    }
  } while (lexer.accept(","));
  lexer.expect(";");
}

Symbol BodyParser::local_variable(const Declaration& d) {
  kernel_.local_bytes = aligned(kernel_.local_bytes, std::max<std::uint32_t>(d.align, 8));
  const Symbol out{Space::local, kernel_.local_bytes, d.bytes, false};
  kernel_.local_bytes += d.bytes;
  return out;
}

void BodyParser::shared_variable(Body& b, const std::string& name, const SharedVariable& v) {
  if (v.dynamic) {
    b.symbols[name] = {Space::shared, 0, 0, true};
    return;
  }
  kernel_.shared_bytes = aligned(kernel_.shared_bytes, v.align);
  b.symbols[name] = {Space::shared, kernel_.shared_bytes, v.bytes, false};
  kernel_.shared_bytes += v.bytes;
}

std::optional<std::int32_t> BodyParser::find_register(const Body& b, std::string_view name) const {
  for (auto scope = b.registers.rbegin(); scope != b.registers.rend(); ++scope) {
    const auto found = scope->find(name);
    if (found != scope->end()) return found->second;
  }
  return std::nullopt;
}

Symbol BodyParser::symbol(Lexer& lexer, Body& b, std::string_view name) {
  const auto found = b.symbols.find(name);
  if (found != b.symbols.end()) return found->second;
  const auto shared = module_.shared.find(std::string(name));
  if (shared != module_.shared.end()) {
    shared_variable(b, shared->first, shared->second);
    return b.symbols.find(name)->second;
  }
  const auto global = module_.globals.find(std::string(name));
  if (global == module_.globals.end()) lexer.fail("unknown name " + std::string(name));
  return {Space::global, global->second, 0, false};
}

Operand BodyParser::name(Lexer& lexer, Body& b, std::string_view word) {
  Operand o;
  if (const auto reg = find_register(b, word)) {
    o.kind = Operand::Kind::reg;
    o.reg = *reg;
    if (lexer.accept("|")) {
      const std::string_view second = lexer.next();
      o.second = find_register(b, second).value_or(-1);
    }
    return o;
  }
  const auto special = specials().find(word);
  if (special != specials().end()) {
    o.kind = Operand::Kind::special;
    o.imm = static_cast<std::uint64_t>(special->second);
    return o;
  }
  o.kind = Operand::Kind::imm;
  if (word == "WARP_SZ") {
    o.imm = 32;
    return o;
  }
  const Symbol s = symbol(lexer, b, word);
  o.imm = s.address;
  o.space = s.space;
  o.dynamic_shared = s.dynamic;
  return o;
}

// [name], [name + n], [n]; the bracket is taken.
Operand BodyParser::address(Lexer& lexer, Body& b) {
  Operand o = operand(lexer, b);
  if (o.kind == Operand::Kind::reg) o.imm = 0;
  o.address = true;
  while (!lexer.accept("]")) {
    bool negative = lexer.accept("-");
    if (!negative) lexer.expect("+");
    if (lexer.accept("-")) negative = !negative;
    const std::uint64_t offset = parse_number(lexer.next());
    o.imm += negative ? 0 - offset : offset;
  }
  return o;
}

Operand BodyParser::operand(Lexer& lexer, Body& b) {
  const std::string_view word = lexer.next();
  Operand o;
  if (word == "{") {
    o.kind = Operand::Kind::list;
    while (!lexer.accept("}")) {
      if (!lexer.accept(",")) o.list.push_back(operand(lexer, b));
    }
    return o;
  }
  if (word == "[") return address(lexer, b);
  if (word == "_") return o;
  if (word == "!") {
    o = operand(lexer, b);
    o.negated = true;
    return o;
  }
  const bool negative = word == "-";
  const std::string_view number = negative ? lexer.next() : word;
  if (number.empty()) lexer.fail("an operand is missing");
  if (number[0] < '0' || number[0] > '9') return name(lexer, b, number);
  o.kind = Operand::Kind::imm;
  o.imm = parse_number(number);
  if (negative) o.imm = 0 - o.imm;
  return o;
}

void BodyParser::instruction(Lexer& lexer, Body& b, std::string_view word) {
  Instruction i;
  i.line = lexer.line();
  const std::size_t begin = lexer.position().begin - word.size();
  if (word == "@") {
    i.predicate_negated = lexer.accept("!");
    const std::string_view predicate = lexer.next();
    const auto reg = find_register(b, predicate);
    if (!reg) lexer.fail("unknown predicate " + std::string(predicate));
    i.predicate = *reg;
    word = lexer.next();
  }
  std::string full(word);
  while (lexer.accept(":")) {  // .shared::cta and the like
    lexer.expect(":");
    const std::string_view rest = lexer.next();
    const std::size_t dot = rest.find('.');
    if (dot != std::string_view::npos) full += rest.substr(dot);
  }
  if (!decode_name(full, i)) lexer.fail("instruction not supported: " + full);
  if (i.op == Op::call) return call(lexer, b, i);
  if (i.op == Op::bra) {
    b.jumps.emplace_back(kernel_.code.size(), lexer.next());
  } else if (i.op == Op::brx) {
    i.in.push_back(operand(lexer, b));
    lexer.expect(",");
    b.table_jumps.emplace_back(kernel_.code.size(), lexer.next());
  } else {
    while (lexer.peek() != ";") {
      i.in.push_back(operand(lexer, b));
      lexer.accept(",");
    }
  }
  lexer.expect(";");
  i.text = lexer.text_from(begin);
  // Parameters of calls, and those of functions, are local variables here.
  for (const Operand& o : i.in) {
    if (o.address && i.space == Space::param && o.space == Space::local) i.space = Space::local;
  }
  kernel_.code.push_back(std::move(i));
}

Instruction BodyParser::copy(const Symbol& to, const Symbol& from, int line) const {
  Instruction i;
  i.op = Op::copy_param;
  i.line = line;
  for (const std::uint64_t number : {to.address, from.address, std::uint64_t{to.bytes}}) {
    Operand o;
    o.kind = Operand::Kind::imm;
    o.imm = number;
    i.in.push_back(o);
  }
  return i;
}

// call (results), name, (arguments): arguments are copied, then results.
void BodyParser::call(Lexer& lexer, Body& b, Instruction& i) {
  const auto list = [&] {
    std::vector<Symbol> symbols;
    while (!lexer.accept(")")) {
      if (!lexer.accept(",")) symbols.push_back(symbol(lexer, b, lexer.next()));
    }
    return symbols;
  };
  std::vector<Symbol> results, arguments;
  if (lexer.accept("(")) {
    results = list();
    lexer.expect(",");
  }
  const std::string name(lexer.next());
  if (lexer.accept(",") && lexer.accept("(")) arguments = list();
  lexer.expect(";");
  if (i.predicate >= 0) lexer.fail("a call with a predicate is not supported");
  const Callee& f = callee(name);
  if (f.parameters.size() != arguments.size() || f.results.size() != results.size()) {
    lexer.fail("a call of " + name + " has the wrong number of arguments");
  }
  for (std::size_t k = 0; k < arguments.size(); ++k) {
    kernel_.code.push_back(copy(f.parameters[k], arguments[k], i.line));
  }
  i.target = f.start;
  kernel_.code.push_back(i);
  for (std::size_t k = 0; k < results.size(); ++k) {
    kernel_.code.push_back(copy(results[k], f.results[k], i.line));
  }
}

std::vector<Symbol> BodyParser::formals(Lexer& lexer, Body& b) {
  std::vector<Symbol> out;
  while (!lexer.accept(")")) {
    if (lexer.accept(",")) continue;
    lexer.expect(".param");
    const Declaration d = parse_declaration(lexer);
    out.push_back(local_variable(d));
    b.symbols[d.name] = out.back();
  }
  return out;
}

const Callee& BodyParser::callee(const std::string& name) {
  const auto known = callees_.find(name);
  if (known != callees_.end()) return known->second;
  const auto found = module_.functions.find(name);
  if (found == module_.functions.end()) throw Error("there is no function " + name);
  if (!waiting_.insert(name).second) throw Error("function " + name + " calls itself");
  Lexer lexer(module_.text, found->second);
  Body b;
  Callee f;
  if (lexer.accept("(")) f.results = formals(lexer, b);
  lexer.next();
  if (lexer.accept("(")) f.parameters = formals(lexer, b);
  lexer.skip_past("{");
  // The caller's code goes on behind the function: it jumps over it.
  const std::size_t jump = kernel_.code.size();
  kernel_.code.emplace_back();
  kernel_.code[jump].op = Op::bra;
  kernel_.code[jump].line = lexer.line();
  f.start = static_cast<std::int32_t>(jump + 1);
  body(lexer, b);
  kernel_.code[jump].target = static_cast<std::int32_t>(kernel_.code.size());
  waiting_.erase(name);
  return callees_[name] = f;
}

void BodyParser::resolve(Lexer& lexer, Body& b) {
  const auto place = [&](const std::string& label) {
    const auto found = b.labels.find(label);
    if (found == b.labels.end()) lexer.fail("unknown label " + label);
    return found->second;
  };
  for (const auto& [at, label] : b.jumps) kernel_.code[at].target = place(label);
  for (const auto& [at, table] : b.table_jumps) {
    for (const std::string& label : b.tables[table]) kernel_.code[at].table.push_back(place(label));
  }
}

}  // namespace

Declaration parse_declaration(Lexer& lexer) {
  Declaration d;
  std::string_view word = lexer.next();
  while (word == ".align" || word == ".ptr" || word == ".visible" || word == ".global" ||
         word == ".shared" || word == ".const" || word == ".local") {
    if (word == ".align") d.align = static_cast<std::uint32_t>(parse_number(lexer.next()));
    word = lexer.next();
  }
  d.type = type_named(word.substr(1));
  if (d.type == Type::none) lexer.fail("unknown type " + std::string(word));
  word = lexer.next();
  while (word == ".ptr" || word == ".global" || word == ".shared" || word == ".align") {
    if (word == ".align") lexer.next();
    word = lexer.next();
  }
  d.name = word;
  std::uint64_t count = 1;
  while (lexer.accept("[")) {
    if (lexer.accept("]")) {
      d.open = true;
      continue;
    }
    count *= parse_number(lexer.next());
    lexer.expect("]");
  }
  d.bytes =
      d.open ? 0 : static_cast<std::uint32_t>(count) * static_cast<std::uint32_t>(size_of(d.type));
  d.align = std::max(d.align, static_cast<std::uint32_t>(size_of(d.type)));
  return d;
}

Kernel parse_kernel(Module& module, const std::string& name) {
  const auto found = module.entries.find(name);
  if (found == module.entries.end()) throw Error("there is no kernel " + name);
  Kernel kernel;
  BodyParser parser(module, kernel);
  parser.entry(found->second);
  parser.finish();
  return kernel;
}

}  // namespace sinter::ptx
