#include <sinter/core/backend.h>
#include <sinter/ops/device_kernels.h>
#include <sinter/ops/registry.h>

#include <array>
#include <unordered_map>

namespace sinter::ops {

namespace {

using KernelTable = std::unordered_map<const OpDef*, Kernel>;

KernelTable& table(DeviceType type) {
  static std::array<KernelTable, kNumDeviceTypes> tables;
  return tables[static_cast<std::size_t>(type)];
}

}  // namespace

void register_kernels(DeviceType type, std::span<const NamedKernel> kernels) {
  for (const NamedKernel& named : kernels) {
    const OpDef* def = find_op(named.op);
    SINTER_CHECK(def != nullptr, "[register_kernels] no op has this name; got ", named.op);
    table(type)[def] = named.kernel;
  }
}

Kernel find_kernel(const OpDef& def, DeviceType type) {
  const Kernel own = def.kernel[static_cast<std::size_t>(type)];
  if (own != nullptr || type == kCPU || !has_backend(type)) return own;  // asking installs it
  const KernelTable& registered = table(type);
  const auto found = registered.find(&def);
  return found == registered.end() ? nullptr : found->second;
}

}  // namespace sinter::ops
