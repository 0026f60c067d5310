#include <map>

#include "body_parser.h"

namespace sinter::ptx {

namespace {

const std::map<std::string_view, Op>& ops() {
  static const std::map<std::string_view, Op> table{
      {"mov", Op::mov},      {"add", Op::add},       {"sub", Op::sub},
      {"mul", Op::mul},      {"mad", Op::mad},       {"fma", Op::fma},
      {"div", Op::div},      {"rem", Op::rem},       {"abs", Op::abs},
      {"neg", Op::neg},      {"min", Op::min},       {"max", Op::max},
      {"and", Op::and_},     {"or", Op::or_},        {"xor", Op::xor_},
      {"not", Op::not_},     {"cnot", Op::cnot},     {"shl", Op::shl},
      {"shr", Op::shr},      {"setp", Op::setp},     {"set", Op::set},
      {"selp", Op::selp},    {"slct", Op::slct},     {"cvt", Op::cvt},
      {"rcp", Op::rcp},      {"sqrt", Op::sqrt},     {"rsqrt", Op::rsqrt},
      {"sin", Op::sin},      {"cos", Op::cos},       {"ex2", Op::ex2},
      {"lg2", Op::lg2},      {"tanh", Op::tanh},     {"copysign", Op::copysign},
      {"testp", Op::testp},  {"popc", Op::popc},     {"clz", Op::clz},
      {"brev", Op::brev},    {"bfind", Op::bfind},   {"bfe", Op::bfe},
      {"bfi", Op::bfi},      {"prmt", Op::prmt},     {"shf", Op::shf},
      {"lop3", Op::lop3},    {"sad", Op::sad},       {"mul24", Op::mul24},
      {"addc", Op::addc},    {"subc", Op::subc},     {"madc", Op::madc},
      {"cvta", Op::cvta},    {"ld", Op::ld},         {"ldu", Op::ld},
      {"st", Op::st},        {"atom", Op::atom},     {"red", Op::red},
      {"bra", Op::bra},      {"brx", Op::brx},       {"call", Op::call},
      {"ret", Op::ret},      {"exit", Op::ret},      {"bar", Op::bar},
      {"barrier", Op::bar},  {"shfl", Op::shfl},     {"vote", Op::vote},
      {"match", Op::match},  {"membar", Op::nop},    {"fence", Op::nop},
      {"prefetch", Op::nop}, {"nanosleep", Op::nop}, {"trap", Op::trap}};
  return table;
}

const std::map<std::string_view, Type>& types() {
  static const std::map<std::string_view, Type> table{
      {"pred", Type::pred},     {"b8", Type::b8},   {"b16", Type::b16},   {"b32", Type::b32},
      {"b64", Type::b64},       {"u8", Type::u8},   {"u16", Type::u16},   {"u32", Type::u32},
      {"u64", Type::u64},       {"s8", Type::s8},   {"s16", Type::s16},   {"s32", Type::s32},
      {"s64", Type::s64},       {"f16", Type::f16}, {"bf16", Type::bf16}, {"f16x2", Type::f16x2},
      {"bf16x2", Type::bf16x2}, {"f32", Type::f32}, {"f64", Type::f64}};
  return table;
}

const std::map<std::string_view, Compare>& compares() {
  static const std::map<std::string_view, Compare> table{
      {"eq", Compare::eq},   {"ne", Compare::ne},   {"lt", Compare::lt},   {"le", Compare::le},
      {"gt", Compare::gt},   {"ge", Compare::ge},   {"lo", Compare::lo},   {"ls", Compare::ls},
      {"hi", Compare::hi},   {"hs", Compare::hs},   {"equ", Compare::equ}, {"neu", Compare::neu},
      {"ltu", Compare::ltu}, {"leu", Compare::leu}, {"gtu", Compare::gtu}, {"geu", Compare::geu},
      {"num", Compare::num}, {"nan", Compare::nan}};
  return table;
}

const std::map<std::string_view, Round>& rounds() {
  static const std::map<std::string_view, Round> table{
      {"rn", Round::rn},   {"rz", Round::rz},   {"rm", Round::rm},   {"rp", Round::rp},
      {"rni", Round::rni}, {"rzi", Round::rzi}, {"rmi", Round::rmi}, {"rpi", Round::rpi}};
  return table;
}

const std::map<std::string_view, Space>& spaces() {
  static const std::map<std::string_view, Space> table{{"global", Space::global},
                                                       {"const", Space::global},
                                                       {"shared", Space::shared},
                                                       {"local", Space::local},
                                                       {"param", Space::param}};
  return table;
}

const std::map<std::string_view, bool Instruction::*>& flags() {
  static const std::map<std::string_view, bool Instruction::*> table{
      {"wide", &Instruction::wide}, {"sat", &Instruction::saturate}, {"ftz", &Instruction::flush},
      {"to", &Instruction::to},     {"l", &Instruction::left},       {"clamp", &Instruction::clamp},
      {"NaN", &Instruction::nan},   {"cc", &Instruction::carry},     {"relu", &Instruction::relu}};
  return table;
}

// Finds the suffix in a table and hands over what it means.
template <class Table, class Use>
bool found_in(const Table& table, std::string_view suffix, const Use& use) {
  const auto found = table.find(suffix);
  if (found == table.end()) return false;
  use(found->second);
  return true;
}

bool compares_with(Op op) { return op == Op::setp || op == Op::set; }

void add_type(Instruction& out, Type type) {
  if (out.type == Type::none) {
    out.type = type;
  } else if (out.from == Type::none) {
    out.from = type;
  }
}

void decode_suffix(std::string_view suffix, Instruction& out) {
  if (found_in(types(), suffix, [&](Type t) { add_type(out, t); })) return;
  if (compares_with(out.op) && out.compare == Compare::none &&
      found_in(compares(), suffix, [&](Compare c) { out.compare = c; })) {
    return;
  }
  if (found_in(rounds(), suffix, [&](Round r) { out.round = r; })) return;
  if (found_in(spaces(), suffix, [&](Space s) { out.space = s; })) return;
  if (suffix == "hi") {
    out.high = true;
  } else if (suffix == "v2" || suffix == "v4") {
    out.vector = suffix == "v2" ? 2 : 4;
  } else if (out.op == Op::bar && suffix == "warp") {
    out.op = Op::warp_bar;
  } else if (!found_in(flags(), suffix, [&](bool Instruction::*flag) { out.*flag = true; }) &&
             suffix != "sync" && suffix != "volatile" && suffix != "relaxed" && suffix != "gpu" &&
             suffix != "cta" && suffix != "sys" && suffix != "nc" && suffix != "lo" &&
             suffix != "uni" && suffix != "approx" && suffix != "full" && suffix != "wrap" &&
             suffix != "r" && suffix != "aligned" && suffix != "mode") {
    out.variant = suffix;
  }
}

}  // namespace

Type type_named(std::string_view suffix) {
  const auto found = types().find(suffix);
  return found == types().end() ? Type::none : found->second;
}

bool decode_name(std::string_view name, Instruction& out) {
  const std::size_t first = name.find('.');
  const auto op = ops().find(name.substr(0, first));
  if (op == ops().end()) return false;
  out.op = op->second;
  for (std::size_t at = first; at != std::string_view::npos;) {
    const std::size_t end = name.find('.', at + 1);
    const std::size_t length = end == std::string_view::npos ? end : end - at - 1;
    decode_suffix(name.substr(at + 1, length), out);
    at = end;
  }
  return true;
}

}  // namespace sinter::ptx
