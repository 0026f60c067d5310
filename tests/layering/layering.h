#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace sinter::testing {

/// One line of the source tree that breaks a rule of its layout.
struct Violation {
  std::string file;  // relative to the tree's root
  int line = 0;
  std::string text;
  std::string rule;
};

/// "core/tensor.h:12: core may not include ops: #include <sinter/ops/ops.h>"
std::string to_string(const Violation& violation);

/// Reads every source file below `root` and returns what breaks a rule:
///  - an include may only point at its own layer or a lower one
///    (core <- ops <- autograd <- nn <- graph <- quant; cuda sees core and ops only);
///  - a public header includes neither a private header nor a private dependency;
///  - a file has at most 700 lines;
///  - a .cpp file is named by the CMakeLists.txt of its folder or of one above it.
/// A header is private when it lies under a folder `cpu/` or is named `*_internal.h` or `*-inl.h`.
std::vector<Violation> check_layering(const std::filesystem::path& root);

}  // namespace sinter::testing
