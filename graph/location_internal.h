// The user's line that made a call.
#pragma once
#include <string>
#include <vector>

namespace sinter::autograd {
struct ForwardTrace;
}

namespace sinter::graph {

// "lenet.cpp:41", or the function's name where the program has no debug information. Slow: it asks
// addr2line.
std::string user_line(const autograd::ForwardTrace& trace);
// The same for many, in the time of one.
std::vector<std::string> user_lines(const std::vector<const autograd::ForwardTrace*>& traces);

}  // namespace sinter::graph
