// All formulas on plain numbers: what OpDefs are made from, and what Dual and Expr run on.
#pragma once
// Formulas find the functions of Dual and Expr only when those are declared first.
#include <sinter/ops/dual.h>
#include <sinter/ops/formula_list.h>
#include <sinter/ops/formula_types.h>
#include <sinter/ops/pointwise_op.h>

namespace sinter::ops::formula {

#define SINTER_FORMULA SINTER_HOST_DEVICE inline
#include <sinter/ops/formulas/activation-inl.h>
#include <sinter/ops/formulas/arithmetic-inl.h>
#include <sinter/ops/formulas/backward-inl.h>
#include <sinter/ops/formulas/comparison-inl.h>
#include <sinter/ops/formulas/elementary-inl.h>
#undef SINTER_FORMULA

}  // namespace sinter::ops::formula
