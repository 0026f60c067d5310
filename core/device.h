// Where a tensor lives.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace sinter {

// CPU and CUDA are libtorch's names.
enum class DeviceType : std::uint8_t { cpu, cuda, CPU = cpu, CUDA = cuda };
inline constexpr std::size_t kNumDeviceTypes = 2;
inline constexpr DeviceType kCPU = DeviceType::cpu;
inline constexpr DeviceType kCUDA = DeviceType::cuda;
// Device indices are below this.
inline constexpr int kMaxDevices = 128;

// A device type with an index: Device(kCPU), Device(kCUDA, 1), Device("cuda:1").
class Device {
 public:
  // A negative index is device 0; the CPU has none. Throws ValueError for an index of 128 or more.
  constexpr Device(DeviceType type = kCPU, int index = -1)  // NOLINT: a type is a device
      : type_(type), index_(checked_index(type, index)) {}
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
  static constexpr std::int8_t checked_index(DeviceType type, int index) {
    if (index >= kMaxDevices) throw_bad_index(index);
    if (type == kCPU) return -1;
    return static_cast<std::int8_t>(index < 0 ? 0 : index);
  }
  [[noreturn]] static void throw_bad_index(int index);

  DeviceType type_;
  std::int8_t index_;
};

}  // namespace sinter
