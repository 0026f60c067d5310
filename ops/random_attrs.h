// Attributes of ops that draw random numbers.
#pragma once
#include <sinter/core/random.h>
#include <sinter/ops/attrs.h>

namespace sinter::ops {

// The reserved piece of a random stream: blocks blocks of the stream of seed, from offset on. All
// ops that draw name it in these three fields, so that a recorded call can be given a new piece.
struct DrawAttrs {
  std::uint64_t seed = 0;
  std::uint64_t offset = 0;
  std::uint64_t blocks = 0;
  static constexpr auto draw_fields =
      std::tuple{Field{"seed", &DrawAttrs::seed}, Field{"offset", &DrawAttrs::offset},
                 Field{"blocks", &DrawAttrs::blocks}};
  static constexpr auto fields = draw_fields;
};

// What OpDef::draw is for attributes A.
template <class A>
DrawAttrs* draw_of(void* attributes) {
  return static_cast<A*>(attributes);
}

// A new tensor without inputs; with one input, a tensor like it.
struct RandomAttrs : DrawAttrs {
  Dims sizes;
  DType dtype = kFloat32;
  Device device;
  static constexpr auto random_fields =
      std::tuple_cat(draw_fields, std::tuple{Field{"sizes", &RandomAttrs::sizes},
                                             Field{"dtype", &RandomAttrs::dtype},
                                             Field{"device", &RandomAttrs::device}});
};
struct UniformAttrs : RandomAttrs {
  double from = 0;
  double to = 1;
  static constexpr auto fields = std::tuple_cat(
      random_fields,
      std::tuple{Field{"from", &UniformAttrs::from}, Field{"to", &UniformAttrs::to}});
};
struct NormalAttrs : RandomAttrs {
  double mean = 0;
  double std = 1;
  static constexpr auto fields = std::tuple_cat(
      random_fields,
      std::tuple{Field{"mean", &NormalAttrs::mean}, Field{"std", &NormalAttrs::std}});
};
struct ExponentialAttrs : RandomAttrs {
  double lambda = 1;
  static constexpr auto fields =
      std::tuple_cat(random_fields, std::tuple{Field{"lambda", &ExponentialAttrs::lambda}});
};
struct ProbabilityAttrs : RandomAttrs {
  double p = 0.5;
  static constexpr auto fields =
      std::tuple_cat(random_fields, std::tuple{Field{"p", &ProbabilityAttrs::p}});
};
struct RandintAttrs : RandomAttrs {
  std::int64_t from = 0;
  std::int64_t to = 1;
  static constexpr auto fields = std::tuple_cat(
      random_fields,
      std::tuple{Field{"from", &RandintAttrs::from}, Field{"to", &RandintAttrs::to}});
};
struct RandpermAttrs : DrawAttrs {
  std::int64_t n = 0;
  DType dtype = kInt64;
  Device device;
  static constexpr auto fields = std::tuple_cat(
      draw_fields, std::tuple{Field{"n", &RandpermAttrs::n}, Field{"dtype", &RandpermAttrs::dtype},
                              Field{"device", &RandpermAttrs::device}});
};
struct DropoutAttrs : DrawAttrs {
  double p = 0.5;
  static constexpr auto fields =
      std::tuple_cat(draw_fields, std::tuple{Field{"p", &DropoutAttrs::p}});
};

}  // namespace sinter::ops
