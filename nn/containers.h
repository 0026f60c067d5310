// All containers.
#pragma once
#include <sinter/nn/containers/any_module.h>
#include <sinter/nn/containers/functional.h>
#include <sinter/nn/containers/module_dict.h>
#include <sinter/nn/containers/module_list.h>
#include <sinter/nn/containers/sequential.h>
