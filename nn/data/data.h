// Everything in sinter::data.
#pragma once
#include <sinter/nn/data/dataloader.h>
#include <sinter/nn/data/transforms.h>
