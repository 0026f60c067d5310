#include <sinter/ops/cpu/reduce_plan.h>

#include <utility>

namespace sinter::ops::cpu {

void Axes::collapse() {
  for (std::size_t i = 1; i < size_; ++i) {
    for (std::size_t k = i; k > 0 && axes_[k - 1].in < axes_[k].in; --k) {
      std::swap(axes_[k - 1], axes_[k]);
    }
  }
  std::size_t last = 0;
  for (std::size_t i = 1; i < size_; ++i) {
    Axis& outer = axes_[last];
    const Axis& inner = axes_[i];
    if (outer.in == inner.in * inner.size && outer.out == inner.out * inner.size) {
      outer = {outer.size * inner.size, inner.in, inner.out};
    } else {
      axes_[++last] = inner;
    }
  }
  if (size_ > 0) size_ = last + 1;
}

std::int64_t Axes::count() const {
  std::int64_t n = 1;
  for (std::size_t i = 0; i < size_; ++i) n *= axes_[i].size;
  return n;
}

ReducePlan make_reduce_plan(const TensorMeta& in, IntArrayRef dims) {
  ReducePlan plan;
  if (dims.size() == in.dim() && in.contiguous) {
    plan.count = in.numel;
    if (in.numel != 1) plan.reduced.push_back({in.numel, 1, 0});
    return plan;
  }
  Axis kept[kMaxDims];
  std::size_t num_kept = 0;
  for (std::size_t d = 0, r = 0; d < in.dim(); ++d) {
    const bool reduce = r < dims.size() && static_cast<std::size_t>(dims[r]) == d;
    if (reduce) ++r;
    (reduce ? plan.count : plan.outputs) *= in.sizes[d];
    if (in.sizes[d] == 1) continue;
    const Axis axis{in.sizes[d], in.strides[d], 0};
    if (reduce) {
      plan.reduced.push_back(axis);
    } else {
      kept[num_kept++] = axis;
    }
  }
  std::int64_t stride = 1;
  for (std::size_t k = num_kept; k-- > 0;) {
    kept[k].out = stride;
    stride *= kept[k].size;
  }
  for (std::size_t k = 0; k < num_kept; ++k) plan.kept.push_back(kept[k]);
  plan.kept.collapse();
  plan.reduced.collapse();
  return plan;
}

void AxesWalk::advance(std::int64_t step) {
  if (axes_.empty()) return;
  std::size_t d = axes_.size() - 1;
  index_[d] += step;
  in_ += step * axes_[d].in;
  out_ += step * axes_[d].out;
  while (index_[d] == axes_[d].size && d > 0) {
    in_ -= axes_[d].size * axes_[d].in;
    out_ -= axes_[d].size * axes_[d].out;
    index_[d--] = 0;
    ++index_[d];
    in_ += axes_[d].in;
    out_ += axes_[d].out;
  }
}

void AxesWalk::seek(std::int64_t position) {
  in_ = out_ = 0;
  if (position == 0) {
    for (std::size_t d = 0; d < axes_.size(); ++d) index_[d] = 0;
    return;
  }
  for (std::size_t d = axes_.size(); d-- > 0;) {
    const std::int64_t size = axes_[d].size;
    index_[d] = size == 0 ? 0 : position % size;
    position = size == 0 ? 0 : position / size;
    in_ += index_[d] * axes_[d].in;
    out_ += index_[d] * axes_[d].out;
  }
}

}  // namespace sinter::ops::cpu
