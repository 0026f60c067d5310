// Function names and source lines of return addresses.
#pragma once
#include <string>
#include <vector>

namespace sinter::autograd {

struct Frame {
  std::string function;  // demangled; an object file and offset where no name is known
  std::string place;     // "main.cpp:12"; empty where the program has no debug information
  std::string file;      // the same with folders and without the line
};

// One frame per address, and one per call that the compiler inlined there, innermost first. Asks
// addr2line where it is installed, the dynamic linker otherwise. Slow: for reports of errors.
std::vector<Frame> symbolize(const std::vector<void*>& addresses);
// The same with a list for each address.
std::vector<std::vector<Frame>> symbolize_each(const std::vector<void*>& addresses);

}  // namespace sinter::autograd
