// All layers.
#pragma once
#include <sinter/nn/layers/activation.h>
#include <sinter/nn/layers/conv.h>
#include <sinter/nn/layers/dropout.h>
#include <sinter/nn/layers/embedding.h>
#include <sinter/nn/layers/linear.h>
#include <sinter/nn/layers/loss.h>
#include <sinter/nn/layers/normalization.h>
#include <sinter/nn/layers/pooling.h>
