// Functions that CUDA kernels call too.
#pragma once

// Marks a function that nvcc compiles for host and device; nothing for other compilers. constexpr
// functions need no mark.
#ifdef __CUDACC__
#define SINTER_HOST_DEVICE __host__ __device__
#else
#define SINTER_HOST_DEVICE
#endif
