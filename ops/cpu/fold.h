// Folds: what a reduction does to a run of elements, vectorised.
#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace sinter::ops::cpu {

// Each maps an element x, with a parameter p that some use, and joins the results.
enum class Fold : std::uint8_t {
  sum,
  prod,
  max,
  min,
  any,            // max of x != 0
  all,            // min of x != 0
  count_nonzero,  // sum of x != 0
  sum_abs,
  sum_squares,
  max_abs,
  min_abs,
  sum_pow,     // sum of |x|^p
  sum_sq_dev,  // sum of (x - p)^2
  sum_exp,     // sum of exp(x - p)
};
inline constexpr std::size_t kNumFolds = 14;

// Elements are folded in their work type: float, double, or int64 for integers and bool. Results of
// blocks are joined in a wider type, so that sums of floats stay accurate.
template <class W>
using Wide = std::conditional_t<std::is_same_v<W, float>, double, W>;

// Elements folded at once, before the wider type takes over.
inline constexpr std::int64_t kFoldBlock = 1024;

template <class W>
struct FoldFns {
  // Folds n contiguous elements, at most kFoldBlock.
  Wide<W> (*row)(const W* x, std::size_t n, W param) = nullptr;
  // acc[i] = join(acc[i], rows[0][i], ..., rows[num_rows - 1][i]) for i < n. params[i] belongs to
  // column i; it may be null for folds without a parameter.
  void (*columns)(const W* const* rows, std::size_t num_rows, std::size_t n, W* acc,
                  const W* params) = nullptr;
  Wide<W> (*join)(Wide<W> a, Wide<W> b) = nullptr;
  W identity{};
};

// W is float, double or int64; the last three folds are for floating types only.
template <class W>
const FoldFns<W>& fold_fns(Fold fold);

}  // namespace sinter::ops::cpu
