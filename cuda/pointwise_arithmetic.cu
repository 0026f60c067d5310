#include <sinter/cuda/pointwise.cuh>

namespace sinter::cuda {

const PointwiseRow* arithmetic_rows() { return make_table(ops::formula::ArithmeticFormulas{}); }

}  // namespace sinter::cuda
