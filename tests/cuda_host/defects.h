// Kernels with one planted defect each, and correct ones beside them.
#pragma once
#include <cuda_runtime_api.h>

namespace sinter::cuda_host {

// Launches over 1000 floats each in a and b.
void launch_defect(const char* name, float* a, float* b);

}  // namespace sinter::cuda_host
