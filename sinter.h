#pragma once

// Everything a program needs, in one line: #include <sinter/sinter.h>

#include <sinter/autograd/anomaly.h>
#include <sinter/autograd/autograd.h>
#include <sinter/autograd/checkpoint.h>
#include <sinter/autograd/custom_function.h>
#include <sinter/autograd/grad_mode.h>
#include <sinter/autograd/gradcheck.h>
#include <sinter/autograd/node.h>
#include <sinter/core/allocator.h>
#include <sinter/core/backend.h>
#include <sinter/core/callable.h>
#include <sinter/core/device.h>
#include <sinter/core/dims.h>
#include <sinter/core/dtype.h>
#include <sinter/core/error.h>
#include <sinter/core/half.h>
#include <sinter/core/options.h>
#include <sinter/core/parallel.h>
#include <sinter/core/print.h>
#include <sinter/core/random.h>
#include <sinter/core/safetensors.h>
#include <sinter/core/scalar.h>
#include <sinter/core/storage.h>
#include <sinter/core/tensor.h>
#include <sinter/core/tensor_factory.h>
#include <sinter/core/version.h>
#include <sinter/graph/compile.h>
#include <sinter/nn/data/data.h>
#include <sinter/nn/nn.h>
#include <sinter/nn/optim/optim.h>
#include <sinter/nn/train/progress.h>
#include <sinter/ops/ops.h>
