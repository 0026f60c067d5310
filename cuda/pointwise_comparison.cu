#include <sinter/cuda/pointwise.cuh>

namespace sinter::cuda {

const PointwiseRow* comparison_rows() { return make_table(ops::formula::ComparisonFormulas{}); }

}  // namespace sinter::cuda
