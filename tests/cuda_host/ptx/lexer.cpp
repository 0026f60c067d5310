#include "lexer.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace sinter::ptx {

namespace {

bool is_name(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || c == '%' ||
         c == '.';
}

}  // namespace

void Lexer::fail(const std::string& message) const {
  throw Error("line " + std::to_string(at_.line) + ": " + message);
}

void Lexer::skip_line() { at_.begin = std::min(text_.find('\n', at_.begin), text_.size()); }

void Lexer::skip_space() {
  while (at_.begin < text_.size()) {
    const char c = text_[at_.begin];
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      if (c == '\n') ++at_.line;
      ++at_.begin;
    } else if (text_.substr(at_.begin, 2) == "//") {
      skip_line();
    } else if (text_.substr(at_.begin, 2) == "/*") {
      const std::size_t end = std::min(text_.find("*/", at_.begin), text_.size() - 2) + 2;
      at_.line +=
          static_cast<int>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_.begin),
                                      text_.begin() + static_cast<std::ptrdiff_t>(end), '\n'));
      at_.begin = end;
    } else {
      return;
    }
  }
}

std::string_view Lexer::next() {
  skip_space();
  const std::size_t begin = at_.begin;
  if (begin >= text_.size()) return {};
  std::size_t end = begin + 1;
  if (is_name(text_[begin])) {
    while (end < text_.size() && is_name(text_[end])) ++end;
  } else if (text_[begin] == '"') {
    end = std::min(text_.find('"', end), text_.size() - 1) + 1;
  }
  at_.begin = end;
  return text_.substr(begin, end - begin);
}

std::string_view Lexer::peek() {
  const Span before = at_;
  const std::string_view word = next();
  at_ = before;
  return word;
}

bool Lexer::accept(std::string_view word) {
  const Span before = at_;
  if (next() == word) return true;
  at_ = before;
  return false;
}

void Lexer::expect(std::string_view word) {
  const std::string_view found = next();
  if (found == word) return;
  fail("expected " + std::string(word) + ", found " + std::string(found));
}

void Lexer::skip_past(std::string_view word) {
  for (std::string_view found = next(); found != word; found = next()) {
    if (found.empty()) fail("expected " + std::string(word) + ", found the end");
  }
}

void Lexer::skip_body() {
  for (int depth = 1; depth > 0; ++at_.begin) {
    at_.begin = text_.find_first_of("{}\n/", at_.begin);
    if (at_.begin == std::string_view::npos) {
      at_.begin = text_.size();
      fail("a body does not end");
    }
    const char c = text_[at_.begin];
    if (c == '{') ++depth;
    if (c == '}') --depth;
    if (c == '\n') ++at_.line;
    if (text_.substr(at_.begin, 2) == "//") {
      skip_line();
      ++at_.line;
    }
  }
}

std::uint64_t parse_number(std::string_view word) {
  std::string digits(word);
  if (digits.size() > 2 && digits[0] == '0' &&
      std::string_view("fFdD").find(digits[1]) != std::string_view::npos) {
    return std::strtoull(digits.c_str() + 2, nullptr, 16);
  }
  if (digits.find('.') != std::string::npos) return bits_from(std::strtod(digits.c_str(), nullptr));
  return std::strtoull(digits.c_str(), nullptr, 0);
}

}  // namespace sinter::ptx
