// Comparing results of two devices.
#pragma once
#include <sinter/sinter.h>

#include <vector>

namespace sinter::testing {

using Tensors = std::vector<Tensor>;

// Fails the Catch2 test unless the tensors have the same sizes and dtypes, and elements with
// |got - want| <= tolerance * max(1, |want|); NaN equals NaN.
void compare_devices(const Tensors& got, const Tensors& want, double tolerance);

// Every defined tensor on the device.
Tensors on_device(const Tensors& tensors, Device device);

// The error that kernels of a dtype may make beside the CPU's.
double device_tolerance(DType dtype);

}  // namespace sinter::testing
