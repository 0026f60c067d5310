#include <sinter/cuda/pointwise.cuh>

namespace sinter::cuda {

const PointwiseRow* arithmetic_backward_rows() {
  return make_table(ops::formula::BackwardList<ops::formula::ArithmeticDerivatives>{});
}

}  // namespace sinter::cuda
