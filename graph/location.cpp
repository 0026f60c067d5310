#include <sinter/autograd/anomaly.h>
#include <sinter/autograd/symbolize_internal.h>
#include <sinter/graph/location_internal.h>

namespace sinter::graph {

namespace {

// A function of the library itself; what a user calls lies one frame further out.
bool is_library(const autograd::Frame& frame) {
  const bool header =
      frame.file.find("/sinter/") != std::string::npos && frame.file.ends_with(".h");
  return header || frame.function.starts_with("sinter::") ||
         frame.function.find(" sinter::") != std::string::npos;
}

std::string short_name(const std::string& function) {
  return function.substr(0, function.find('('));
}

}  // namespace

std::string user_line(const autograd::ForwardTrace& trace) {
  for (const autograd::Frame& frame : autograd::symbolize(trace.addresses)) {
    if (is_library(frame)) continue;
    const bool known = !frame.place.empty() && !frame.place.ends_with(":?");
    return known ? frame.place : short_name(frame.function);
  }
  return {};
}

}  // namespace sinter::graph
