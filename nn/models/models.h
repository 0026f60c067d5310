// Models that are ready to train.
#pragma once
#include <sinter/nn/models/gpt.h>
#include <sinter/nn/models/lenet.h>
#include <sinter/nn/models/mlp.h>
#include <sinter/nn/models/mobilenet_v2.h>
#include <sinter/nn/models/resnet.h>
#include <sinter/nn/models/shufflenet.h>
#include <sinter/nn/models/shufflenet_v2.h>
