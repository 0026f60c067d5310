#include <sinter/autograd/anomaly.h>
#include <sinter/autograd/symbolize_internal.h>
#include <sinter/graph/location_internal.h>

#include <algorithm>

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

std::string first_user_line(const std::vector<autograd::Frame>& frames) {
  for (const autograd::Frame& frame : frames) {
    if (is_library(frame)) continue;
    const bool known = !frame.place.empty() && !frame.place.ends_with(":?");
    return known ? frame.place : short_name(frame.function);
  }
  return {};
}

}  // namespace

std::string user_line(const autograd::ForwardTrace& trace) { return user_lines({&trace})[0]; }

std::vector<std::string> user_lines(const std::vector<const autograd::ForwardTrace*>& traces) {
  std::vector<void*> addresses;
  for (const autograd::ForwardTrace* trace : traces) {
    addresses.insert(addresses.end(), trace->addresses.begin(), trace->addresses.end());
  }
  std::sort(addresses.begin(), addresses.end());
  addresses.erase(std::unique(addresses.begin(), addresses.end()), addresses.end());
  const auto frames = autograd::symbolize_each(addresses);
  const auto line_of = [&](void* address) {
    const auto at = std::lower_bound(addresses.begin(), addresses.end(), address);
    return first_user_line(frames[static_cast<std::size_t>(at - addresses.begin())]);
  };
  std::vector<std::string> out;
  for (const autograd::ForwardTrace* trace : traces) {
    std::string& line = out.emplace_back();
    for (void* address : trace->addresses) {
      if (line.empty()) line = line_of(address);
    }
  }
  return out;
}

}  // namespace sinter::graph
