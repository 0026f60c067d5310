#include <sinter/cuda/pointwise.cuh>

namespace sinter::cuda {

const PointwiseRow* elementary_backward_rows() {
  return make_table(ops::formula::BackwardList<ops::formula::ElementaryFormulas>{});
}

}  // namespace sinter::cuda
