// What the files of the view family share.
#pragma once
#include <sinter/ops/op_def.h>

#include <optional>

namespace sinter::ops {

// Strides that show elements laid out by (sizes, strides) as an array of new_sizes with as many
// elements, or nothing where only a copy can. PyTorch's rule: each run of dimensions that lie
// contiguous in memory may be cut anew.
std::optional<Dims> view_strides(IntArrayRef sizes, IntArrayRef strides, IntArrayRef new_sizes);

// Throws ValueError unless there are as many strides as sizes and nothing is negative or overflows.
void check_strided(const char* op, IntArrayRef sizes, IntArrayRef strides, std::int64_t offset = 0);
// The last position that (sizes, strides) from offset touches, none of the sizes being 0. Every
// product and sum is checked.
std::int64_t last_position(const char* op, IntArrayRef sizes, IntArrayRef strides,
                           std::int64_t offset = 0);

// Replaces the one -1 in sizes by what numel elements leave for it. Throws ValueError.
Dims resolve_sizes(const char* op, IntArrayRef sizes, std::int64_t numel);

struct ScatterAttrs {
  Dims base_sizes;
  Dims strides;
  std::int64_t offset = 0;
  static constexpr auto fields =
      std::tuple{Field{"base_sizes", &ScatterAttrs::base_sizes},
                 Field{"strides", &ScatterAttrs::strides}, Field{"offset", &ScatterAttrs::offset}};
};

// A tensor of base_sizes, zero but for the elements of x, which are added at offset + sum of index
// times stride (in elements of the contiguous result): the gradient of a strided view. Its own
// gradient is that view.
Tensor strided_scatter(const Tensor& x, IntArrayRef base_sizes, IntArrayRef strides,
                       std::int64_t offset);

extern const OpDef kView, kPermute, kExpand, kSqueeze, kUnsqueeze, kViewDtype;
extern const OpDef kSlice, kSelect, kDiagonal, kUnfold, kAsStrided, kStridedScatter;

}  // namespace sinter::ops
