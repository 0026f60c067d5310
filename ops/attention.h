// Attention.
#pragma once
#include <sinter/core/tensor.h>

#include <optional>

namespace sinter {

// Scaled dot product attention (Vaswani et al., 2017): softmax(query key^T * scale + mask) value,
// computed block by block with a running softmax (Dao et al., "FlashAttention", 2022), so that the
// matrix of scores is never in memory as a whole, nor in the backward pass. A second backward pass
// does make it.
//
// query [..., L, E], key [..., S, E], value [..., S, V] -> [..., L, V]; leading dimensions
// broadcast. attn_mask broadcasts to [..., L, S]: a bool one says where to look, a floating one (of
// the query's dtype) is added to the scores. is_causal lets position i look at j <= i only (the
// diagonal starts at the upper left), and excludes attn_mask. A position that may look nowhere
// gives zeros. scale is 1 / sqrt(E) unless given. With dropout_p > 0, probabilities are dropped,
// and the scores are made as a whole.
//
// Floating dtypes; f16 and bf16 are computed in f32. Bitwise the same at any number of threads.
// Throws ValueError for shapes that do not fit or dropout_p outside [0, 1], TypeError for dtypes
// that differ, NotImplementedError for integers.
Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const Tensor& attn_mask = {}, double dropout_p = 0.0,
                                    bool is_causal = false,
                                    std::optional<double> scale = std::nullopt);

}  // namespace sinter
