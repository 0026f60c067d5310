// Functions of each element: arithmetic, comparisons, elementary functions, activations.
//
// Every function here broadcasts its tensors by NumPy's rule and promotes their dtypes by
// PyTorch's: tensors with dimensions count first, 0-d tensors and C++ numbers only when their
// category (bool, integer, floating) is higher. "to floating" means that integers and bool become
// the default floating dtype. f16 and bf16 are computed in f32 and rounded once. Integers wrap
// around. A result keeps the memory layout of its first input of the same shape. All throw
// ValueError when shapes do not broadcast, NotImplementedError for a dtype without a meaning, and
// Error for an undefined tensor. In-place forms are methods of Tensor (x.add_(y)); they throw
// TypeError when the result's category is higher than that of x, and ValueError when elements of x
// share memory or y partly overlaps x.
#pragma once
#include <sinter/ops/activation.h>
#include <sinter/ops/arithmetic.h>
#include <sinter/ops/comparison.h>
#include <sinter/ops/elementary.h>
