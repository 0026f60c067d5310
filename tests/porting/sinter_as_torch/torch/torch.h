// Lets a program for libtorch's C++ frontend compile against Sinter, unchanged: put the folder
// above this one on the include path. docs/porting.md says what carries over.
#pragma once
#include <sinter/sinter.h>

namespace torch = sinter;
namespace at = sinter;
namespace c10 = sinter;

#define TORCH_ARG SINTER_ARG
#define TORCH_CHECK SINTER_CHECK
#define TORCH_MODULE SINTER_MODULE
