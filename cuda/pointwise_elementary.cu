#include <sinter/cuda/pointwise.cuh>

namespace sinter::cuda {

const PointwiseRow* elementary_rows() { return make_table(ops::formula::ElementaryFormulas{}); }

}  // namespace sinter::cuda
