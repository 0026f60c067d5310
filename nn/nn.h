// Everything in sinter::nn.
#pragma once
#include <sinter/nn/containers.h>
#include <sinter/nn/functional.h>
#include <sinter/nn/init.h>
#include <sinter/nn/layers.h>
#include <sinter/nn/models/models.h>
#include <sinter/nn/module.h>
#include <sinter/nn/serialize.h>
