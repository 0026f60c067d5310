#include <algorithm>
#include <cstdlib>

#include "body_parser.h"
#include "lexer.h"
#include "memory.h"
#include "program.h"

namespace sinter::ptx {

namespace {

// The top level of a module: what is declared, and where functions are.
class ModuleScanner {
 public:
  explicit ModuleScanner(Module& module) : module_(module), lexer_(module.text) {}
  void run() {
    for (std::string_view word = lexer_.next(); !word.empty(); word = lexer_.next()) scan(word);
  }

 private:
  void scan(std::string_view word);
  void function(bool entry);
  void variable(bool in_shared, bool dynamic);
  std::vector<std::uint8_t> initial_value(Type type, std::size_t bytes);

  Module& module_;
  Lexer lexer_;
  bool external_ = false;
};

void ModuleScanner::scan(std::string_view word) {
  if (word == ".version" || word == ".address_size") {
    lexer_.next();
  } else if (word == ".target" || word == ".file" || word == ".section") {
    lexer_.skip_line();
  } else if (word == ".extern") {
    external_ = true;
  } else if (word == ".visible" || word == ".weak" || word == ".common") {
    external_ = false;
  } else if (word == ".entry" || word == ".func") {
    function(word == ".entry");
  } else if (word == ".global" || word == ".const" || word == ".shared") {
    variable(word == ".shared", external_);
    external_ = false;
  } else {
    lexer_.fail("unknown declaration " + std::string(word));
  }
}

void ModuleScanner::function(bool entry) {
  const Span begin = lexer_.position();
  if (lexer_.accept("(")) lexer_.skip_past(")");
  const std::string name(lexer_.next());
  for (std::string_view word = lexer_.next(); word != "{"; word = lexer_.next()) {
    if (word == ";") return;  // declared only
    if (word.empty()) lexer_.fail("function " + name + " has no body");
  }
  (entry ? module_.entries : module_.functions)[name] = begin;
  lexer_.skip_body();
  external_ = false;
}

std::vector<std::uint8_t> ModuleScanner::initial_value(Type type, std::size_t bytes) {
  std::vector<std::uint8_t> value(bytes, 0);
  if (!lexer_.accept("=")) return value;
  const bool list = lexer_.accept("{");
  const auto size = static_cast<std::size_t>(size_of(type));
  for (std::size_t at = 0;; at += size) {
    const bool negative = lexer_.accept("-");
    std::uint64_t number = parse_number(lexer_.next());
    if (negative) number = 0 - number;
    if (at + size <= bytes) std::memcpy(&value[at], &number, size);
    if (!list || !lexer_.accept(",")) break;
  }
  if (list) lexer_.expect("}");
  return value;
}

void ModuleScanner::variable(bool in_shared, bool dynamic) {
  const Declaration d = parse_declaration(lexer_);
  if (in_shared) {
    module_.shared[d.name] = {d.bytes, d.align, dynamic || d.open};
    return lexer_.expect(";");
  }
  const std::vector<std::uint8_t> value = initial_value(d.type, d.bytes);
  lexer_.expect(";");
  void* memory = DeviceMemory::instance().allocate(std::max<std::size_t>(d.bytes, 1));
  if (memory == nullptr) lexer_.fail("no memory for " + d.name);
  std::memcpy(memory, value.data(), value.size());
  module_.globals[d.name] = reinterpret_cast<std::uint64_t>(memory);
}

}  // namespace

Module::Module(std::string source) : text(std::move(source)) { ModuleScanner(*this).run(); }

Module::~Module() {
  for (const auto& [name, address] : globals) {
    DeviceMemory::instance().free(reinterpret_cast<void*>(address));
  }
}

const Kernel& Module::kernel(const std::string& name) {
  std::unique_ptr<Kernel>& slot = parsed_[name];
  if (slot == nullptr) slot = std::make_unique<Kernel>(parse_kernel(*this, name));
  return *slot;
}

}  // namespace sinter::ptx
