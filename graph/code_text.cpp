#include <sinter/core/error.h>
#include <sinter/graph/code_text_internal.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <cstdio>

namespace sinter::graph {

namespace {

constexpr std::array kKeywords = {"alignas",       "alignof",     "and",
                                  "and_eq",        "asm",         "auto",
                                  "bitand",        "bitor",       "bool",
                                  "break",         "case",        "catch",
                                  "char",          "char16_t",    "char32_t",
                                  "char8_t",       "class",       "co_await",
                                  "co_return",     "co_yield",    "compl",
                                  "concept",       "const",       "const_cast",
                                  "consteval",     "constexpr",   "constinit",
                                  "continue",      "decltype",    "default",
                                  "delete",        "do",          "double",
                                  "dynamic_cast",  "else",        "enum",
                                  "explicit",      "export",      "extern",
                                  "false",         "float",       "for",
                                  "friend",        "goto",        "if",
                                  "inline",        "int",         "long",
                                  "mutable",       "namespace",   "new",
                                  "noexcept",      "not",         "not_eq",
                                  "nullptr",       "operator",    "or",
                                  "or_eq",         "private",     "protected",
                                  "public",        "register",    "reinterpret_cast",
                                  "requires",      "return",      "short",
                                  "signed",        "sizeof",      "static",
                                  "static_assert", "static_cast", "struct",
                                  "switch",        "template",    "this",
                                  "thread_local",  "throw",       "true",
                                  "try",           "typedef",     "typeid",
                                  "typename",      "union",       "unsigned",
                                  "using",         "virtual",     "void",
                                  "volatile",      "wchar_t",     "while",
                                  "xor",           "xor_eq"};

}  // namespace

std::string code_number(double value) {
  if (std::isnan(value)) return "std::numeric_limits<double>::quiet_NaN()";
  if (std::isinf(value)) {
    const std::string infinity = "std::numeric_limits<double>::infinity()";
    return value < 0 ? "-" + infinity : infinity;
  }
  char text[64];
  std::snprintf(text, sizeof text, "%a", value);
  return text;
}

std::string code_number(const Scalar& value) {
  if (value.is_boolean()) return value.to_bool() ? "true" : "false";
  if (value.is_floating_point()) return code_number(value.to_double());
  return code_text(value.to_int());
}

std::string code_quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 32 || byte >= 127 || c == '?') {
      char octal[8];
      std::snprintf(octal, sizeof octal, "\\%03o", static_cast<unsigned>(byte));
      out += octal;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string code_text(const ops::AttrValue& value) {
  return std::visit(
      []<class T>(const T& v) -> std::string {
        if constexpr (std::is_same_v<T, std::monostate>) {
          return "std::nullopt";
        } else if constexpr (std::is_same_v<T, bool>) {
          return v ? "true" : "false";
        } else if constexpr (std::is_same_v<T, std::int64_t>) {
          // There is no literal for the smallest one.
          return v == INT64_MIN ? "(-9223372036854775807 - 1)" : std::to_string(v);
        } else if constexpr (std::is_same_v<T, std::string>) {
          return code_quoted(v);
        } else if constexpr (std::is_same_v<T, std::vector<std::int64_t>>) {
          std::vector<std::string> parts;
          for (const std::int64_t n : v) parts.push_back(code_text(ops::AttrValue(n)));
          return "{" + join(parts) + "}";
        } else {
          return code_number(v);
        }
      },
      value);
}

std::string code_dtype(DType dtype) {
  constexpr std::array<const char*, kNumDTypes> kNames = {
      "kUInt8",   "kInt8",     "kInt16",   "kInt32",   "kInt64",
      "kFloat16", "kBFloat16", "kFloat32", "kFloat64", "kBool"};
  return std::string("sinter::") + kNames.at(static_cast<std::size_t>(dtype));
}

std::string join(const std::vector<std::string>& parts) {
  std::string out;
  for (const std::string& part : parts) out += (out.empty() ? "" : ", ") + part;
  return out;
}

std::string code_identifier(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const bool fine = std::isalnum(static_cast<unsigned char>(c)) != 0;
    // Two underscores in a row are reserved.
    if (fine || out.empty() || out.back() != '_') out += fine ? c : '_';
  }
  if (out.empty() || out[0] == '_' || std::isdigit(static_cast<unsigned char>(out[0])) != 0) {
    out.insert(0, out.empty() || out[0] != '_' ? "v_" : "v");
  }
  if (std::find(kKeywords.begin(), kKeywords.end(), out) != kKeywords.end()) out += '_';
  return out;
}

}  // namespace sinter::graph
