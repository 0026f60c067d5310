#include <sinter/cuda/pointwise.cuh>

namespace sinter::cuda {

const PointwiseRow* activation_rows() { return make_table(ops::formula::ActivationFormulas{}); }

}  // namespace sinter::cuda
