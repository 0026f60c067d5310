#pragma once

#include <string>

namespace sinter {

/// The library's version, `major.minor.patch`. Never null.
const char* version() noexcept;

/// What the library was built with, one item per line: its own version, the compiler, and oneDNN
/// and OpenMP with their versions, or the word "off". The counterpart of `torch::show_config`;
/// meant for bug reports.
std::string show_config();

}  // namespace sinter
