#include <sinter/core/backend.h>
#include <sinter/core/error.h>

#include <array>

namespace sinter {

namespace {

struct Slot {
  DeviceBackend backend;
  bool filled = false;
};

std::array<Slot, kNumDeviceTypes> built_in() {
#ifdef SINTER_WITH_CUDA
  return {Slot{}, Slot{detail::cuda_backend(), true}};
#else
  return {};
#endif
}

Slot& slot(DeviceType type) {
  static std::array<Slot, kNumDeviceTypes> slots = built_in();
  return slots[static_cast<std::size_t>(type)];
}

}  // namespace

void register_backend(DeviceType type, const DeviceBackend& backend) {
  slot(type) = {backend, backend.allocate != nullptr};
}

bool has_backend(DeviceType type) { return slot(type).filled; }

const DeviceBackend& backend(Device device) {
  const Slot& found = slot(device.type());
  SINTER_CHECK_AS(NotImplementedError, found.filled, "[", device.is_cuda() ? "cuda" : "cpu",
                  "] this build has no ", device.is_cuda() ? "CUDA" : "CPU",
                  " backend; got device ", device);
  return found.backend;
}

namespace cuda {

bool is_available() { return device_count() > 0; }

int device_count() { return has_backend(kCUDA) ? backend(kCUDA).device_count() : 0; }

void synchronize(int index) {
  const Device device(kCUDA, index);
  backend(device).synchronize(device.index());
}

}  // namespace cuda

}  // namespace sinter
