// All optimizers.
#pragma once
#include <sinter/nn/optim/adam.h>
#include <sinter/nn/optim/sgd.h>
