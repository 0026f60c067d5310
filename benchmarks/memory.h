// Memory of this process, as Linux counts it. For programs that are also built on peers.
#pragma once
#include <fstream>
#include <string>

namespace benchmarks {

// A field of /proc/self/status, given there in kB, in MiB; 0 where it is missing.
inline double status_mb(const std::string& field) {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    double kilobytes = 0;
    if (word == field && status >> kilobytes) return kilobytes / 1024;
  }
  return 0;
}
inline double resident_mb() { return status_mb("VmRSS:"); }
inline double peak_resident_mb() { return status_mb("VmHWM:"); }

}  // namespace benchmarks
