// CPU kernels of the copy family.
#pragma once
#include <sinter/ops/op_def.h>

namespace sinter::ops::cpu {

// Writes source, broadcast and converted, to the elements of target, both with any strides.
void copy_elements(TensorImpl& target, const TensorImpl& source);

void clone(const KernelContext& c);
void copy(const KernelContext& c);
void cast(const KernelContext& c);
// Runs for any device: the backends do the copying.
void to_device(const KernelContext& c);

}  // namespace sinter::ops::cpu
