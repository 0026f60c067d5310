#include <sinter/core/parallel.h>
#include <sinter/ops/cpu/contiguous.h>
#include <sinter/ops/cpu/convert.h>
#include <sinter/ops/cpu/fold.h>
#include <sinter/ops/cpu/reduce_kernels.h>
#include <sinter/ops/cpu/reduce_plan.h>
#include <sinter/ops/cpu/work_type.h>
#include <sinter/ops/reduce_attrs.h>

#include <algorithm>
#include <vector>

namespace sinter::ops::cpu {

namespace {

constexpr std::int64_t kChunk = 32 * kFoldBlock;
constexpr std::int64_t kStrip = 512;

// The extreme element found so far, and where.
template <class W>
struct Found {
  W value;
  std::int64_t index;
};

// Whether a is more extreme than b. NaN is more extreme than any number.
template <bool kMax, class W>
bool beats(W a, W b) {
  if constexpr (std::is_floating_point_v<W>) {
    if (a != a) return b == b;
  }
  return kMax ? a > b : a < b;
}
template <class W>
bool same(W a, W b) {
  return a == b || (a != a && b != b);
}

template <class W>
struct ArgJob {
  ReducePlan plan;
  const char* data;
  DType dtype;
  ConvertFn load;
  const FoldFns<W>& fns;
  std::int64_t line_stride;

  const char* at(std::int64_t offset) const {
    return data + offset * static_cast<std::int64_t>(element_size(dtype));
  }
};

// The first extreme of elements [start, start + n) of a line.
template <bool kMax, class W>
Found<W> find_in_line(const ArgJob<W>& job, std::int64_t base, std::int64_t start, std::int64_t n) {
  const bool direct = job.dtype == dtype_of<W> && job.line_stride == 1;
  W buffer[kFoldBlock];
  Found<W> best{};
  for (std::int64_t done = 0; done < n; done += kFoldBlock) {
    const auto m = static_cast<std::size_t>(std::min(kFoldBlock, n - done));
    const char* from = job.at(base + (start + done) * job.line_stride);
    if (!direct) job.load(from, job.line_stride, buffer, 1, m);
    const W* x = direct ? reinterpret_cast<const W*>(from) : buffer;
    const W extreme = static_cast<W>(job.fns.row(x, m, W{}));
    if (done > 0 && !beats<kMax>(extreme, best.value)) continue;
    const W* hit = std::find_if(x, x + m, [&](W v) { return same(v, extreme); });
    best = {extreme, start + done + (hit - x)};
  }
  return best;
}

// Line by line; results go to save(out, found).
template <bool kMax, class W, class Save>
void find_lines(const ArgJob<W>& job, const Save& save) {
  const ReducePlan& plan = job.plan;
  const std::int64_t grain = std::max<std::int64_t>(1, kChunk / plan.count);
  parallel_for(0, plan.outputs, grain, [&](std::int64_t begin, std::int64_t end) {
    AxesWalk walk(plan.kept, begin);
    for (std::int64_t o = begin; o < end; ++o) {
      save(walk.out(), find_in_line<kMax>(job, walk.in(), 0, plan.count));
      walk.advance(1);
    }
  });
}

// Long lines, cut in chunks.
template <bool kMax, class W, class Save>
void find_long_lines(const ArgJob<W>& job, const Save& save) {
  const ReducePlan& plan = job.plan;
  const std::int64_t chunks = (plan.count + kChunk - 1) / kChunk;
  std::vector<Found<W>> found(static_cast<std::size_t>(plan.outputs * chunks));
  parallel_for(0, plan.outputs * chunks, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const AxesWalk walk(plan.kept, i / chunks);
      const std::int64_t start = i % chunks * kChunk;
      found[static_cast<std::size_t>(i)] =
          find_in_line<kMax>(job, walk.in(), start, std::min(kChunk, plan.count - start));
    }
  });
  AxesWalk walk(plan.kept);
  for (std::int64_t o = 0; o < plan.outputs; ++o) {
    Found<W> best = found[static_cast<std::size_t>(o * chunks)];
    for (std::int64_t c = 1; c < chunks; ++c) {
      const Found<W>& other = found[static_cast<std::size_t>(o * chunks + c)];
      if (beats<kMax>(other.value, best.value)) best = other;
    }
    save(walk.out(), best);
    walk.advance(1);
  }
}

// Neighbouring lines side by side, where the line's own elements lie far apart.
template <bool kMax, class W, class Save>
void find_columns(const ArgJob<W>& job, const Save& save) {
  Axes outer = job.plan.kept;
  const Axis columns = outer.back();
  outer.pop_back();
  const std::int64_t strips = (columns.size + kStrip - 1) / kStrip;
  parallel_for(0, outer.count() * strips, 1, [&](std::int64_t begin, std::int64_t end) {
    W row[kStrip];
    Found<W> best[kStrip];
    for (std::int64_t t = begin; t < end; ++t) {
      const AxesWalk place(outer, t / strips);
      const std::int64_t first = t % strips * kStrip;
      const std::int64_t n = std::min(kStrip, columns.size - first);
      for (std::int64_t r = 0; r < job.plan.count; ++r) {
        job.load(job.at(place.in() + first * columns.in + r * job.line_stride), columns.in, row, 1,
                 static_cast<std::size_t>(n));
        for (std::int64_t i = 0; i < n; ++i) {
          if (r == 0 || beats<kMax>(row[i], best[i].value)) best[i] = {row[i], r};
        }
      }
      for (std::int64_t i = 0; i < n; ++i) {
        save(place.out() + (first + i) * columns.out, best[i]);
      }
    }
  });
}

template <bool kMax, class W, class Save>
void find(const Tensor& x, IntArrayRef dims, const Save& save) {
  ArgJob<W> job{make_reduce_plan(x.impl()->meta, dims),
                x.impl()->data(),
                x.dtype(),
                convert_fn(x.dtype(), dtype_of<W>),
                fold_fns<W>(kMax ? Fold::max : Fold::min),
                1};
  const ReducePlan& plan = job.plan;
  if (plan.outputs == 0 || plan.count == 0) return;
  if (!plan.reduced.empty()) job.line_stride = plan.reduced.back().in;
  if (!plan.kept.empty() && plan.kept.back().size >= 16 &&
      (plan.count < 16 || plan.kept.back().in < job.line_stride)) {
    find_columns<kMax, W>(job, save);
  } else if (plan.count > kChunk) {
    find_long_lines<kMax, W>(job, save);
  } else {
    find_lines<kMax, W>(job, save);
  }
}

template <bool kMax>
void arg_extreme(const KernelContext& c) {
  const auto& attrs = c.attrs<ArgAttrs>();
  const Tensor x = attrs.dim ? c.in[0] : to_contiguous(c.in[0]);
  Dims dims;
  for (std::int64_t d = 0; d < x.dim(); ++d) {
    if (!attrs.dim || d == *attrs.dim) dims.push_back(d);
  }
  auto* out = c.out_data<std::int64_t>();
  visit_work_type(x.dtype(), [&]<class W>() {
    find<kMax, W>(x, dims, [out](std::int64_t at, const Found<W>& f) { out[at] = f.index; });
  });
}

template <bool kMax>
void extreme_dim(const KernelContext& c) {
  const Tensor& x = c.in[0];
  Dims dims;
  if (x.dim() > 0) dims.push_back(c.attrs<ExtremeDimAttrs>().dim);
  char* values = c.out_data<char>(0);
  auto* indices = c.out_data<std::int64_t>(1);
  const auto bytes = static_cast<std::int64_t>(element_size(x.dtype()));
  visit_work_type(x.dtype(), [&]<class W>() {
    const ConvertFn convert = convert_fn(dtype_of<W>, x.dtype());
    find<kMax, W>(x, dims, [=](std::int64_t at, const Found<W>& f) {
      convert(&f.value, 1, values + at * bytes, 1, 1);
      indices[at] = f.index;
    });
  });
}

}  // namespace

void argmax(const KernelContext& c) { arg_extreme<true>(c); }
void argmin(const KernelContext& c) { arg_extreme<false>(c); }
void max_dim(const KernelContext& c) { extreme_dim<true>(c); }
void min_dim(const KernelContext& c) { extreme_dim<false>(c); }

}  // namespace sinter::ops::cpu
