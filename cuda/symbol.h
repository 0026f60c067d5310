// Symbol: a formula run on it writes itself down as the body of a kernel.
#pragma once
#include <sinter/core/error.h>
#include <sinter/ops/formula_types.h>

#include <string>
#include <vector>

namespace sinter::ops {

// A float of the kernel that is being written, by its name or as a constant; comparisons give
// bools. Each operation adds a line to the SymbolScope of the thread, in which it must be.
class Symbol {
 public:
  explicit Symbol(double constant);
  explicit Symbol(int constant) : Symbol(static_cast<double>(constant)) {}
  // Something that the kernel has under this name.
  static Symbol named(std::string name);
  // The result of an expression of C++, as a new line `const type name = expression;`.
  static Symbol line(const char* type, const std::string& expression);
  const std::string& text() const { return text_; }

 private:
  Symbol() = default;
  std::string text_;
};

// Collects the lines of one body.
class SymbolScope {
 public:
  SymbolScope();
  ~SymbolScope();
  SymbolScope(const SymbolScope&) = delete;
  SymbolScope& operator=(const SymbolScope&) = delete;
  const std::vector<std::string>& lines() const { return lines_; }

 private:
  friend class Symbol;
  std::vector<std::string> lines_;
  SymbolScope* outer_;
};

inline Symbol symbol_infix(const char* type, const Symbol& a, const char* sign, const Symbol& b) {
  return Symbol::line(type, a.text() + " " + sign + " " + b.text());
}
#define SINTER_SYMBOL_OPERATOR(sign, type)                        \
  inline Symbol operator sign(const Symbol& a, const Symbol& b) { \
    return symbol_infix(type, a, #sign, b);                       \
  }
SINTER_SYMBOL_OPERATOR(+, "float")
SINTER_SYMBOL_OPERATOR(-, "float")
SINTER_SYMBOL_OPERATOR(*, "float")
SINTER_SYMBOL_OPERATOR(/, "float")
SINTER_SYMBOL_OPERATOR(<, "bool")
SINTER_SYMBOL_OPERATOR(>, "bool")
SINTER_SYMBOL_OPERATOR(<=, "bool")
SINTER_SYMBOL_OPERATOR(>=, "bool")
SINTER_SYMBOL_OPERATOR(==, "bool")
SINTER_SYMBOL_OPERATOR(!=, "bool")
#undef SINTER_SYMBOL_OPERATOR
inline Symbol operator-(const Symbol& a) { return Symbol::line("float", "-" + a.text()); }

}  // namespace sinter::ops

namespace sinter::ops::scalar {

inline Symbol select(const Symbol& c, const Symbol& a, const Symbol& b) {
  return Symbol::line("float", c.text() + " ? " + a.text() + " : " + b.text());
}
inline Symbol land(const Symbol& a, const Symbol& b) { return symbol_infix("bool", a, "&&", b); }
inline Symbol lor(const Symbol& a, const Symbol& b) { return symbol_infix("bool", a, "||", b); }
inline Symbol lxor(const Symbol& a, const Symbol& b) { return symbol_infix("bool", a, "!=", b); }
inline Symbol lnot(const Symbol& a) { return Symbol::line("bool", "!" + a.text()); }

#define SINTER_SYMBOL_FUNCTION(name, device) \
  inline Symbol name(const Symbol& x) { return Symbol::line("float", device "(" + x.text() + ")"); }
SINTER_SYMBOL_FUNCTION(exp, "expf")
SINTER_SYMBOL_FUNCTION(exp2, "exp2f")
SINTER_SYMBOL_FUNCTION(expm1, "expm1f")
SINTER_SYMBOL_FUNCTION(log, "logf")
SINTER_SYMBOL_FUNCTION(log2, "log2f")
SINTER_SYMBOL_FUNCTION(log10, "log10f")
SINTER_SYMBOL_FUNCTION(log1p, "log1pf")
SINTER_SYMBOL_FUNCTION(sin, "sinf")
SINTER_SYMBOL_FUNCTION(cos, "cosf")
SINTER_SYMBOL_FUNCTION(tanh, "tanhf")
SINTER_SYMBOL_FUNCTION(erf, "erff")
SINTER_SYMBOL_FUNCTION(erfc, "erfcf")
SINTER_SYMBOL_FUNCTION(sqrt, "sqrtf")
SINTER_SYMBOL_FUNCTION(floor, "floorf")
SINTER_SYMBOL_FUNCTION(abs, "fabsf")
#undef SINTER_SYMBOL_FUNCTION

inline Symbol sigmoid(const Symbol& x) {
  const Symbol e = exp(-abs(x));
  return select(x < Symbol(0), e, Symbol(1)) / (Symbol(1) + e);
}
inline Symbol normal_cdf(const Symbol& x) { return Symbol(0.5) * erfc(x * Symbol(-kSqrtHalf)); }
// NaN if either is NaN, as for plain numbers.
inline Symbol max(const Symbol& a, const Symbol& b) {
  return select(a != a, a, select(b != b, b, select(a > b, a, b)));
}
inline Symbol min(const Symbol& a, const Symbol& b) {
  return select(a != a, a, select(b != b, b, select(a < b, a, b)));
}

template <>
struct Convert<Symbol> {
  static Symbol from(const Scalar& s) { return Symbol(s.to_double()); }
  static Symbol bound(const Scalar& s) { return from(s); }
};

}  // namespace sinter::ops::scalar
