#include <sinter/cuda/pointwise.cuh>

namespace sinter::cuda {

const PointwiseRow* power_rows() { return make_table(ops::formula::PowerFormulas{}); }

}  // namespace sinter::cuda
