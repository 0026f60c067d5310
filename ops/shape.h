// Joining, repeating and rearranging: the elements of the inputs at other places, in new memory.
// Every function takes any dtype. Dimension numbers may be negative; one out of range throws
// IndexError, sizes that overflow throw ValueError.
#pragma once
#include <sinter/core/tensor.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace sinter {

// --- Joining.

// The tensors one after the other along dim, which alone may differ in size; dtypes are promoted. A
// 1-d tensor without elements goes with any shape, as in PyTorch. Throws ValueError for no tensors,
// 0-d tensors and sizes that differ elsewhere.
Tensor cat(const std::vector<Tensor>& tensors, std::int64_t dim = 0);
Tensor concat(const std::vector<Tensor>& tensors, std::int64_t dim = 0);
// The tensors, of equal sizes, along a new dimension dim.
Tensor stack(const std::vector<Tensor>& tensors, std::int64_t dim = 0);
// Joins columns: along dimension 1, or 0 for 1-d tensors (0-d ones count as 1-d).
Tensor hstack(const std::vector<Tensor>& tensors);
// Joins rows: along dimension 0; 1-d tensors count as one row.
Tensor vstack(const std::vector<Tensor>& tensors);

// --- Repeating.

// x, repeats[i] times along dimension i, as tiles; dimensions are added in front where there are
// more repeats. Throws ValueError for a negative count and for fewer repeats than dimensions.
Tensor repeat(const Tensor& x, IntArrayRef repeats);
// The same, but missing repeats count as 1.
Tensor tile(const Tensor& x, IntArrayRef repeats);
// Each element `repeats` times in a row along dim; of the flattened x without dim. Throws
// ValueError for a negative count.
Tensor repeat_interleave(const Tensor& x, std::int64_t repeats,
                         std::optional<std::int64_t> dim = std::nullopt);
// Element i along dim repeats[i] times; repeats is a 1-d tensor of i32 or i64 with one count per
// element, or one for all. Throws TypeError for another dtype, ValueError for other sizes and
// negative counts. The size of the result depends on elements.
Tensor repeat_interleave(const Tensor& x, const Tensor& repeats,
                         std::optional<std::int64_t> dim = std::nullopt);

// --- Rearranging.

// The elements in reverse order along each of dims.
Tensor flip(const Tensor& x, IntArrayRef dims);
// Each element moved forward by shifts[i] along dims[i], those beyond the end to the front. Without
// dims there is one shift, of the flattened x. Throws ValueError when the lists differ in length.
Tensor roll(const Tensor& x, IntArrayRef shifts, IntArrayRef dims = {});

// Adds elements at the ends of the last dimensions: pads = {before, after} of the last dimension,
// then of the one before it, and so on. mode: "constant" (the elements are value), "reflect"
// (mirrored, without the edge element; pads below the size), "replicate" (the edge element; no
// empty dimension), "circular" (from the other end; pads at most the size). A negative pad takes
// elements away. Throws ValueError for an odd number of pads, more than two per dimension, and what
// a mode does not allow.
Tensor pad(const Tensor& x, IntArrayRef pads, std::string_view mode = "constant", double value = 0);

}  // namespace sinter
