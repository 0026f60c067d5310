// How a reduction walks over memory: kept and reduced dimensions, collapsed and ordered by stride.
#pragma once
#include <sinter/core/tensor_impl.h>

#include <array>

namespace sinter::ops::cpu {

// A dimension: its size, its stride in the input, and (for a kept one) in the output.
struct Axis {
  std::int64_t size;
  std::int64_t in;
  std::int64_t out;
};

// A short list of axes, outermost (largest stride) first.
class Axes {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  Axis& operator[](std::size_t i) { return axes_[i]; }
  const Axis& operator[](std::size_t i) const { return axes_[i]; }
  const Axis& back() const { return axes_[size_ - 1]; }
  Axis& back() { return axes_[size_ - 1]; }
  void push_back(const Axis& axis) { axes_[size_++] = axis; }
  void pop_back() { --size_; }
  // Sorts by input stride, largest first, and joins neighbours that one axis can describe.
  void collapse();
  std::int64_t count() const;

 private:
  std::size_t size_ = 0;
  std::array<Axis, kMaxDims> axes_;
};

struct ReducePlan {
  Axes kept;
  Axes reduced;
  std::int64_t outputs = 1;  // elements of the output, laid out contiguously
  std::int64_t count = 1;    // elements reduced into each
};

// dims: the reduced dimensions, ascending.
ReducePlan make_reduce_plan(const TensorMeta& in, IntArrayRef dims);

// A place in the index space of some axes, with the offsets that belong to it.
class AxesWalk {
 public:
  explicit AxesWalk(const Axes& axes, std::int64_t start = 0) : axes_(axes) { seek(start); }
  std::int64_t in() const { return in_; }
  std::int64_t out() const { return out_; }
  // Elements from here to the end of the innermost axis.
  std::int64_t run() const {
    return axes_.empty() ? 1 : axes_.back().size - index_[axes_.size() - 1];
  }
  // Moves on by step, at most run().
  void advance(std::int64_t step);
  void seek(std::int64_t position);

 private:
  const Axes& axes_;
  std::array<std::int64_t, kMaxDims> index_;
  std::int64_t in_ = 0;
  std::int64_t out_ = 0;
};

}  // namespace sinter::ops::cpu
