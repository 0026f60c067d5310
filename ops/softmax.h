// Softmax and its logarithm.
#pragma once
#include <sinter/core/tensor.h>

#include <optional>

namespace sinter {

// exp(x) / sum(exp(x)) along dim, shifted by the maximum so that nothing overflows. A line of -inf
// gives NaN. dtype: the input is converted to it first. Any floating dtype, computed in float at
// least, else NotImplementedError. Throws IndexError for a dim out of range.
Tensor softmax(const Tensor& self, std::int64_t dim, std::optional<DType> dtype = std::nullopt);
// log(softmax(x)) = x - logsumexp(x), accurate where the softmax underflows.
Tensor log_softmax(const Tensor& self, std::int64_t dim, std::optional<DType> dtype = std::nullopt);

}  // namespace sinter
