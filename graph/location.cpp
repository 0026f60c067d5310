#include <sinter/autograd/anomaly.h>
#include <sinter/autograd/symbolize_internal.h>
#include <sinter/graph/location_internal.h>

#include <algorithm>
#include <string_view>

namespace sinter::graph {

namespace {

bool has(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

bool is_library_file(std::string_view file) {
  if (has(file, "/sinter/") && file.ends_with(".h")) return true;
  const std::string_view here = __FILE__;
  const std::string root(here.substr(0, here.rfind("graph/")));
  for (const char* folder : {"core/", "ops/", "autograd/", "nn/", "graph/"}) {
    if (has(file, root + folder)) return true;
  }
  return false;
}

// A function of the library itself; what a user calls lies one frame further out. The file decides
// where it is known: next to a user's line that was inlined, a terse symbol table names the
// function of the library around it, and it leaves out the namespaces of what the library inlined.
bool is_library(const autograd::Frame& frame) {
  if (frame.file.starts_with('/')) return is_library_file(frame.file);
  return frame.function.starts_with("sinter::") || has(frame.function, " sinter::");
}

// "ns::Net::forward" of "ns::(anonymous namespace)::Net::forward(sinter::Tensor const&) const".
std::string short_name(std::string function) {
  constexpr std::string_view kAnonymous = "(anonymous namespace)::";
  for (std::size_t at; (at = function.find(kAnonymous)) != std::string::npos;) {
    function.erase(at, kAnonymous.size());
  }
  std::size_t depth = 0;
  for (std::size_t at = function.size(); at-- > 0;) {
    if (function[at] == ')') ++depth;
    if (function[at] == '(' && depth > 0 && --depth == 0) return function.substr(0, at);
  }
  return function;
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
