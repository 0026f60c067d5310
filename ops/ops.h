// Every public function on tensors, by family.
#pragma once
#include <sinter/ops/conv.h>
#include <sinter/ops/copy.h>
#include <sinter/ops/creation.h>
#include <sinter/ops/index.h>
#include <sinter/ops/loss.h>
#include <sinter/ops/matmul.h>
#include <sinter/ops/norm.h>
#include <sinter/ops/pointwise.h>
#include <sinter/ops/random.h>
#include <sinter/ops/reduce.h>
#include <sinter/ops/scatter.h>
#include <sinter/ops/shape.h>
#include <sinter/ops/softmax.h>
#include <sinter/ops/sort.h>
#include <sinter/ops/tensor_literal.h>
#include <sinter/ops/view.h>
