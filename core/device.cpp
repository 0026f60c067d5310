#include <sinter/core/device.h>
#include <sinter/core/error.h>

namespace sinter {

namespace {

// The number that text is, or -1 unless it is a decimal number below 128 without leading zeros.
int parse_index(std::string_view text) {
  if (text.empty() || text.size() > 3 || (text.size() > 1 && text[0] == '0')) return -1;
  int value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return -1;
    value = value * 10 + (c - '0');
  }
  return value < kMaxDevices ? value : -1;
}

Device parse_device(std::string_view text) {
  if (text == "cpu") return {kCPU};
  if (text == "cuda") return {kCUDA, 0};
  const int index = text.starts_with("cuda:") ? parse_index(text.substr(5)) : -1;
  SINTER_CHECK_AS(ValueError, index >= 0,
                  "[device] expected \"cpu\", \"cuda\" or \"cuda:N\" with N below ", kMaxDevices,
                  "; got \"", text, "\"");
  return {kCUDA, index};
}

}  // namespace

Device::Device(std::string_view text) : Device(parse_device(text)) {}

void Device::throw_bad_index(int index) {
  fail<ValueError>("[device] the index must be below ", kMaxDevices, "; got ", index);
}

std::string Device::str() const {
  return is_cpu() ? "cpu" : "cuda:" + std::to_string(static_cast<int>(index_));
}

}  // namespace sinter
