// GPUs described as cuDNN wants them, to plan for a device that is not there.
#pragma once
#include <cstdint>
#include <string>

namespace sinter::cuda_host {

// Values from NVIDIA's public specifications.
struct Gpu {
  const char* name;
  int version;  // 750: compute capability 7.5
  int multiprocessors;
  std::int64_t memory_bytes, l2_bytes;
  std::int64_t shared_bytes, shared_optin_bytes, reserved_shared_bytes;
  int threads_per_multiprocessor, blocks_per_multiprocessor;
  int clock_khz, memory_clock_khz;
};

inline constexpr Gpu kSm75{"T4",  750, 40,   15655829504, 4194304, 49152,
                           65536, 0,   1024, 16,          1590000, 5001000};
inline constexpr Gpu kSm80{"A100", 800,  108,  42505273344, 41943040, 49152,
                           166912, 1024, 2048, 32,          1410000,  1215000};
inline constexpr Gpu kSm90{"H200", 900,  132,  150000000000, 62914560, 49152,
                           232448, 1024, 2048, 32,           1980000,  3201000};

inline std::string device_json(const Gpu& g) {
  const auto field = [](const char* key, std::int64_t value) {
    return std::string(",\"") + key + "\":" + std::to_string(value);
  };
  return std::string("{\"deviceName\":\"NVIDIA GPU\"") +
         ",\"maxGridSize\":[2147483647,65535,65535],\"maxBlockSize\":[1024,1024,64]" +
         field("regsPerBlock", 65536) + field("multiProcessorCount", g.multiprocessors) +
         field("warpSize", 32) + field("maxSharedMemoryPerBlock", g.shared_bytes) +
         field("maxSharedMemoryPerBlockOptin", g.shared_optin_bytes) +
         field("reservedSharedMemoryPerBlock", g.reserved_shared_bytes) +
         field("maxRegistersPerSM", 65536) + field("maxCtasPerSM", g.blocks_per_multiprocessor) +
         field("maxThreadsPerBlock", 1024) +
         field("maxThreadsPerSM", g.threads_per_multiprocessor) + field("pciDeviceId", 1) +
         field("isTccDriver", 0) + field("supportCoopLaunch", 1) +
         field("totalGlobalMem", g.memory_bytes) + field("smClockRateKHz", g.clock_khz) +
         field("memClockRateKHz", g.memory_clock_khz) + field("l2CacheSize", g.l2_bytes) +
         field("cudaDeviceId", 0) + field("deviceVer", g.version) + field("driverVer", 13000) + "}";
}

}  // namespace sinter::cuda_host
