// Words of PTX text.
#pragma once
#include <string_view>

#include "program.h"

namespace sinter::ptx {

class Lexer {
 public:
  explicit Lexer(std::string_view text, Span at = {}) : text_(text), at_(at) {}

  // The next word: a name with its dots, a number, a quoted string, or one character. Empty at the
  // end.
  std::string_view next();
  std::string_view peek();
  // Takes the next word if it is this one.
  bool accept(std::string_view word);
  // Throws Error when the next word is another one.
  void expect(std::string_view word);
  // Skips to behind the next of this word, or the brace that closes the one just taken.
  void skip_past(std::string_view word);
  void skip_body();
  void skip_line();

  Span position() const { return at_; }
  int line() const { return at_.line; }
  std::string_view text_from(std::size_t begin) const {
    return text_.substr(begin, at_.begin - begin);
  }
  [[noreturn]] void fail(const std::string& message) const;

 private:
  void skip_space();

  std::string_view text_;
  Span at_;
};

// A whole or hexadecimal number, 0f and 0d bit patterns, or a decimal fraction as a double.
std::uint64_t parse_number(std::string_view word);

}  // namespace sinter::ptx
