// Where a tensor lives.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace sinter {

enum class DeviceType : std::uint8_t { cpu, cuda };
inline constexpr std::size_t kNumDeviceTypes = 2;
inline constexpr DeviceType kCPU = DeviceType::cpu;
inline constexpr DeviceType kCUDA = DeviceType::cuda;

// A device type with an index: Device(kCPU), Device(kCUDA, 1), Device("cuda:1").
class Device {
 public:
  constexpr Device(DeviceType type = kCPU, int index = -1)  // NOLINT: a type is a device
      : type_(type), index_(static_cast<std::int8_t>(index < 0 && type == kCUDA ? 0 : index)) {}
  // Parses "cpu", "cuda" or "cuda:N" with 0 <= N < 128; throws ValueError otherwise.
  explicit Device(std::string_view text);

  constexpr DeviceType type() const { return type_; }
  // The index; -1 for the CPU.
  constexpr int index() const { return index_; }
  constexpr bool is_cpu() const { return type_ == kCPU; }
  constexpr bool is_cuda() const { return type_ == kCUDA; }
  // "cpu" or "cuda:0".
  std::string str() const;
  friend constexpr bool operator==(Device, Device) = default;

 private:
  DeviceType type_;
  std::int8_t index_;
};

}  // namespace sinter
