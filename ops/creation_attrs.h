// Attributes of ops that make tensors out of nothing.
#pragma once
#include <sinter/core/options.h>
#include <sinter/ops/attrs.h>

namespace sinter::ops {

struct EmptyAttrs {
  Dims sizes;
  DType dtype = kFloat32;
  Device device;
  MemoryFormat format = MemoryFormat::contiguous;
  std::optional<Dims> strides;  // instead of the format
  static constexpr auto fields =
      std::tuple{Field{"sizes", &EmptyAttrs::sizes}, Field{"dtype", &EmptyAttrs::dtype},
                 Field{"device", &EmptyAttrs::device}, Field{"memory_format", &EmptyAttrs::format},
                 Field{"strides", &EmptyAttrs::strides}};
};
struct FullAttrs {
  Dims sizes;
  Scalar value;
  DType dtype = kFloat32;
  Device device;
  MemoryFormat format = MemoryFormat::contiguous;
  static constexpr auto fields =
      std::tuple{Field{"sizes", &FullAttrs::sizes}, Field{"value", &FullAttrs::value},
                 Field{"dtype", &FullAttrs::dtype}, Field{"device", &FullAttrs::device},
                 Field{"memory_format", &FullAttrs::format}};
};
struct FillAttrs {
  Scalar value;
  static constexpr auto fields = std::tuple{Field{"value", &FillAttrs::value}};
};
struct FullLikeAttrs {
  Scalar value;
  std::optional<DType> dtype;  // that of the input
  MemoryFormat format = MemoryFormat::preserve;
  static constexpr auto fields =
      std::tuple{Field{"value", &FullLikeAttrs::value}, Field{"dtype", &FullLikeAttrs::dtype},
                 Field{"memory_format", &FullLikeAttrs::format}};
};
struct EmptyLikeAttrs {
  std::optional<DType> dtype;
  MemoryFormat format = MemoryFormat::preserve;
  static constexpr auto fields = std::tuple{Field{"dtype", &EmptyLikeAttrs::dtype},
                                            Field{"memory_format", &EmptyLikeAttrs::format}};
};
struct ArangeAttrs {
  Scalar start;
  Scalar end;
  Scalar step;
  DType dtype = kInt64;
  Device device;
  static constexpr auto fields =
      std::tuple{Field{"start", &ArangeAttrs::start}, Field{"end", &ArangeAttrs::end},
                 Field{"step", &ArangeAttrs::step}, Field{"dtype", &ArangeAttrs::dtype},
                 Field{"device", &ArangeAttrs::device}};
};
struct LinspaceAttrs {
  Scalar start;
  Scalar end;
  std::int64_t steps = 0;
  std::optional<double> base;  // logspace
  DType dtype = kFloat32;
  Device device;
  static constexpr auto fields =
      std::tuple{Field{"start", &LinspaceAttrs::start}, Field{"end", &LinspaceAttrs::end},
                 Field{"steps", &LinspaceAttrs::steps}, Field{"base", &LinspaceAttrs::base},
                 Field{"dtype", &LinspaceAttrs::dtype}, Field{"device", &LinspaceAttrs::device}};
};
struct EyeAttrs {
  std::int64_t n = 0;
  std::int64_t m = 0;
  DType dtype = kFloat32;
  Device device;
  static constexpr auto fields =
      std::tuple{Field{"n", &EyeAttrs::n}, Field{"m", &EyeAttrs::m},
                 Field{"dtype", &EyeAttrs::dtype}, Field{"device", &EyeAttrs::device}};
};
struct TriangleAttrs {
  std::int64_t diagonal = 0;
  static constexpr auto fields = std::tuple{Field{"diagonal", &TriangleAttrs::diagonal}};
};

// OpDef::place of an op whose attributes name a device.
template <class Attrs>
Device device_of(const void* attributes) {
  return static_cast<const Attrs*>(attributes)->device;
}

}  // namespace sinter::ops
