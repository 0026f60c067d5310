// The library that a benchmark is built on, as namespace api: Sinter, or libtorch with
// PEER_LIBTORCH defined.
#pragma once
#ifdef PEER_LIBTORCH
#include <torch/torch.h>
namespace api = torch;
#else
#include <sinter/sinter.h>
namespace api = sinter;
#endif
