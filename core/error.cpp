#include <sinter/core/device.h>
#include <sinter/core/dims.h>
#include <sinter/core/dtype.h>
#include <sinter/core/error.h>
#include <sinter/core/scalar.h>

#include <charconv>

namespace sinter::detail {

namespace {
template <class T>
void append_number(std::string& out, T value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  out.append(text, end);
}
}  // namespace

void append(std::string& out, std::string_view text) { out += text; }
void append(std::string& out, std::int64_t value) { append_number(out, value); }
void append(std::string& out, std::uint64_t value) { append_number(out, value); }
void append(std::string& out, double value) { append_number(out, value); }
void append(std::string& out, bool value) { out += value ? "true" : "false"; }

void append(std::string& out, IntArrayRef sizes) {
  out += '[';
  for (std::size_t i = 0; i < sizes.size(); ++i) {
    if (i != 0) out += ", ";
    append_number(out, sizes[i]);
  }
  out += ']';
}

void append(std::string& out, DType dtype) { out += name(dtype); }
void append(std::string& out, const Device& device) { out += device.str(); }

void append(std::string& out, const Scalar& scalar) {
  if (scalar.is_floating_point()) {
    append(out, scalar.to_double());
  } else if (scalar.is_boolean()) {
    append(out, scalar.to_bool());
  } else {
    append(out, scalar.to_int());
  }
}

}  // namespace sinter::detail
