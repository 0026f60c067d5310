#include <sinter/cuda/pointwise.cuh>

namespace sinter::cuda {

const PointwiseRow* activation_backward_rows() {
  return make_table(ops::formula::BackwardList<ops::formula::ActivationFormulas>{});
}

}  // namespace sinter::cuda
