// Who wants to know which learning rates a step reads.
#pragma once
#include <vector>

namespace sinter::optim {

class OptimizerParamGroup;

namespace detail {
// While not null on this thread, lr_tensor() notes its group here: a captured step reads the tensor
// and has to bring it up to date before each run.
extern constinit thread_local std::vector<OptimizerParamGroup*>* lr_observer;
}  // namespace detail

}  // namespace sinter::optim
