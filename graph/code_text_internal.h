// Values as C++ source.
#pragma once
#include <sinter/core/scalar.h>
#include <sinter/ops/attrs.h>

#include <string>
#include <string_view>
#include <vector>

namespace sinter::graph {

// Lines are broken where they would be longer, if they can be.
inline constexpr std::size_t kCodeWidth = 100;

// Floating numbers are hexadecimal, so that they are read back bit for bit: "0x1.8p+0".
std::string code_number(double value);
std::string code_number(const Scalar& value);
// A list is braced, a text quoted, nothing is std::nullopt.
std::string code_text(const ops::AttrValue& value);
std::string code_quoted(std::string_view text);
std::string code_dtype(DType dtype);                      // "sinter::kFloat32"
std::string join(const std::vector<std::string>& parts);  // "a, b"
// An identifier made from a name that is no keyword of C++, and none that C++ reserves.
std::string code_identifier(std::string_view name);

}  // namespace sinter::graph
