// Everything for running models on 8-bit integers: #include <sinter/quant/quant.h>
//
//   auto qat = quant::prepare_qat(net, {x}, quant::QConfig::ort_x86());
//   quant::Schedule schedule(qat, steps);
//   ... train qat, schedule.step() after each step ...
//   auto int8 = quant::convert(qat);
#pragma once
#include <sinter/quant/convert.h>
#include <sinter/quant/fake_quantize.h>
#include <sinter/quant/layers.h>
#include <sinter/quant/observer.h>
#include <sinter/quant/prepare.h>
#include <sinter/quant/qat_layers.h>
#include <sinter/quant/qconfig.h>
#include <sinter/quant/qscheme.h>
#include <sinter/quant/report.h>
#include <sinter/quant/schedule.h>
