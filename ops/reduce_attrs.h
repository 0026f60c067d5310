// Attributes of reductions.
#pragma once
#include <sinter/ops/attrs.h>

namespace sinter::ops {

// dims: the reduced dimensions, ascending, counted from 0; all of them are listed.
struct ReduceAttrs {
  Dims dims;
  bool keepdim = false;
  static constexpr auto fields = std::tuple{Field{"dims", &ReduceAttrs::dims, "axes"},
                                            Field{"keepdim", &ReduceAttrs::keepdim, "keepdims"}};
};
// dtype: computed in and returned; empty: the default of the op.
struct SumAttrs {
  Dims dims;
  bool keepdim = false;
  std::optional<DType> dtype;
  static constexpr auto fields = std::tuple{Field{"dims", &SumAttrs::dims, "axes"},
                                            Field{"keepdim", &SumAttrs::keepdim, "keepdims"},
                                            Field{"dtype", &SumAttrs::dtype}};
};
struct VarAttrs {
  Dims dims;
  double correction = 1;
  bool keepdim = false;
  static constexpr auto fields =
      std::tuple{Field{"dims", &VarAttrs::dims}, Field{"correction", &VarAttrs::correction},
                 Field{"keepdim", &VarAttrs::keepdim}};
};
struct NormAttrs {
  Dims dims;
  double p = 2;
  bool keepdim = false;
  static constexpr auto fields =
      std::tuple{Field{"dims", &NormAttrs::dims}, Field{"p", &NormAttrs::p},
                 Field{"keepdim", &NormAttrs::keepdim}};
};
// dim counts from 0.
struct ExtremeDimAttrs {
  std::int64_t dim = 0;
  bool keepdim = false;
  static constexpr auto fields =
      std::tuple{Field{"dim", &ExtremeDimAttrs::dim, "axis"},
                 Field{"keepdim", &ExtremeDimAttrs::keepdim, "keepdims"}};
};
// Without dim: the flattened tensor.
struct ArgAttrs {
  std::optional<std::int64_t> dim;
  bool keepdim = false;
  static constexpr auto fields = std::tuple{Field{"dim", &ArgAttrs::dim, "axis"},
                                            Field{"keepdim", &ArgAttrs::keepdim, "keepdims"}};
};
struct ScanAttrs {
  std::int64_t dim = 0;
  std::optional<DType> dtype;
  static constexpr auto fields =
      std::tuple{Field{"dim", &ScanAttrs::dim, "axis"}, Field{"dtype", &ScanAttrs::dtype}};
};

}  // namespace sinter::ops
