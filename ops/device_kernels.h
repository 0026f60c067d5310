// Kernels that a layer above ops supplies for its device.
#pragma once
#include <sinter/ops/op_def.h>

#include <span>

namespace sinter::ops {

struct NamedKernel {
  const char* op;
  Kernel kernel;
};

// Fills the kernel slots of a device (once, before the first call on it). An OpDef is a constant,
// so they are kept beside it. Throws Error `[register_kernels] ...` for a name that no op has.
void register_kernels(DeviceType type, std::span<const NamedKernel> kernels);

// The op's kernel for a device: its own slot, or what was registered for it; null if neither.
Kernel find_kernel(const OpDef& def, DeviceType type);

}  // namespace sinter::ops
