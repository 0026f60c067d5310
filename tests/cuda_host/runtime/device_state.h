// The stand-in device: its streams, and how calls end.
#pragma once
#include <cuda_runtime_api.h>

#include <functional>
#include <string>

#include "../ptx/launch.h"

namespace sinter::cuda_host {

// Work waits in its stream until somebody waits for it, as late as CUDA allows: a program that
// reads a result without waiting reads the old one.
void enqueue(cudaStream_t stream, std::function<void()> work);
// Does all work of a stream, and what that waits for. A failure becomes the device's, as a kernel's
// does: this and every later call report it.
cudaError_t drain(cudaStream_t stream);
cudaError_t drain_all();
bool is_stream(cudaStream_t stream);

// Remembers a status for cudaGetLastError, and returns it.
cudaError_t ended(cudaError_t status);
// The same with a text that cudaGetErrorString gives for the status, once.
cudaError_t ended(cudaError_t status, std::string text);

// SINTER_PTX_ORDER: forward, backward or random (the default); SINTER_PTX_SEED: a number;
// SINTER_PTX_RACES=0 turns the race check off.
ptx::Launch launch_options();

// Checks [pointer, pointer + bytes), which a library call is about to use: throws ptx::Error naming
// `what` unless all of it is device memory.
void check_device_memory(const void* pointer, std::size_t bytes, const char* what);

}  // namespace sinter::cuda_host
